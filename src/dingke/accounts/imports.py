"""What can be imported about accounts: accounts, contacts, and open opportunities kept until their domain is there."""

from __future__ import annotations

from dingke.accounts.actions import importing, importing_contacts, importing_parents, search_index
from dingke.accounts.models import Account, AccountTag, Contact, ContactJob, ContactWay, OwnershipChange
from dingke.accounts.queries import names
from dingke.core.importing import custom, list_entries
from dingke.core.importing.targets import Choice, Field, ImportTarget, Kind, UndoRule
from dingke.core.models import ListItem, StagedRow
from dingke.core.reasons import Label


def account_fields(*, required: bool = True) -> tuple[Field, ...]:
    """How a row of another kind names its account. One of them is enough."""
    return (
        Field(
            key="account_name",
            label=Label("Account", "客户名称"),
            synonyms=("account name", "customer", "customer name", "company", "client", "客户", "公司", "公司名称", "单位名称", "客户简称"),
            known=names.all_names,
            refers_to="accounts",
            max_length=200,
            example="江州重工集团有限公司",
        ),
        Field(
            key="account_key",
            label=Label("Account key in your system", "客户编号"),
            synonyms=(
                "customer id",
                "customer code",
                "customer number",
                "account id",
                "account code",
                "client id",
                "客户代码",
                "客户编码",
                "客户号",
            ),
            max_length=120,
            example="C00017",
        ),
        Field(
            key="account_credit_code", label=Label("Account's credit code", "客户统一社会信用代码"), synonyms=("客户税号",), max_length=40
        ),
    )


TYPES = (
    Choice("ORGANISATION", Label("Ordinary organisation", "普通单位客户"), ("organization", "company", "普通客户", "企业")),
    Choice("CONSUMER", Label("Consumer", "个人消费者"), ("person", "individual", "个人", "个人客户", "消费者")),
    Choice("KEY", Label("Key account", "大客户"), ("key", "重点客户")),
)
FORMS = (
    Choice("ENTERPRISE", Label("Enterprise", "企业"), ("company", "公司", "民营", "国企", "外企")),
    Choice("GOVERNMENT", Label("Government body", "政府机关"), ("government", "政府", "事业单位")),
    Choice("INDIVIDUAL", Label("Individual", "个人"), ("person",)),
)

