"""Sentences for dossiers, rivals, notes and tasks. Slots are filled by the modules that use them."""

from __future__ import annotations

# C-01 field -> sentences; slots: employees, turnover, city, industry, purchasing, product.
DOSSIER: dict[str, tuple[str, ...]] = {
    "SIZE_STRENGTH": (
        "员工约 {employees} 人，年营收约 {turnover}，自有厂房，资金状况稳定。",
        "年营收约 {turnover}，员工 {employees} 人，近两年持续投入自动化改造。",
        "{industry}行业中等以上规模，员工 {employees} 人，银行授信充足。",
    ),
    "ORGANISATION": (
        "总经理负责制，下设生产、技术、采购、财务四个中心，设备选型由技术中心牵头。",
        "事业部制，各厂区独立核算，二十万元以上采购须报总部审批。",
        "职能式架构，采购部只管商务，技术标准由工程部确定。",
    ),
    "CONTACT_WAYS": (
        "日常联系用微信与电话，正式文件走邮件，月度对账传真仍在使用。",
        "采购只认供应商门户与邮件，厂长习惯打电话，门卫登记须提前一天预约。",
    ),
    "DEPARTMENTS": (
        "使用部门是生产一部和装配车间，采购部负责比价，设备科负责维护支持。",
        "使用：制造部；采购：供应链中心；支持：信息部与质量部，三方会签。",
        "使用与维护同属设备动力部，采购由集团集中办理，财务只审付款。",
    ),
    "PEOPLE_LEVELS": (
        "操作维护以班组长为主，管理层是生产经理和采购经理，最后由总经理拍板。",
        "设备主管懂技术、说话有分量；副总分管投资；董事长只看回报周期。",
    ),
    "INSTALLED_BASE": (
        "现有两条老线使用其他品牌控制器，已装我方{product}，运行正常。",
        "车间已有我方{product}，另有一套自编看板，计划今后统一。",
        "主要工位仍靠人工，去年试用过{product}，班组反映节拍提高明显。",
    ),
    "BUSINESS": (
        "订单排到下季度，主要供应{city}及周边整机厂，正在争取海外客户。",
        "主营业务平稳，小批量订单增多，换型频繁成为产能瓶颈。",
        "新品占比上升，良率爬坡中，对追溯和检测的要求在提高。",
    ),
    "INDUSTRY": (
        "{industry}行业价格竞争激烈，头部企业加快自动化，中小厂跟进。",
        "{industry}行业需求温和增长，客户普遍要求质量追溯到件。",
    ),
}
DOSSIER_SOURCES: dict[str, tuple[str, ...]] = {
    "SIZE_STRENGTH": ("BROCHURE", "INDUSTRY_REPORT", "SUPPLIER_ENQUIRY"),
    "ORGANISATION": ("TALK", "DEEP_INTERVIEW", "INSIDE_SUPPORTER"),
    "CONTACT_WAYS": ("BUSINESS_CARD", "EMAIL", "PHONE_INTERVIEW"),
    "DEPARTMENTS": ("TALK", "SITE_VISIT"),
    "PEOPLE_LEVELS": ("BUSINESS_CARD", "TALK", "INSIDE_SUPPORTER"),
    "INSTALLED_BASE": ("OBSERVATION", "SITE_VISIT", "SALES_RECORDS"),
    "BUSINESS": ("DEEP_INTERVIEW", "TALK", "SOCIAL_MEDIA"),
    "INDUSTRY": ("INDUSTRY_REPORT", "MARKET_RESEARCH"),
}

# C-02 field -> sentences; slots: rival, person.
RIVAL: dict[str, tuple[str, ...]] = {
    "PRODUCT_USE": (
        "二号车间有{rival}设备三台，用于包装段。",
        "备件约三成从{rival}采购。",
        "试用过{rival}的系统，未转正式。",
    ),
    "SATISFACTION": (
        "班组对其稳定性满意，对售后响应不满。",
        "价格满意，现场支持一般。",
        "不满意，去年停机两次未及时处理。",
    ),
    "REPRESENTATIVE": (
        "{person}，擅长低价切入，承诺多。",
        "{person}，技术出身，每月到现场一次。",
        "{person}，以宴请见长，不大懂工艺。",
    ),
    "RELATION": ("与采购经理是老同事，关系较近。", "仅有业务往来，没有高层接触。", "与设备科来往频繁，与财务无联系。"),
    "PRICE": ("同类配置报价低我方约一成。", "报价与我方相当，维保另收。"),
    "RECOGNITION": ("技术部认可其硬件，对软件存疑。", "知名度一般，靠价格进入短名单。"),
}
RIVAL_PEOPLE = ("骆经理", "戚工", "邵经理", "尹主管", "柯经理", "舒工")
RIVAL_SOURCES = ("OBSERVATION", "TALK", "INSIDE_SUPPORTER", "SUPPLIER_ENQUIRY", "MARKET_RESEARCH")

