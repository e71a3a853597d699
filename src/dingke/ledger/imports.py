"""What can be imported about money: products, orders, receivables, payments, incentives."""

from __future__ import annotations

from dingke.accounts.imports import TYPES, account_fields
from dingke.core.importing.targets import Choice, Field, Grouping, ImportTarget, Kind, UndoRule
from dingke.core.reasons import Label
from dingke.ledger.actions import importing, importing_money, importing_orders
from dingke.ledger.actions.paid import paid_kept
from dingke.ledger.models import Incentive, Order, OrderLine, Payment, Product, Receivable
from dingke.ledger.queries.import_words import product_words

CURRENCY = Field(key="currency", label=Label("Currency", "币种"), synonyms=("币别", "货币"), max_length=3, example="CNY")
OWN_KEY = Field(key="external_key", label=Label("Key in your system", "系统编号"), synonyms=("id", "流水号", "单据编号"), max_length=120)
ONE_ACCOUNT = ("account_name", "account_key", "account_credit_code")
ACCOUNT = "account_key|account_credit_code|account_name"

PRODUCTS = ImportTarget(
    key="products",
    likelihood=6,
    label=Label("Products", "产品"),
    fields=(
        Field(
            key="name",
            label=Label("Product", "产品名称"),
            required=True,
            synonyms=("name", "product name", "item", "产品", "品名", "商品名称", "物料名称"),
        ),
        Field(
            key="code",
            label=Label("Code", "产品编码"),
            synonyms=("product code", "sku", "item code", "产品编号", "物料编码", "型号"),
            max_length=60,
            help=Label("Without one the name is the code.", "留空时以名称作为编码。"),
        ),
        Field(
            key="family",
            label=Label("Family", "产品系列"),
            synonyms=("series", "category", "product family", "系列", "类别", "产品类别"),
            max_length=80,
        ),
        Field(
            key="list_price",
            label=Label("List price", "标准价"),
            kind=Kind.MONEY,
            synonyms=("price", "sales price", "unit price", "单价", "目录价", "售价", "价格"),
        ),
        Field(key="unit_cost", label=Label("Unit cost", "单位成本"), kind=Kind.MONEY, synonyms=("cost", "成本", "成本价")),
        CURRENCY,
        Field(key="is_high_profit", label=Label("High-profit product", "高利产品"), kind=Kind.YES_NO, synonyms=("是否高利产品",)),
    ),
    keys=("code", "name"),
    permission="products.edit",
    write=importing.import_products,
    names="name",
    icon="package",
)

STATES = (
    Choice("OPEN", Label("Open", "执行中"), ("processing", "进行中", "未完成", "待发货")),
    Choice("DELIVERED", Label("Delivered", "已交付"), ("done", "won", "complete", "completed", "已完成", "已发货", "完成")),
    Choice("CANCELLED", Label("Cancelled", "已取消"), ("canceled", "取消", "作废")),
    Choice("RETURNED", Label("Returned", "已退货"), ("return", "退货")),
)