ACCOUNTS = ImportTarget(
    key="accounts",
    likelihood=9,
    label=Label("Accounts", "客户"),
    fields=(
        Field(
            key="name",
            label=Label("Name", "客户名称"),
            required=True,
            synonyms=(
                "account",
                "account name",
                "company",
                "company name",
                "customer",
                "customer name",
                "名称",
                "公司名称",
                "单位名称",
                "企业名称",
                "客户",
                "客户全称",
            ),
            example="江州重工集团有限公司",
        ),
        Field(key="short_name", label=Label("Short name", "简称"), synonyms=("客户简称", "公司简称"), max_length=80, example="江州重工"),
        Field(key="english_name", label=Label("English name", "英文名称"), synonyms=("英文名",)),
        Field(
            key="external_key",
            label=Label("Key in your system", "客户编号"),
            synonyms=("id", "customer id", "account id", "customer code", "客户代码", "客户编码", "编号", "编码"),
            max_length=120,
            help=Label(
                "The number of the customer in your ERP or CRM. Later imports find the account by it.",
                "客户在贵公司 ERP 或 CRM 中的编号，以后导入时据此匹配。",
            ),
            example="C00017",
        ),
        Field(
            key="credit_code",
            label=Label("Unified social credit code", "统一社会信用代码"),
            synonyms=("credit code", "tax id", "信用代码", "社会信用代码", "税号", "纳税人识别号"),
            max_length=40,
            help=Label("18 characters; the check digit is verified.", "18 位，系统会校验最后一位校验码。"),
        ),
        Field(
            key="customer_type",
            label=Label("Customer type", "客户类型"),
            kind=Kind.CHOICE,
            choices=TYPES[:2],
            synonyms=("type", "account type", "类型"),
        ),
        Field(key="form", label=Label("Form", "单位性质"), kind=Kind.CHOICE, choices=FORMS, synonyms=("legal form", "企业性质", "性质")),
        Field(
            key="industry",
            label=Label("Industry", "行业"),
            synonyms=("sector", "所属行业", "行业类别"),
            known=lambda: list_entries.labels_of("industries"),
            max_length=120,
        ),
        Field(
            key="region",
            label=Label("Region", "区域"),
            synonyms=("office location", "country", "地区", "省份", "所在地区", "大区"),
            known=lambda: list_entries.labels_of("regions"),
            max_length=120,
        ),
        Field(
            key="source",
            label=Label("Source", "客户来源"),
            synonyms=("lead source", "来源"),
            known=lambda: list_entries.labels_of("account_sources"),
            max_length=120,
        ),
        Field(
            key="owner",
            label=Label("Owner", "负责人"),
            synonyms=("account owner", "sales rep", "salesperson", "sales agent", "客户经理", "业务员", "销售", "销售人员", "跟进人"),
            known=names.all_people,
            refers_to="people",
            max_length=150,
            help=Label(
                "Name, sign-in name or mail address of a colleague. Without one the account goes to the public pool.",
                "同事的姓名、登录名或邮箱。留空则进入公海。",
            ),
        ),
        Field(
            key="parent",
            label=Label("Parent company", "上级公司"),
            synonyms=("subsidiary of", "parent", "parent account", "母公司", "集团", "所属集团"),
            help=Label("Its name; it may come later in the same file.", "上级公司名称，可以出现在同一文件的后面。"),
        ),
        Field(
            key="phone",
            label=Label("Phone", "电话"),
            kind=Kind.PHONE,
            synonyms=("telephone", "公司电话", "联系电话", "座机"),
            example="0755-26780000",
        ),
        Field(key="website", label=Label("Website", "网址"), synonyms=("url", "homepage", "官网", "网站")),
        Field(key="city", label=Label("City", "城市"), synonyms=("所在城市",), max_length=60),
        Field(key="address", label=Label("Address", "地址"), synonyms=("公司地址", "详细地址", "办公地址"), max_length=300),
        Field(
            key="employees",
            label=Label("Employees", "员工人数"),
            kind=Kind.WHOLE,
            synonyms=("number of employees", "headcount", "人数", "公司规模"),
        ),
        Field(
            key="annual_revenue",
            label=Label("Yearly revenue", "年营业额"),
            kind=Kind.MONEY,
            synonyms=("revenue", "annual revenue", "turnover", "年收入", "营业收入", "年销售额"),
        ),
        Field(key="currency", label=Label("Currency", "币种"), synonyms=("币别", "货币"), max_length=3, example="CNY"),
        Field(
            key="founded_year",
            label=Label("Founded", "成立年份"),
            kind=Kind.WHOLE,
            synonyms=("year established", "year founded", "founding year", "成立时间"),
        ),
        Field(key="influence", label=Label("Influence (0-100)", "影响力（0-100）"), kind=Kind.WHOLE, synonyms=("影响力",)),
        Field(
            key="tags",
            label=Label("Tags", "标签"),
            max_length=300,
            help=Label("Several with semicolons between them.", "多个标签用分号隔开。"),
            example="战略;华东",
        ),
        Field(
            key="description",
            label=Label("About", "简介"),
            synonyms=("description", "note", "notes", "remarks", "备注", "公司简介", "描述"),
            max_length=20_000,
        ),
    ),
    keys=("external_key", "credit_code", "name"),
    permission="accounts.edit_all",
    write=importing.import_accounts,
    own_fields=lambda: custom.fields_of("account"),
    finish=importing_parents.finish_parents,
    names="name",
    can_create_related=True,
    list_url="accounts:list",
    icon="building",
)