# kind -> sentences; slots: person, product.
NOTES: dict[str, tuple[str, ...]] = {
    "CALL": (
        "电话联系{person}，{product}近期有补货需求，月底前给清单。",
        "与{person}通话，确认上批货已入库，付款在走流程。",
        "{person}来电询问交期，已与计划部核对后回复。",
        "电话回访{person}，设备运行正常，暂无新的采购计划。",
    ),
    "VISIT": (
        "现场拜访{person}，看了装配线瓶颈工位，客户对{product}感兴趣。",
        "陪同服务工程师到厂巡检，{person}对响应速度表示满意。",
        "拜访{person}，介绍同行案例，约定下月做一次方案交流。",
        "到厂与{person}核对备件库存，建议安全库存上调两成。",
    ),
    "WECHAT": (
        "微信发送{product}资料，{person}已转技术部评估。",
        "{person}微信反馈样件合格，等采购走比价。",
        "微信问候{person}，得知明年预算下月开始编制。",
    ),
    "EMAIL": (
        "邮件发出{product}报价与技术协议，抄送{person}的上级。",
        "邮件确认对账单，{person}无异议。",
    ),
    "REMARK": (
        "客户内部正在调整采购权限，后续注意审批人变化。",
        "同行展会遇到{person}，谈到新厂区规划，待跟进。",
        "整理客户档案，补充了组织架构与使用部门信息。",
    ),
}

TASKS = (
    "约{person}做方案交流",
    "补齐客户档案缺项",
    "跟进{product}报价反馈",
    "核对未付发票并催收",
    "安排{product}现场演示",
    "整理年度采购分析给{person}",
    "节前问候{person}",
    "邀请{person}参加开放日",
)

# Person facts (field -> sentences).
PERSON: dict[str, tuple[str, ...]] = {
    "BACKGROUND": ("从班组长做起，熟悉每条产线。", "曾在设备厂工作，懂报价构成。", "三年前由集团调来，负责降本。"),
    "EDUCATION": ("机械专业本科。", "自动化专业硕士。", "在职读工商管理。"),
    "INTEREST": ("喜欢羽毛球。", "周末常去钓鱼。", "爱喝岩茶。", "跑马拉松。", "关注孩子升学。"),
    "CHARACTER": ("说话直接，重数据。", "谨慎，凡事要书面。", "随和，愿意介绍同事。", "强势，重承诺兑现。"),
    "CONCERN": ("最担心停产切换。", "在意售后响应时限。", "要求回报期在两年以内。", "希望减少供应商数量。"),
}

# Notes that carry the stories: days before today, kind, sentence.
STORY_NOTES: dict[str, tuple[tuple[int, str, str], ...]] = {
    "GIANT_GOES_QUIET": (
        (12, "CALL", "致电{title}，未接；秘书说近期在开供应商评审会。"),
        (47, "VISIT", "到厂巡检，发现二号车间在试装其他品牌工作站，班组长不愿多谈。"),
        (96, "EMAIL", "收到本批订单，采购顺带问起能否延长账期。"),
    ),
    "MARGIN_EATER": ((20, "VISIT", "年框谈判，对方要求再降两个点，理由是门店增加。已说明成本底线。"),),
    "GROUP_TREE": ((26, "REMARK", "听说集团要成立统一采购中心，五家公司的价格会放在一起比。"),),
    "RISING_STAR": ((9, "VISIT", "参观新基地，二期产线明年三月招标，请我方提前参与方案。"),),
    "STANDARD_SETTER": ((33, "CALL", "标准工作组下月开会，希望我方提供验证平台并派专家。"),),
    "ONE_OFF_PROJECT": ((46, "CALL", "项目验收后首次深谈，下一期规划仍在论证，预算未定。"),),
    "PAYMENTS_SLIP": (
        (8, "CALL", "财务称资金集中给春节备货，本月只能付一部分。"),
        (64, "REMARK", "应收会计提醒：该客户账期越拖越长，建议新单先收三成。"),
    ),
    "DUPLICATE_PAIR": ((30, "REMARK", "客户说另一位同事也来报过价，价格还不一样。"),),
    "POOL_TREASURE": ((40, "REMARK", "前台来电：提取车间扩建，想找原来的销售，无人跟进。"),),
    "RECYCLE_SOON": ((83, "CALL", "电话联系{title}，称今年预算收紧，年底再说。"),),
    "GOVERNMENT_BODY": ((15, "VISIT", "明年实训设备预算正在申报，采购须走公开招标，十一月出公告。"),),
    "INCENTIVE_WITHOUT_RETURN": ((18, "VISIT", "客户提出返利再加五万元，未承诺增量。"),),
    "HALF_A_DOSSIER": ((52, "CALL", "只认识采购一人，不清楚谁在用、谁拍板。"),),
    "NOMINATION_WAITS": ((5, "REMARK", "已提交大客户提名，附三年采购分析，待总监审批。"),),
}