ORDERS = ImportTarget(
    key="orders",
    likelihood=8,
    label=Label("Orders", "订单"),
    fields=(
        *account_fields(),
        Field(
            key="number",
            label=Label("Order number", "订单编号"),
            required=True,
            synonyms=("order no", "order id", "so number", "order", "订单号", "销售订单号", "单号", "合同编号", "合同号"),
            max_length=80,
            help=Label(
                "When no column has it, a number is made of account, date and a running number.",
                "没有此列时，系统以客户、日期和序号生成编号。",
            ),
            example="SO-2026-0117",
        ),
        Field(
            key="order_date",
            label=Label("Order date", "订单日期"),
            kind=Kind.DATE,
            required=True,
            synonyms=("date", "close date", "sold on", "purchase date", "日期", "下单日期", "签单日期", "销售日期", "成交日期"),
            example="2026-09-30",
        ),
        Field(
            key="amount",
            label=Label("Amount", "金额"),
            kind=Kind.MONEY,
            required=True,
            synonyms=(
                "total",
                "order amount",
                "value",
                "close value",
                "dollar value",
                "sales",
                "订单金额",
                "总金额",
                "销售额",
                "成交金额",
                "含税金额",
            ),
            help=Label(
                "Several rows with one order number are the lines of one order: their amounts are added up.",
                "同一订单编号的多行是该订单的订单行，其金额相加即订单金额。",
            ),
        ),
        Field(
            key="order_total",
            label=Label("Order total", "订单总额"),
            kind=Kind.MONEY,
            synonyms=("total of the order", "order sum", "grand total", "整单金额", "整单合计", "订单合计"),
            help=Label(
                "Repeated on each row of an order; the lines must add up to it.", "在订单的每一行重复出现；各订单行之和须与之相等。"
            ),
        ),
        CURRENCY,
        Field(key="cost", label=Label("Cost", "成本"), kind=Kind.MONEY, synonyms=("order cost", "订单成本")),
        Field(key="state", label=Label("State", "状态"), kind=Kind.CHOICE, choices=STATES, synonyms=("order state", "status", "订单状态")),
        Field(
            key="product",
            label=Label("Product", "产品"),
            synonyms=("product name", "item", "sku", "产品名称", "品名", "物料"),
            known=product_words,
            refers_to="products",
        ),
        Field(
            key="quantity", label=Label("Quantity", "数量"), kind=Kind.NUMBER, synonyms=("qty", "units", "number of cds", "件数", "销量")
        ),
        Field(
            key="unit_price",
            label=Label("Unit price", "单价"),
            kind=Kind.NUMBER,
            synonyms=("price per unit", "price each", "销售单价", "成交单价", "含税单价"),
            help=Label("With a quantity it is checked against the amount.", "与数量同时给出时，将与金额核对。"),
        ),
        Field(key="description", label=Label("Description", "说明"), synonyms=("摘要",)),
        Field(
            key="sold_by_name",
            label=Label("Sold by", "销售人员"),
            synonyms=("sales agent", "sales rep", "salesperson", "业务员", "销售员", "客户经理"),
            max_length=120,
        ),
        Field(key="account_type", label=Label("Type of new accounts", "新建客户的类型"), kind=Kind.CHOICE, choices=TYPES[:2]),
        Field(key="external_key", label=Label("Order's key in your system", "订单系统编号"), synonyms=("id", "流水号"), max_length=120),
    ),
    keys=("external_key", "account_key+number", "account_credit_code+number", "account_name+number"),
    permission="ledger.edit",
    write=importing_orders.import_orders,
    needs_one_of=ONE_ACCOUNT,
    automatic={"number": (ACCOUNT, "order_date")},
    grouping=Grouping(
        by=("account_key+number", "account_credit_code+number", "account_name+number"), when=("product", "quantity", "unit_price")
    ),
    can_create_related=True,
    icon="receipt",
)

RECEIVABLES = ImportTarget(
    key="receivables",
    likelihood=5,
    label=Label("Receivables", "应收账款"),
    fields=(
        *account_fields(),
        Field(
            key="number",
            label=Label("Invoice number", "发票号"),
            required=True,
            synonyms=("invoice no", "invoice", "发票号码", "发票编号", "应收单号"),
            max_length=80,
        ),
        Field(
            key="amount",
            label=Label("Amount", "应收金额"),
            kind=Kind.MONEY,
            required=True,
            synonyms=("invoice amount", "金额", "发票金额", "开票金额"),
        ),
        CURRENCY,
        Field(
            key="invoice_date",
            label=Label("Invoice date", "开票日期"),
            kind=Kind.DATE,
            required=True,
            synonyms=("date", "发票日期", "日期"),
        ),
        Field(
            key="due_date",
            label=Label("Due", "到期日"),
            kind=Kind.DATE,
            required=True,
            synonyms=("due date", "付款到期日", "应收日期", "到期日期", "应付日期"),
        ),
        Field(key="order_number", label=Label("Order number", "订单编号"), synonyms=("订单号", "合同编号"), max_length=80),
        OWN_KEY,
    ),
    keys=("external_key", "account_key+number", "account_credit_code+number", "account_name+number"),
    permission="ledger.edit",
    write=importing_money.import_receivables,
    needs_one_of=ONE_ACCOUNT,
    can_create_related=True,
    icon="file-invoice",
)

