"""C-01, C-02, C-03, C-04: the fields of the dossier and the sources of information, as data for ``dossier.py``.

Master data: an administrator may add to it or switch fields off; the keys stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dingke.core.reasons import Label


class FieldGroup(StrEnum):
    BACKGROUND = "BACKGROUND"
    COMPETITOR = "COMPETITOR"
    PROJECT = "PROJECT"


@dataclass(frozen=True)
class DossierField:
    """``question``: what to ask the customer, or to find out, while the field is empty or stale."""

    key: str
    group: FieldGroup
    label: Label
    question: Label
    required: bool = True


@dataclass(frozen=True)
class InformationSource:
    """``outside``: the information comes from neither us nor the customer, which is what finds unknown leads (A-05,
    method 4).
    """

    key: str
    label: Label
    outside: bool = False
    hint: Label | None = None


GROUP_LABELS: dict[FieldGroup, Label] = {
    FieldGroup.BACKGROUND: Label("Background", "客户背景资料"),
    FieldGroup.COMPETITOR: Label("Competitors", "竞争对手资料"),
    FieldGroup.PROJECT: Label("Project", "项目资料"),
}

_BACKGROUND = (
    (
        "SIZE_STRENGTH",
        Label("Size and strength", "规模与实力"),
        Label("How large is the company in turnover, people and capital?", "企业的营业额、人数和资本规模有多大？"),
    ),
    (
        "ORGANISATION",
        Label("Organisation", "组织机构"),
        Label("How is the company organised, and which units matter to us?", "企业组织架构如何，哪些部门与我们有关？"),
    ),
    (
        "CONTACT_WAYS",
        Label("Contact ways", "各种通讯方式"),
        Label(
            "By which addresses, phones and channels do we reach each department?",
            "通过哪些地址、电话和渠道可以联系到各部门？",
        ),
    ),
    (
        "DEPARTMENTS",
        Label("Using, purchasing and supporting departments", "使用部门、采购部门、支持部门"),
        Label(
            "Which department uses, which one buys and which one supports?",
            "哪个部门使用，哪个部门采购，哪个部门提供支持？",
        ),
    ),
    (
        "PEOPLE_LEVELS",
        Label("Operators, management and top people", "使用维护人员、管理层、高层"),
        Label(
            "Who operates and maintains, who manages, and who decides at the top?",
            "使用维护人员、管理层和高层分别是谁？",
        ),
    ),
    (
        "INSTALLED_BASE",
        Label("Similar products installed and used", "同类产品安装和使用情况"),
        Label(
            "Which similar products are installed, since when, and how well do they work?",
            "目前装有哪些同类产品，何时安装，使用情况如何？",
        ),
    ),
    (
        "BUSINESS",
        Label("Business situation", "业务情况"),
        Label(
            "What does the company sell, to whom, and how is business going?",
            "企业主营什么业务，客户是谁，经营状况如何？",
        ),
    ),
    (
        "INDUSTRY",
        Label("State of its industry", "所在行业基本状况"),
        Label(
            "How is its industry doing, and what change does it face?",
            "所在行业的基本状况如何，正面临哪些变化？",
        ),
    ),
)

_COMPETITOR = (
    (
        "RIVAL_USE",
        Label("Use of the rival product", "竞争产品使用情况"),
        Label("Which rival products are in use, where and how much?", "正在使用哪些竞争产品，用在哪里，用量多大？"),
        True,
    ),
    (
        "RIVAL_SATISFACTION",
        Label("Satisfaction with the rival product", "客户对其产品的满意度"),
        Label("What is the customer pleased or displeased with there?", "客户对竞争产品哪些方面满意，哪些方面不满意？"),
        True,
    ),
    (
        "RIVAL_SELLER",
        Label("Rival representative and selling style", "销售代表名字与销售特点"),
        Label("Who represents the rival, and how does this person sell?", "对手的销售代表是谁，销售风格有什么特点？"),
        True,
    ),
    (
        "RIVAL_RELATION",
        Label("Relation of the rival representative", "该代表与客户的关系"),
        Label(
            "How close is that representative to whom at the customer?",
            "该销售代表与客户中的哪些人关系密切，程度如何？",
        ),
        True,
    ),
    (
        "RIVAL_PRICE",
        Label("Rival price", "竞争对手价格"),
        Label("At what price and on what terms does the rival offer?", "竞争对手的报价和商务条件是什么？"),
        False,
    ),
    (
        "RIVAL_RECOGNITION",
        Label("Recognition of the rival", "客户对竞争对手的认可度"),
        Label("How much does the customer think of the rival, and why?", "客户对竞争对手认可到什么程度，原因是什么？"),
        False,
    ),
)

_PROJECT = (
    (
        "PURCHASE_PLAN",
        Label("Latest purchase plan", "最近的采购计划"),
        Label("What does the customer plan to buy next?", "客户最近计划采购什么？"),
    ),
    (
        "PROBLEM",
        Label("Problem to solve", "要解决的问题"),
        Label("Which problem is the project meant to solve?", "这个项目要解决什么问题？"),
    ),
    (
        "DECISION_MAKERS",
        Label("Decision makers and influencers", "决策人和影响者"),
        Label("Who decides, and who influences the decision?", "谁来决策，谁能影响决策？"),
    ),
    (
        "TIMETABLE",
        Label("Timetable", "采购时间表"),
        Label("When is the choice, the contract and the start due?", "选型、签约和启动分别安排在什么时间？"),
    ),
    (
        "BUDGET",
        Label("Budget", "采购预算"),
        Label("How large is the budget, and is it approved?", "预算有多少，是否已经批准？"),
    ),
    (
        "PURCHASE_PROCESS",
        Label("Purchase process", "采购流程"),
        Label("Which steps and approvals does the purchase pass?", "采购要经过哪些步骤和审批？"),
    ),
)

FIELDS: tuple[DossierField, ...] = (
    *(DossierField(key, FieldGroup.BACKGROUND, label, question) for key, label, question in _BACKGROUND),
    *(DossierField(key, FieldGroup.COMPETITOR, label, asked, required) for key, label, asked, required in _COMPETITOR),
    *(DossierField(key, FieldGroup.PROJECT, label, question) for key, label, question in _PROJECT),
)

FIELD_OF: dict[str, DossierField] = {field.key: field for field in FIELDS}

SOURCES: tuple[InformationSource, ...] = (
    InformationSource("COMPANY_NAME", Label("Company name", "公司名称")),
    InformationSource("OBSERVATION", Label("On-site observation", "现场观察")),
    InformationSource("BROCHURE", Label("Company brochures", "企业宣传资料")),
    InformationSource("TALK", Label("Talks face to face", "当面沟通")),
    InformationSource("SUPPLIER_ENQUIRY", Label("Enquiry with suppliers", "供应商查询"), outside=True),
    InformationSource("BUSINESS_CARD", Label("Business card and self-introduction", "名片与自我介绍")),
    InformationSource("CUSTOMER_SYSTEM", Label("Customer system", "客户信息系统")),
    InformationSource("SALES_RECORDS", Label("Sales records", "销售记录")),
    InformationSource("MARKET_RESEARCH", Label("Market research", "市场调研"), outside=True),
    InformationSource("INDUSTRY_REPORT", Label("Industry reports", "行业报告"), outside=True),
    InformationSource("PARTNER_REFERRAL", Label("Partner referral", "合作伙伴推荐"), outside=True),
    InformationSource("SOCIAL_MEDIA", Label("Social media", "社交媒体"), outside=True),
    InformationSource("EMAIL", Label("E-mail", "电子邮件")),
    InformationSource("PHONE_INTERVIEW", Label("Phone interview", "电话访谈")),
    InformationSource("SITE_VISIT", Label("On-site visit", "实地拜访")),
    InformationSource("DEEP_INTERVIEW", Label("Deep interview", "深度访谈")),
    InformationSource(
        "INSIDE_SUPPORTER",
        Label("Inside supporter", "内部支持者"),
        hint=Label(
            "Record only what was given freely and lawfully.",
            "只记录对方自愿且合法提供的信息。",
        ),
    ),
)

SOURCE_OF: dict[str, InformationSource] = {source.key: source for source in SOURCES}
