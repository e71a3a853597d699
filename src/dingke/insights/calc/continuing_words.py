"""The sentences of continuing value (A-13)."""

from __future__ import annotations

from dingke.core.reasons import Label, Sentences

UNITS = {"DAY": Label("days", "天"), "WEEK": Label("weeks", "周"), "MONTH": Label("months", "个月")}

SENTENCES = Sentences(
    {
        "CV_BY_MODEL": (
            "N comes from the buying history by BG/NBD, for the next {horizon} {unit}, and P by Gamma-Gamma unless another rule is "
            "named; still a customer with a probability of {alive:.1%}.",
            "N 由购买历史按 BG/NBD 估计（未来 {horizon} {unit}），P 按 Gamma-Gamma 估计（另有说明除外）；仍为客户的概率 {alive:.1%}。",
        ),
        "CV_BY_RHYTHM": (
            "N is the next {horizon} {unit} by its own rhythm; P is its average purchase.",
            "N 按客户自身节奏推算未来 {horizon} {unit}，P 取其平均每次购买金额。",
        ),
        "CV_BY_PLAN": (
            "N and P are the planned ones of the value card, over the whole relation.",
            "N 和 P 取价值卡中的计划值，按整个合作期计。",
        ),
        "CV_NO_PLAN": (
            "Enter the planned number and average of purchases in the value card.",
            "请在价值卡中填写预计交易次数和平均每次购买金额。",
        ),
        "CV_IS_TURNOVER": (
            "Continuing value is expected turnover, not profit: no margin is applied.",
            "持续价值为预计销售额而非利润，未计利润率。",
        ),
        "CV_IS_PROFIT": (
            "Continuing value is expected profit: the customer's margin is applied, the mean margin where it is unknown.",
            "持续价值为预计利润：按客户毛利率计算，毛利率未知时取平均值。",
        ),
        "CV_NOT_DISCOUNTED": ("Later purchases are not discounted.", "未对未来的购买进行折现。"),
        "CV_DISCOUNTED": ("Later purchases are discounted by {rate:.1%} a year.", "未来的购买按年率 {rate:.1%} 折现。"),
        "CV_NEVER_BOUGHT": ("No purchase yet: nothing to estimate from.", "尚无购买记录，无从估计。"),
        "CV_DATED_WRONGLY": ("It has purchases dated in the future.", "存在日期在未来的购买记录。"),
        "CV_NOT_POSITIVE": ("Its purchases do not add up to a positive amount.", "其购买金额合计不为正数。"),
        "CV_CONTRACT": (
            "Contract business: {gaps} gaps of about {gap:.0f} days, far more regular than the model assumes.",
            "合同式采购：{gaps} 次间隔均约 {gap:.0f} 天，远比模型假设的规律。",
        ),
        "CV_CONTRACT_SILENT": (
            "The rhythm is broken: {days} days without a purchase.",
            "采购节奏已中断：{days} 天没有购买。",
        ),
        "CV_BOUGHT_ONCE": (
            "It bought once: the estimate rests on what other customers do, and its chance of having left cannot be told.",
            "只购买过一次：估计依据其他客户的行为，无法判断其是否已流失。",
        ),
        "CV_FEW_PURCHASES": (
            "Only {count} repeat purchase(s): the estimate leans on what other customers do.",
            "仅有 {count} 次重复购买，估计主要依据其他客户的行为。",
        ),
        "CV_TREND_BROKEN": (
            "{now} purchases in twelve months after {before} in those before: the model assumes a steady rate.",
            "近十二个月购买 {now} 次，此前十二个月 {before} 次；模型假设购买频率稳定。",
        ),
        "CV_FEW_CUSTOMERS": (
            "{count} customers are too few to fit the model; it needs {least}.",
            "仅 {count} 家客户，不足以拟合模型（至少 {least} 家）。",
        ),
        "CV_FEW_REPEATERS": (
            "{count} customers bought again; the model needs {least}.",
            "仅 {count} 家客户重复购买，模型至少需要 {least} 家。",
        ),
        "CV_NOT_CONVERGED": (
            "The model does not fit the company's customers: the likelihood has no maximum.",
            "模型不适合本公司的客户：似然函数没有极大值。",
        ),
        "CV_HARDLY_LEAVE": (
            "Nearly no customer leaves by what the company's orders show: the chance of having left is at its least.",
            "从本公司的订单看，几乎没有客户流失，流失概率取最小。",
        ),
        "CV_SPENDING_NOT_FITTED": (
            "The spending model could not be fitted: P is the customer's own average.",
            "消费金额模型无法拟合，P 取客户自身平均值。",
        ),
        "CV_MEAN_UNBOUNDED": (
            "Amounts differ so much that the spending model has no mean: P is the customer's own average.",
            "金额差异过大，消费金额模型没有均值，P 取客户自身平均值。",
        ),
        "CV_MONEY_NOT_INDEPENDENT": (
            "How often and for how much customers buy go together (correlation {correlation:.2f}, at most {most:.2f}): P is the "
            "customer's own average.",
            "购买频率与金额相关（相关系数 {correlation:.2f}，上限 {most:.2f}），P 取客户自身平均值。",
        ),
    }
)