DEPARTMENTS = (
    Choice("USING", Label("Using department", "使用部门"), ("user department", "需求部门", "生产部", "车间")),
    Choice("PURCHASING", Label("Purchasing department", "采购部门"), ("purchasing", "procurement", "采购部", "采购")),
    Choice("SUPPORTING", Label("Supporting department", "支持部门"), ("technical", "技术部", "信息部", "设备部", "技术部门")),
    Choice("FINANCE", Label("Finance department", "财务部门"), ("finance", "财务部", "财务")),
    Choice("MANAGEMENT", Label("Management", "管理层"), ("board", "总经办", "总经理办公室", "领导层")),
    Choice("OTHER", Label("Other department", "其他部门"), ("other", "其他")),
)
LEVELS = (
    Choice("OPERATOR", Label("Operator or maintainer", "操作层"), ("operator", "staff", "员工", "操作人员")),
    Choice("MANAGER", Label("Manager", "管理层"), ("manager", "部门经理", "中层")),
    Choice("TOP", Label("Top person", "决策层"), ("top", "executive", "高层", "总经理")),
)

CONTACTS = ImportTarget(
    key="contacts",
    likelihood=7,
    label=Label("Contacts", "联系人"),
    fields=(
        Field(
            key="name",
            label=Label("Contact", "联系人"),
            required=True,
            synonyms=("name", "contact name", "full name", "姓名", "联系人姓名"),
            max_length=80,
            example="陈立群",
        ),
        *account_fields(),
        Field(
            key="title", label=Label("Job title", "职务"), synonyms=("title", "position", "职位", "岗位"), max_length=80, example="采购总监"
        ),
        Field(key="department_name", label=Label("Department", "部门"), synonyms=("部门名称", "所在部门"), max_length=80),
        Field(key="department_kind", label=Label("Department kind", "部门类别"), kind=Kind.CHOICE, choices=DEPARTMENTS),
        Field(key="level", label=Label("Level", "层级"), kind=Kind.CHOICE, choices=LEVELS, synonyms=("级别",)),
        Field(
            key="mobile",
            label=Label("Mobile", "手机"),
            kind=Kind.PHONE,
            synonyms=("mobile phone", "cell", "手机号", "手机号码", "移动电话"),
            example="13800138000",
        ),
        Field(key="phone", label=Label("Phone", "电话"), kind=Kind.PHONE, synonyms=("telephone", "座机", "办公电话", "联系电话")),
        Field(key="email", label=Label("Mail", "邮箱"), synonyms=("email", "e-mail", "mail address", "电子邮箱", "邮件", "电子邮件")),
        Field(key="wechat", label=Label("WeChat", "微信"), synonyms=("微信号",)),
        Field(key="salutation", label=Label("Form of address", "称呼"), synonyms=("尊称",), max_length=40),
        Field(key="is_main", label=Label("Main contact", "主要联系人"), kind=Kind.YES_NO, synonyms=("是否主要联系人",)),
        Field(key="external_key", label=Label("Contact's key in your system", "联系人编号"), synonyms=("contact id",), max_length=120),
        Field(key="note", label=Label("Note", "备注"), synonyms=("notes", "remarks"), max_length=20_000),
    ),
    keys=("external_key", "account_key+name", "account_credit_code+name", "account_name+name"),
    permission="accounts.edit_all",
    write=importing_contacts.import_contacts,
    own_fields=lambda: custom.fields_of("contact"),
    needs_one_of=("account_name", "account_key", "account_credit_code"),
    can_create_related=True,
    list_url="accounts:list",
    icon="address-book",
)

TARGETS = (ACCOUNTS, CONTACTS)

UNDO = (
    UndoRule(
        model=Account,
        part_of=frozenset(
            {
                "accounts.SearchEntry.account",
                "accounts.OwnershipChange.account",
                "accounts.StageChange.account",
                "accounts.AccountTag.account",
                "accounts.Favourite.account",
                "accounts.RecentView.account",
            }
        ),
        changed=search_index.refresh,
    ),
    UndoRule(
        model=Contact,
        part_of=frozenset({"accounts.ContactJob.contact", "accounts.ContactWay.contact"}),
        changed=importing_contacts.refresh_search,
        removing=importing_contacts.forget_search,
    ),
    UndoRule(model=ContactJob),
    UndoRule(model=ContactWay, name=lambda way: way.value),
    UndoRule(model=AccountTag),
    UndoRule(model=OwnershipChange),
    UndoRule(model=ListItem),
    UndoRule(model=StagedRow, name=lambda row: row.key),
)