PAYMENTS = ImportTarget(
    key="payments",
    likelihood=4,
    label=Label("Payments", "回款"),
    fields=(
        *account_fields(),
        Field(
            key="amount",
            label=Label("Amount", "回款金额"),
            kind=Kind.MONEY,
            required=True,
            synonyms=("paid", "payment", "金额", "到账金额", "收款金额"),
        ),
        CURRENCY,
        Field(
            key="paid_date",
            label=Label("Paid on", "回款日期"),
            kind=Kind.DATE,
            required=True,
            synonyms=("date", "payment date", "日期", "收款日期", "到账日期"),
        ),
        Field(
            key="receivable_number",
            label=Label("Invoice number", "发票号"),
            synonyms=("invoice no", "invoice", "发票号码", "应收单号"),
            max_length=80,
            help=Label("Without one the payment is an advance.", "留空则记为预收款。"),
        ),
        Field(key="reference", label=Label("Reference", "凭证号"), synonyms=("bank reference", "流水", "银行流水号"), max_length=120),
        Field(
            key="external_key",
            label=Label("Key in your system", "系统编号"),
            synonyms=("id", "payment id", "收款单号", "单据编号"),
            max_length=120,
            help=Label(
                "When no column has it, a key is made of account, date and a running number.",
                "没有此列时，系统以客户、日期和序号生成编号。",
            ),
        ),
    ),
    keys=("external_key", "account_key+reference", "account_name+reference"),
    permission="ledger.edit",
    write=importing_money.import_payments,
    needs_one_of=ONE_ACCOUNT,
    automatic={"external_key": (ACCOUNT, "paid_date")},
    can_create_related=True,
    icon="cash",
)

KINDS = (
    Choice("REBATE", Label("Rebate", "返利")),
    Choice("DISCOUNT", Label("Discount", "折扣"), ("优惠",)),
    Choice("SUPPORT", Label("Support", "支持"), ("市场支持", "推广支持")),
    Choice("OTHER", Label("Other", "其他")),
)

INCENTIVES = ImportTarget(
    key="incentives",
    label=Label("Incentives given", "给予的优惠"),
    fields=(
        *account_fields(),
        Field(
            key="kind",
            label=Label("Kind", "类别"),
            kind=Kind.CHOICE,
            choices=KINDS,
            required=True,
            synonyms=("incentive", "激励类别", "类型"),
        ),
        Field(key="amount", label=Label("Amount", "优惠金额"), kind=Kind.MONEY, required=True, synonyms=("激励金额", "金额", "返利金额")),
        CURRENCY,
        Field(key="start_date", label=Label("From", "开始日期"), kind=Kind.DATE, required=True, synonyms=("start date", "起始日期")),
        Field(key="end_date", label=Label("To", "结束日期"), kind=Kind.DATE, required=True, synonyms=("end date", "截止日期")),
        Field(key="reason", label=Label("Reason", "原因"), synonyms=("事由", "说明"), max_length=300),
    ),
    keys=("account_key+kind+start_date+end_date", "account_credit_code+kind+start_date+end_date", "account_name+kind+start_date+end_date"),
    permission="ledger.edit",
    write=importing_money.import_incentives,
    needs_one_of=ONE_ACCOUNT,
    can_create_related=True,
    icon="discount",
)

TARGETS = (PRODUCTS, ORDERS, RECEIVABLES, PAYMENTS, INCENTIVES)

UNDO = (
    UndoRule(model=Product),
    UndoRule(model=Order, part_of=frozenset({"ledger.OrderLine.order"})),
    UndoRule(model=OrderLine, name=lambda line: line.description),
    UndoRule(model=Receivable, name=lambda row: row.number),
    UndoRule(model=Payment, name=lambda row: row.reference or str(row.paid_date), around=paid_kept),
    UndoRule(model=Incentive, name=lambda row: str(row.start_date)),
)
