"""What is known of objections, as reference data: kinds, causes, hints, timing, procedure, principles (J-01 to J-07, J-11, J-12).

Pure. Every table is a tuple of `Named`; the codes are stored by the objection log of the deals, the labels are shown.
"""

from __future__ import annotations

from dataclasses import dataclass

from dingke.core.reasons import Label


@dataclass(frozen=True, slots=True)
class Named:
    """A code that is stored, its name, and a sentence that explains it."""

    code: str
    label: Label
    hint: Label = Label("", "")
    is_proposed: bool = False  # filled by us where the method leaves a gap


def _named(code: str, en: str, zh: str, hint_en: str = "", hint_zh: str = "", *, is_proposed: bool = False) -> Named:
    return Named(code, Label(en, zh), Label(hint_en, hint_zh), is_proposed)


SHAPES = (  # J-01: what counts as an objection
    _named("DISAGREE", "Disagreement", "不赞同"),
    _named("DOUBT", "Doubt", "质疑"),
    _named("REFUSE", "Refusal", "拒绝"),
)

CUSTOMER_CAUSES = (  # J-02
    _named(
        "CHANGE",
        "Resists change",
        "拒绝改变",
        "Changing the supplier or spending today's money on tomorrow's safety needs an effort.",
        "换供应商，或拿现在的钱换将来的保障，都要费一番决心。",
    ),
    _named(
        "LOW_MOOD",
        "Low mood",
        "情绪低落",
        "No heart for business talk today: almost anything is refused.",
        "今天无心谈事，说什么都容易被驳回。",
    ),
    _named("NO_WILL", "No willingness", "没有意愿", "Attention and interest were never raised.", "还没有引起对方的注意和兴趣。"),
    _named(
        "NEED_UNMET",
        "Need not met",
        "需要没有得到满足",
        "What is offered does not do what the customer needs.",
        "给出的东西解决不了对方的问题。",
    ),
    _named("BUDGET", "Budget too small", "预算不足", "Usually heard as an objection to the price.", "多半以“价格”的面目出现。"),
    _named("EXCUSE", "Excuse", "借口、推托", "The customer does not want to spend time on the talk.", "对方不想在这次谈话上花时间。"),
    _named(
        "HIDES",
        "Hides the real point",
        "另有隐情",
        "All sorts of points are raised in place of the one that matters.",
        "提出种种理由，真正的那一条却没有说。",
    ),
)

SELLER_CAUSES = (  # J-03
    _named("NO_GOODWILL", "Did not win goodwill", "没有赢得好感", "Manner or attitude puts the customer off.", "举止或态度让对方不舒服。"),
    _named(
        "EXAGGERATED", "Exaggerated", "夸大不实", "Each claim that is not true breeds further objections.", "一句不实之言，引来更多异议。"
    ),
    _named("JARGON", "Too much jargon", "术语太多", "The customer fears that the product cannot be mastered.", "对方担心自己用不来。"),
    _named("MISREAD", "Misread the need", "需求理解有误", "The wrong solution was offered.", "开错了方子。"),
    _named(
        "POOR_TALK",
        "Talked too much, listened too little",
        "说得多、听得少",
        "The customer could not say what matters.",
        "对方没有机会说出要紧的话。",
    ),
    _named("DEMO_FAILED", "The demonstration failed", "演示失败", "Doubt follows at once.", "疑虑立刻就来。"),
    _named(
        "OVERBEARING",
        "Too overbearing",
        "姿态过高",
        "Winning every argument makes the customer answer from feeling.",
        "句句占上风，对方只好凭情绪反对。",
    ),
)

KINDS = (  # J-04: apart from what is said, since the same sentence may be any of them
    _named(
        "TRUE",
        "True objection",
        "真实的异议",
        "No need now, dissatisfied, or holding a prejudice. Take it at its word and answer it.",
        "目前不需要、不满意或存有偏见。照原话对待，认真回答。",
    ),
    _named(
        "FALSE",
        "False objection",
        "假的异议",
        "An excuse to avoid a sincere talk, or a point that does not really matter. Ask on instead of answering.",
        "敷衍的借口，或对方并不真在意的问题。先追问，不急着答。",
    ),
    _named(
        "HIDDEN",
        "Hidden objection",
        "隐藏的异议",
        "The real point is held back, others prepare the ground for it, often for the price. Write the suspected one down too.",
        "真正的一点没有说，别的理由都在为它铺垫，常常是为了价格。把疑似的那一条也记下来。",
    ),
)

