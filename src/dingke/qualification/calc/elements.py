"""E-03 to E-09, E-11 to E-13: the ten elements of the 7+3 sheet as data: what to learn, how, the sub-fields, the red flags."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dingke.core.reasons import Label


class Side(StrEnum):
    CUSTOMER = "CUSTOMER"  # seven
    OWN = "OWN"  # three


class Kind(StrEnum):
    TEXT = "TEXT"
    DATE = "DATE"
    NUMBER = "NUMBER"
    AMOUNT = "AMOUNT"
    CHOICE = "CHOICE"
    YES_NO = "YES_NO"


class Advice(StrEnum):
    """What a red flag speaks for (E-22)."""

    DROP = "DROP"
    LEARN = "LEARN"


@dataclass(frozen=True, slots=True)
class Fact:
    """A sub-field of an element. `question` is what to ask while it is empty; without one it is never asked for."""

    key: str
    kind: Kind
    label: Label
    question: Label | None = None
    options: tuple[tuple[str, Label], ...] = ()


@dataclass(frozen=True, slots=True)
class Flag:
    """A red flag of an element, and what it speaks for."""

    code: str
    label: Label
    advice: Advice


@dataclass(frozen=True, slots=True)
class Element:
    """One of the ten. `question` is asked while nothing is known of it."""

    code: str
    number: int
    item: str
    side: Side
    label: Label
    check: Label
    how: Label
    question: Label
    facts: tuple[Fact, ...]
    flags: tuple[Flag, ...]


CERTAINTY = (("CERTAIN", Label("certain", "确定")), ("LIKELY", Label("likely", "大致")), ("GUESS", Label("a guess", "猜测")))
NO_DATE_CAUSES = (
    ("NO_KEY_PERSON", Label("We have not found the key person", "没有找到关键人")),
    ("NO_PLAN", Label("The customer has no plan now", "客户目前没有计划")),
)
GO_NO_GO = (("GO", Label("Go", "可以做")), ("NO_GO", Label("No go", "不做")))
GRADES = tuple((str(n), Label(str(n), str(n))) for n in range(1, 6))


def _day(key: str, en: str, zh: str, ask_en: str, ask_zh: str) -> tuple[Fact, Fact]:
    return (
        Fact(f"{key}_date", Kind.DATE, Label(en, zh), Label(ask_en, ask_zh)),
        Fact(f"{key}_certainty", Kind.CHOICE, Label(f"{en}: how sure", f"{zh}：把握"), None, CERTAINTY),
    )


ELEMENTS: tuple[Element, ...] = (
    Element(
        "BASICS",
        1,
        "E-03",
        Side.CUSTOMER,
        Label("Customer basics", "客户基本情况"),
        Label("Industry, turnover, headcount, organisation, credit.", "行业、营业规模、人员规模、组织构成、信用情况。"),
        Label(
            "Industry from the name and what you see on site; sizes from brochures or in talk; "
            "organisation by asking face to face; credit from how suppliers are paid.",
            "行业看名称和现场；规模看宣传资料或在交谈中问；组织构成当面问；信用看它怎样付供应商的款。",
        ),
        Label("What does the company do, how large is it, and how does it pay?", "企业做什么、有多大、付款怎么样？"),
        (
            Fact(
                "industry",
                Kind.TEXT,
                Label("Industry", "行业"),
                Label("Which industry is it, and which part of it?", "属于哪个行业的哪个细分领域？"),
            ),
            Fact(
                "turnover",
                Kind.TEXT,
                Label("Turnover", "营业规模"),
                Label("How much does it turn over in a year?", "一年的营业额大约多少？"),
            ),
            Fact("headcount", Kind.TEXT, Label("Headcount", "人员规模"), Label("How many people work there?", "一共有多少员工？")),
            Fact(
                "organisation",
                Kind.TEXT,
                Label("Organisation", "组织构成"),
                Label("Which departments are there, and which ones take part?", "有哪些部门，哪些部门参与这个项目？"),
            ),
            Fact("credit", Kind.TEXT, Label("Credit", "信用情况"), Label("How does it pay its suppliers?", "它付供应商的货款及时吗？")),
        ),
        (Flag("BAD_PAYER", Label("Pays its suppliers very badly", "对供应商付款极差"), Advice.DROP),),
    ),
    Element(
        "SCHEDULE",
        2,
        "E-04",
        Side.CUSTOMER,
        Label("Project schedule", "项目进展计划"),
        Label("The customer's rough timetable.", "客户的大致时间表。"),
        Label(
            "Ask without shyness. Without a date, find the reason with closed questions; at a low rank ask tactfully "
            "who else should know; who has a say is asked when needs and a demonstration could be discussed.",
            "大方地问。问不到日期，就用封闭式问题找原因；对方职位不高，委婉地问还应该让谁知道；对方说得上话，就试探什么时候谈需求、看演示。",
        ),
        Label("When do you want to start, decide and be live?", "打算什么时候启动、什么时候定、什么时候上线？"),
        (
            *_day("start", "Start", "启动", "When is the project to start?", "项目打算什么时候启动？"),
            *_day("need", "Needs agreed", "需求调研", "When can we go through the needs together?", "什么时候可以一起梳理需求？"),
            *_day("demo", "Demonstration", "演示", "When could you look at a demonstration?", "什么时候方便看演示？"),
            *_day("decision", "Decision", "决策", "By when is it to be decided?", "计划什么时候拍板？"),
            *_day("live", "Go-live", "上线", "By when must it be in use?", "要求什么时候投入使用？"),
            Fact("no_date_cause", Kind.CHOICE, Label("Why there is no date", "没有日期的原因"), None, NO_DATE_CAUSES),
        ),
        (
            Flag(
                "DATE_UNCERTAIN",
                Label("No date: the key person is not found, or there is no plan", "时间不定：没找到关键人，或目前没有计划"),
                Advice.LEARN,
            ),
        ),
    ),
    Element(
        "BUDGET",
        3,
        "E-05",
        Side.CUSTOMER,
        Label("Project budget", "项目预算"),
        Label("A range before any price is named.", "报价之前先知道预算范围。"),
        Label(
            "Judge by experience with companies of this size, or mention what a customer of the same trade spent and watch the reaction.",
            "凭对同规模企业的经验判断，或提起同行老客户花了多少，看对方反应。",
        ),
        Label("Which range of budget is planned for this?", "这件事大概准备了多少预算？"),
        (
            Fact("probe", Kind.TEXT, Label("What was mentioned, and the reaction", "试探的话与对方反应")),
            Fact("entry_price", Kind.AMOUNT, Label("Our lowest price that could do", "我方最低可行方案的价格")),
        ),
        (
            Flag(
                "BUDGET_TOO_LOW",
                Label("The budget is too low, and our entry product does not meet the need", "预算过低，低端产品满足不了需求"),
                Advice.DROP,
            ),
            Flag("QUOTED_BLIND", Label("A price was named without knowing the range", "不知道预算范围就报了价"), Advice.LEARN),
        ),
    ),
    Element(
        "NEED",
        4,
        "E-06",
        Side.CUSTOMER,
        Label("Basic need", "基本需求"),
        Label("The core need, clear enough to write it in your own words.", "核心需求，清楚到能用自己的话写下来。"),
        Label(
            "SPIN, open questions first. Grasping it quickly shows competence as well.",
            "用 SPIN 提问，先开放式。很快抓住需求，本身就显得专业。",
        ),
        Label("What must get better, and what happens if it does not?", "最想改善的是什么？不改善会怎样？"),
        (),
        (
            Flag(
                "NEED_UNCLEAR", Label("The need stays unclear; the customer is losing patience", "需求始终不清，客户已不耐烦"), Advice.LEARN
            ),
        ),
    ),
    Element(
        "KEY_PERSON",
        5,
        "E-07",
        Side.CUSTOMER,
        Label("Key person", "关键人"),
        Label(
            "Who it is, and approval already at the first visit: of our competence and of the impression.",
            "是谁；第一次拜访就要得到认可：一认能力，二认印象。",
        ),
        Label(
            "From the map of people. Judge from card, seat and introduction; ask who else should hear this.",
            "看客户关系图。从名片、座次和引见判断，问还有谁应该听一听。",
        ),
        Label("Who has the last word, and what does this person expect?", "最后谁说了算？他（她）看重什么？"),
        (),
        (
            Flag(
                "NOT_VALUED",
                Label(
                    "The key person does not value our competence or dislikes us, and a rival is there",
                    "关键人不认可我们的能力或印象不好，且有竞争者在",
                ),
                Advice.LEARN,
            ),
            Flag("NOT_KEY_PERSON", Label("Whom we visit is not the key person", "拜访的人不是关键人"), Advice.LEARN),
        ),
    ),
    Element(
        "DECISION",
        6,
        "E-08",
        Side.CUSTOMER,
        Label("Decision process", "项目决策流程"),
        Label("Who selects first, who decides at the end, a responsible person for each link.", "谁先筛选、谁最后定，每一环都有责任人。"),
        Label(
            "The chain stands on the map of people; it starts from the template of the product family.",
            "决策链画在客户关系图上，从产品模板开始。",
        ),
        Label("Which steps does a purchase like this go through, and who stands for each?", "这样的采购要走哪几步，每一步由谁负责？"),
        (),
        (Flag("FINAL_UNNAMED", Label("The final decider is not named", "最终决策人不明"), Advice.LEARN),),
    ),
    Element(
        "COMPETITOR",
        7,
        "E-09",
        Side.CUSTOMER,
        Label("Competitor", "竞争者"),
        Label("The rivals in this project, and a response to each.", "项目里有哪些对手，各有什么应对。"),
        Label("From an inside supporter: only what is given freely and lawfully.", "向内部支持者了解，只用对方自愿且合法提供的信息。"),
        Label("Whom else do you look at, and what do you like there?", "还在看哪几家？他们哪里让您满意？"),
        (Fact("seen_on_site", Kind.YES_NO, Label("Rivals were seen on site", "现场见过对手")),),
        (
            Flag(
                "RIVALS_UNKNOWN", Label("Rivals are unknown although others were seen on site", "现场见过对手，却不知道是谁"), Advice.LEARN
            ),
        ),
    ),
    Element(
        "STRENGTH",
        8,
        "E-11",
        Side.OWN,
        Label("Company strength", "公司实力"),
        Label(
            "Can we do it by our own strength? Wishes that need further development.", "凭自己的力量做得了吗？有多少要二次开发的个性要求？"
        ),
        Label("List the custom wishes with their effort and whether they can be declined.", "列出个性化要求、工作量，以及能否婉拒。"),
        Label("Which wishes go beyond the standard, and which of them can wait?", "哪些要求超出标准功能，哪些可以以后再说？"),
        (
            Fact("go", Kind.CHOICE, Label("Go or no go", "做还是不做"), None, GO_NO_GO),
            Fact("go_note", Kind.TEXT, Label("Why", "理由")),
        ),
        (
            Flag(
                "WISHES_BEYOND",
                Label(
                    "Many wishes need development that we cannot do, and cannot be screened off",
                    "大量要求需要我们做不了的二次开发，又推不掉",
                ),
                Advice.DROP,
            ),
        ),
    ),
    Element(
        "PRODUCT",
        9,
        "E-12",
        Side.OWN,
        Label("Product advantage", "产品优势"),
        Label(
            "Each need has a function: standard, configurable, missing. Industries where we have experience.",
            "每条需求对应一项功能：标准、可配置、没有；我们有经验的行业。",
        ),
        Label(
            "Go through the list of confirmed needs; count our references in the industry.", "对照确认的需求清单；数一数本行业的成功案例。"
        ),
        Label("Which of the needs does our product not meet?", "哪些需求是我们的产品满足不了的？"),
        (Fact("references", Kind.NUMBER, Label("Our references in this industry", "本行业案例数")),),
        (Flag("PRODUCT_MISFIT", Label("The product that is needed is not our strength", "客户要的产品不是我们的强项"), Advice.DROP),),
    ),
    Element(
        "SERVICE",
        10,
        "E-13",
        Side.OWN,
        Label("Service capability", "服务能力"),
        Label("Quality of the customer's users, distance, our capacity to deliver.", "客户人员素质、服务距离、交付能力。"),
        Label(
            "Meet the users; count the way and its cost; ask delivery before you promise.",
            "见一见使用人员；算路程和费用；承诺之前先问交付部门。",
        ),
        Label("Who will use it, how far is it, and can we deliver in time?", "谁来用，离我们多远，能否按时交付？"),
        (
            Fact("user_quality", Kind.CHOICE, Label("Quality of the users (1–5)", "客户人员素质（1–5）"), None, GRADES),
            Fact("distance_km", Kind.NUMBER, Label("Distance in km", "距离（公里）")),
            Fact("visits_per_year", Kind.NUMBER, Label("Service visits per year", "每年上门次数")),
            Fact("cost_per_visit", Kind.AMOUNT, Label("Cost of one visit", "每次上门成本")),
            Fact("delivery_capacity", Kind.CHOICE, Label("Our capacity to deliver (1–5)", "交付能力（1–5）"), None, GRADES),
        ),
        (
            Flag(
                "WEAK_USERS",
                Label("Users would not master it even after many trainings", "使用人员素质不足，多次培训也用不起来"),
                Advice.DROP,
            ),
            Flag("TOO_FAR", Label("Too far beyond our service area", "超出服务半径太远"), Advice.DROP),
            Flag("CANNOT_DELIVER", Label("We cannot deliver after the sale", "售后交付能力不足"), Advice.DROP),
        ),
    ),
)

ELEMENT_OF: dict[str, Element] = {element.code: element for element in ELEMENTS}
CODES: tuple[str, ...] = tuple(ELEMENT_OF)
DATES = tuple(fact.key for fact in ELEMENT_OF["SCHEDULE"].facts if fact.kind is Kind.DATE)


def flag_of(element: str, code: str) -> Flag | None:
    """The red flag of an element by its code; None when it is told in own words."""
    return next((flag for flag in ELEMENT_OF[element].flags if flag.code == code), None)