HINTS = (  # J-05: what an objection tells you
    _named(
        "INDICATOR", "It shows what the customer thinks", "它反映对方在想什么", "There is hardly a better sign.", "很难有更可靠的信号。"
    ),
    _named(
        "HANDLE",
        "Handling shortens the way, arguing lengthens it",
        "处理则近，争论则远",
        "Each argument won is a step away from the order.",
        "争赢一次，离订单就远一步。",
    ),
    _named(
        "NONE_IS_HARDEST",
        "The customer without objections is the hardest",
        "没有异议的客户最难",
        "No objection after the demonstration is a reason to ask.",
        "演示之后一条异议也没有，就该主动去问。",
    ),
    _named(
        "NOT_YET_ENOUGH",
        "The benefit does not meet the need yet",
        "利益还没有满足需求",
        "Go back to the need, not on to the price.",
        "回到需求上去，而不是谈到价格上去。",
    ),
    _named(
        "HONEST",
        "Never exaggerate; admit what you do not know",
        "不夸大；不知道就说不知道",
        "Say by when you find out, and keep the day.",
        "说清哪一天答复，并且按时答复。",
    ),
    _named("WANTS_TO_KNOW", "A wish to know more", "希望了解更多", "Treat it as a question.", "把它当作提问来听。"),
    _named(
        "WANTS_SOMETHING",
        "The customer still wants something from you",
        "对方仍有求于您",
        "Whoever wants nothing does not object.",
        "无所求的人不会提异议。",
    ),
)

TIMINGS = (  # J-06
    _named("NOW", "Handle at once", "立刻处理", "It concerns what the customer holds important.", "事关对方看重的事情。"),
    _named("LATER", "Handle later", "延后处理", "Name the day, and keep it.", "说定日子，说到做到。"),
)

TIMING_CASES = (  # J-06: the first is of the method, the others fill its gap
    ("NOW", _named("IMPORTANT", "It concerns what the customer holds important", "事关对方看重的事情")),
    ("NOW", _named("BLOCKS", "The talk cannot go on before", "不解决就谈不下去", is_proposed=True)),
    ("NOW", _named("ORDER", "Clearing it can bring the order now", "解决了就可能当场成交", is_proposed=True)),
    ("LATER", _named("BEYOND", "Outside your authority or knowledge", "超出自己的权限或所知", is_proposed=True)),
    ("LATER", _named("PRICE_EARLY", "The price, before the product is understood", "还没了解产品就问价格", is_proposed=True)),
    ("LATER", _named("COMES_LATER", "A later part of the talk answers it better", "后面的内容会回答得更好", is_proposed=True)),
)

STEPS = (  # J-11
    _named(
        "INQUIRE",
        "Inquire",
        "探询",
        "What is behind it? Ask until the real point is on the table.",
        "背后是什么？问到真正的那一点摆上桌面为止。",
    ),
    _named("SUGGEST", "Suggest", "建议", "Offer one way, fitting to that point.", "针对这一点，提出一个办法。"),
    _named("DISSOLVE", "Dissolve", "化解", "Ask whether this settles it, and note the answer.", "问一句“这样可以了吗”，并把回答记下来。"),
)

PRINCIPLES = (  # J-12: shown before an objection is closed
    _named("NO_ARGUING", "Do not argue", "不争论"),
    _named("NO_EXAGGERATION", "No exaggeration, no claim that cannot be kept", "不夸大，不说做不到的话"),
    _named("FOLLOW_UP", "Admit what you do not know, and come back with the answer", "不知道就坦诚说明，并带着答案回来"),
    _named("TRUE_ONE", "Look for the true objection behind a false or hidden one", "在假的、隐藏的异议背后找真正的那一条"),
    _named("LISTEN", "Less jargon, more listening", "少用术语，多倾听"),
    _named("THEIR_SEAT", "See it from the customer's seat", "站到对方的位置上看"),
    _named("NO_PROMISE", "No promise outside the company's policy", "不作政策之外的承诺"),
    _named("CALM_FIRST", "Calm a resisting listener first; neutral is already a success", "抵触的听众先安抚，能转为中立就是进展"),
)

STANDARD = (  # J-07: the eight; the answers stand in the library under these codes
    _named("THINK", "I will think about it", "考虑一下"),
    _named("EXPENSIVE", "Too expensive", "太贵了"),
    _named("MARKET", "The market is bad", "市场不景气"),
    _named("LATER", "Later", "等一下、以后再说"),
    _named("CHEAPER", "Can it be cheaper?", "能不能便宜一些"),
    _named("ELSEWHERE", "It is cheaper elsewhere", "别的地方更便宜"),
    _named("NO_BUDGET", "No plan, no budget, no money", "没有计划、预算、钱"),
    _named("UNWANTED", "I do not want it", "我不要"),
)


def entry_code(standard: str) -> str:
    """The code of the library entry for one of the eight standard objections. KeyError when there is none."""
    if all(row.code != standard for row in STANDARD):
        raise KeyError(standard)
    return f"objection-{standard.lower().replace('_', '-')}"


def find(table: tuple[Named, ...], code: str) -> Named | None:
    return next((row for row in table if row.code == code), None)
