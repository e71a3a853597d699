"""The stories a visitor of the demonstration finds in the data: one sentence each, and the accounts that carry them.

The sentences are shown on the first page of the demonstration and in the documentation; tests hold each number true.
"""

from __future__ import annotations

from collections.abc import Callable

from dingke.config.demo.drafts import WAN, Draft
from dingke.config.demo.names import CITY_BY_NAME
from dingke.config.demo.records import Story

GIANT_SILENT_DAYS = 97
GIANT_USUAL_DAYS = 41
GIANT_SHARES = (0.205, 0.196, 0.188)  # of the company's revenue in each cooperation year
RECYCLE_DAYS = 90  # without contact, an account goes back to the public pool
RECYCLE_CONTACT_GAP = 83
STAR_GROWTH = 0.6


def _code(number: int) -> str:
    return f"KH-{number:04d}"


_STORIES: tuple[tuple[str, str, str, str, str, tuple[int, ...]], ...] = (
    (
        "GIANT_GOES_QUIET", "巨人沉默", "The giant goes quiet",
        "沧陵重工贡献了全公司约两成收入，平时每 41 天一单，如今已经 97 天没有下单。",
        "Cangling Heavy brings about a fifth of all revenue and orders every 41 days; the last order is 97 days old.",
        (1,),
    ),
    (
        "MARGIN_EATER", "有量无利", "Volume without margin",
        "百廪工业品每年采购约五百万元，毛利率只有 4%，是典型的白脸客户。",
        "Bailin Supply buys for about five million yuan a year at a margin of 4%: a white face.",
        (2,),
    ),
    (
        "GROUP_TREE", "一个集团，三级架构", "One group, three levels",
        "岚崧集团下有五家公司、三级架构，其中两家由别的销售负责，谁也没有看到全貌。",
        "The Lansong group has five subsidiaries on three levels; two are held by other reps, nobody sees the whole.",
        (3, 4, 5, 6, 7, 8),
    ),
    (
        "RISING_STAR", "明日之星", "The rising star",
        "曜粟新能源连续两年增长 60%，规模还不大，再过一年就会进入前列。",
        "Yaosu New Energy has grown by 60% two years running; still small, soon among the first.",
        (9,),
    ),
    (
        "STANDARD_SETTER", "无利而有势", "Influence without profit",
        "经纬台研究院制定行业标准，影响力 92 分，几乎不带来毛利，是黑脸客户。",
        "The Jingweitai institute sets the standards of the trade: influence 92, hardly any profit, a black face.",
        (10,),
    ),
    (
        "ONE_OFF_PROJECT", "一锤子大单", "The one big project",
        "潮信轨道装备一次项目就带来两百多万元毛利，此后再无订单，是红脸客户。",
        "Chaoxin Rail brought over two million yuan of gross profit in one project, then no more orders: a red face.",
        (11,),
    ),
    (
        "PAYMENTS_SLIP", "回款越来越慢", "Payments slip",
        "朔桓食品的回款一个季度比一个季度晚，三年里从拖延几天变成两个月。",
        "Shuohuan Foods pays later every quarter: from a few days late to two months in three years.",
        (12,),
    ),
    (
        "DUPLICATE_PAIR", "同一家公司，两份档案", "One company, two records",
        "砺棠精密机械被录入了两次，名称写法不同，分属两名销售，应当合并。",
        "Litang Precision was entered twice, written differently and held by two reps: they should be merged.",
        (13, 14),
    ),
    (
        "POOL_TREASURE", "公海里的好客户", "A treasure in the pool",
        "穗溪制药因原负责人离职进入公海，过去每年采购近百万元，又在扩建车间，值得领取。",
        "Suixi Pharma fell into the pool when its rep left; it bought for nearly a million a year and is expanding.",
        (15,),
    ),
    (
        "RECYCLE_SOON", "即将回收", "About to be recycled",
        "翊程纺织已 83 天没有联系，再过 7 天就会被收回公海。",
        "Nobody has spoken to Yicheng Textiles for 83 days; in 7 days it returns to the public pool.",
        (16,),
    ),
    (
        "GOVERNMENT_BODY", "政府机构客户", "A government body",
        "澄浦市智能制造公共实训中心按预算和招标采购，决策链与企业客户不同。",
        "The public training centre of Chengpu buys by budget and tender; its decisions run unlike a firm's.",
        (17,),
    ),
    (
        "INCENTIVE_WITHOUT_RETURN", "优惠翻倍，毛利没动", "Incentive doubled, profit did not",
        "岱航包装的返利从 5 万元加到 10 万元，毛利只从 40 万元增到 41 万元。",
        "The rebate of Daihang Packaging went from 50,000 to 100,000 yuan, its gross profit from 400,000 to 410,000.",
        (18,),
    ),
    (
        "HALF_A_DOSSIER", "档案缺一半", "Half a dossier",
        "霁桐新材料合作三年，背景资料八项只填了四项，竞争对手一无所知。",
        "After three years with Jitong Materials, four of eight dossier fields are empty and the rivals are unknown.",
        (19,),
    ),
    (
        "NOMINATION_WAITS", "大客户提名待审批", "A nomination waits",
        "铄桐电子刚被提名为大客户，正在等待销售总监审批。",
        "Shuotong Electronics has just been nominated as a key account and waits for the sales director.",
        (20,),
    ),
)  # fmt: skip

STORIES: tuple[Story, ...] = tuple(
    Story(
        code=code,
        title=title,
        title_en=title_en,
        sentence=sentence,
        sentence_en=sentence_en,
        accounts=tuple(_code(number) for number in numbers),
    )
    for code, title, title_en, sentence, sentence_en, numbers in _STORIES
)
STORY_ACCOUNTS = {story.code: story.accounts for story in STORIES}


def _wan(first: float, second: float, third: float) -> tuple[int, int, int]:
    return (round(first * WAN), round(second * WAN), round(third * WAN))


def _draft(
    number: int,
    story: str,
    names: tuple[str, str, str, str],
    place: tuple[str, str],
    owner: str | None,
    revenue: tuple[int, int, int],
    orders: tuple[int, int, int],
    **more: object,
) -> Draft:
    name, short_name, english_name, brand = names
    city, industry = place
    return Draft(
        code=_code(number),
        name=name,
        short_name=short_name,
        english_name=english_name,
        brand=brand,
        city=CITY_BY_NAME[city],
        industry=industry,
        owner=owner,
        revenue=revenue,
        orders=orders,
        story=story,
        **more,  # type: ignore[arg-type]
    )


def story_drafts() -> list[Draft]:
    """The twenty accounts of the stories. The giant's revenue is set last, when that of all others is known."""
    return [make() for make in (_giant, _margin_eater)] + _group() + _singles()


def _giant() -> Draft:
    return _draft(
        1, "GIANT_GOES_QUIET",
        ("沧陵重工集团有限公司", "沧陵重工", "Cangling Heavy Industries Group", "cangling-heavy"),
        ("沧陵", "MACHINERY"), "zhoumin", (0, 0, 0), (0, 0, 0),
        collaborators=("chenqizhou", "tianyuanbo"), tags=("战略行业", "设备更新", "多厂区"), employees=6_800,
        turnover_wan=1_260_000, founded_years=37, influence=78, term_days=60, habit="USUAL", discount=0.09,
        margins=(0.316, 0.309, 0.296), dossier_fields=8, rival="MINGQI",
        key_reason="占公司收入约两成，产线改造与备件需求稳定，同行都看它的选择。",
    )  # fmt: skip


def _margin_eater() -> Draft:
    return _draft(
        2, "MARGIN_EATER",
        ("百廪工业品连锁有限公司", "百廪工业品", "Bailin Industrial Supply Chain", "bailin-supply"),
        ("岭湾", "DISTRIBUTION"), "caiyike", _wan(430, 470, 500), (62, 68, 72),
        tags=("量大利薄", "年框协议", "价格敏感"), employees=2_300, turnover_wan=480_000, founded_years=14,
        influence=55, term_days=90, habit="DISPUTE", discount=0.27, margins=(0.043, 0.041, 0.040), dossier_fields=7,
        rival="TUOHENG", mix={"SPARE": 0.7, "CONTROL": 0.3},
        key_reason="备件采购量全公司第一，门店覆盖华南各工业园，带动品牌露出。",
    )  # fmt: skip


def _group() -> list[Draft]:
    members = (
        (3, "岚崧控股集团有限公司", "岚崧集团", "Lansong Holding Group", "lansong", "浣州", "AUTO_PARTS",
         "zhoumin", None, _wan(40, 45, 52), (5, 5, 6), 420),
        (4, "岚崧汽车部件有限公司", "岚崧汽配", "Lansong Auto Parts", "lansong-auto", "浣州", "AUTO_PARTS",
         "zhoumin", 3, _wan(70, 80, 86), (20, 22, 24), 1_900),
        (5, "岚崧电子科技有限公司", "岚崧电子", "Lansong Electronics", "lansong-elec", "岭湾", "ELECTRONICS",
         "pengliheng", 3, _wan(50, 56, 70), (16, 18, 20), 960),
        (6, "岚崧新材料有限公司", "岚崧新材", "Lansong New Materials", "lansong-mat", "燕陵", "CHEMICAL",
         "jianianhe", 3, _wan(30, 32, 30), (10, 11, 10), 540),
        (7, "岚崧底盘系统有限公司", "岚崧底盘", "Lansong Chassis Systems", "lansong-chassis", "澄浦", "AUTO_PARTS",
         "zhoumin", 4, _wan(25, 30, 28), (9, 10, 10), 610),
        (8, "岚崧轻量化部件有限公司", "岚崧轻量化", "Lansong Lightweight Parts", "lansong-light", "栖原", "METAL",
         "zhoumin", 4, _wan(0, 12, 30), (0, 5, 11), 230),
    )  # fmt: skip
    return [
        _draft(
            number, "GROUP_TREE", (name, short, english, brand), (city, industry), owner, revenue, orders,
            parent=_code(parent) if parent else None, employees=employees, turnover_wan=employees * 95,
            founded_years=22 - number, influence=60 if parent is None else 35, tags=("集团客户",), rival="HUANYAN",
            dossier_fields=7 if parent is None else 5, discount=0.07, may_be_key=parent is None,
            key_reason="集团五家公司合计采购近三百万元，总部正在推进统一选型。" if parent is None else "",
        )
        for number, name, short, english, brand, city, industry, owner, parent, revenue, orders, employees in members
    ]  # fmt: skip


def _singles() -> list[Draft]:
    makers: tuple[Callable[[], list[Draft]], ...] = (_star_to_slip, _pair_and_pool, _body_to_nominee)
    return [draft for make in makers for draft in make()]


def _star_to_slip() -> list[Draft]:
    return [
        _draft(
            9, "RISING_STAR",
            ("珠浦曜粟新能源有限公司", "曜粟新能源", "Yaosu New Energy", "yaosu"),
            ("珠浦", "BATTERY"), "hezhongyan", _wan(60, 96, 153.6), (10, 15, 22), collaborators=("xialingzhi",),
            tags=("扩产", "专精特新"), employees=880, turnover_wan=92_000, founded_years=6, influence=48,
            habit="PROMPT", margins=(0.33, 0.335, 0.34), dossier_fields=8, rival="LANGSHU",
            key_reason="连续两年增长六成，新基地今年投产，正处在选定长期供应商的窗口。",
        ),
        _draft(
            10, "STANDARD_SETTER",
            ("经纬台智能装备标准研究院", "经纬台研究院", "Jingweitai Equipment Standards Institute", "jingweitai"),
            ("燕陵", "PUBLIC"), "baizhiwei", _wan(22, 24, 25), (4, 5, 5), kind="52", tags=("标准制定", "行业影响"),
            employees=160, turnover_wan=6_200, founded_years=19, influence=92, habit="PROMPT", discount=0.22,
            margins=(0.02, 0.017, 0.015), dossier_fields=7, mix={"EQUIPMENT": 0.3, "CONTROL": 0.3, "SERVICE": 0.4},
            key_reason="牵头编写行业标准，指定我方设备为验证平台；不赚钱，但说话有人听。",
        ),
        _draft(
            11, "ONE_OFF_PROJECT",
            ("珠浦潮信轨道装备有限公司", "潮信轨道", "Chaoxin Rail Equipment", "chaoxin-rail"),
            ("珠浦", "MACHINERY"), "pengliheng", _wan(0, 580, 0), (0, 1, 0), tags=("项目型", "偶发采购"),
            employees=1_450, turnover_wan=230_000, founded_years=16, influence=52, term_days=60, habit="PART",
            discount=0.05, margins=(0.38, 0.38, 0.38), dossier_fields=6, rival="BEIDUO", contact_gap=46,
            mix={"EQUIPMENT": 0.55, "SOFTWARE": 0.45},
            key_reason="单个项目毛利两百多万元，下一期规划尚在论证，要把偶发变成长期。",
        ),
        _draft(
            12, "PAYMENTS_SLIP",
            ("燕陵朔桓食品有限公司", "朔桓食品", "Shuohuan Foods", "shuohuan"),
            ("燕陵", "FOOD"), "jianianhe", _wan(130, 140, 150), (24, 25, 26), tags=("老客户", "应收关注"),
            employees=1_120, turnover_wan=78_000, founded_years=18, influence=38, habit="SLIPPING",
            margins=(0.27, 0.268, 0.262), dossier_fields=6, rival="TUOHENG", may_be_key=False,
        ),
    ]  # fmt: skip


def _pair_and_pool() -> list[Draft]:
    return [
        _draft(
            13, "DUPLICATE_PAIR",
            ("砺棠精密机械有限公司", "砺棠精密", "Litang Precision Machinery", "litang"),
            ("浣州", "METAL"), "chenqizhou", _wan(55, 60, 58), (15, 16, 16), tags=("老客户",), employees=320,
            turnover_wan=21_000, founded_years=13, influence=34, dossier_fields=6, rival="MINGQI", may_be_key=False,
        ),
        _draft(
            14, "DUPLICATE_PAIR",
            ("砺棠精密机械（浣州市）有限公司", "砺棠机械", "Litang Precision Machinery (Huanzhou)", "litang"),
            ("浣州", "MACHINERY"), "yehanyin", _wan(0, 14, 18), (0, 4, 6), has_credit_code=False, employees=300,
            influence=30, dossier_fields=3, may_be_key=False,
        ),
        _draft(
            15, "POOL_TREASURE",
            ("桂泽穗溪制药有限公司", "穗溪制药", "Suixi Pharmaceutical", "suixi"),
            ("桂泽", "PHARMA"), None, _wan(85, 95, 30), (14, 15, 5), previous_owner="handuanbo", pooled_days=38,
            pool_reason="原负责人离职", tags=("扩产", "值得领取"), employees=1_260, turnover_wan=91_000,
            founded_years=21, influence=57, habit="PROMPT", silent_days=240, contact_gap=40, dossier_fields=7,
            rival="HUANYAN", may_be_key=False,
        ),
        _draft(
            16, "RECYCLE_SOON",
            ("晋泽翊程纺织有限公司", "翊程纺织", "Yicheng Textiles", "yicheng"),
            ("晋泽", "TEXTILE"), "jianianhe", _wan(20, 16, 6), (7, 6, 2), employees=260, turnover_wan=12_000,
            founded_years=11, influence=22, silent_days=205, contact_gap=RECYCLE_CONTACT_GAP, dossier_fields=4,
            may_be_key=False,
        ),
    ]  # fmt: skip


def _body_to_nominee() -> list[Draft]:
    return [
        _draft(
            17, "GOVERNMENT_BODY",
            ("澄浦市智能制造公共实训中心", "澄浦实训中心", "Chengpu Public Training Centre", "chengpu-training"),
            ("澄浦", "PUBLIC"), "renshuyan", _wan(60, 90, 110), (4, 5, 6), form="GOVERNMENT", kind="12",
            tags=("招标采购", "财政资金"), employees=140, founded_years=7, influence=66, term_days=60, habit="LATE",
            margins=(0.29, 0.29, 0.285), dossier_fields=6, rival="BEIDUO",
            mix={"EQUIPMENT": 0.4, "SOFTWARE": 0.3, "SERVICE": 0.3}, may_be_key=False,
        ),
        _draft(
            18, "INCENTIVE_WITHOUT_RETURN",
            ("岭湾岱航包装有限公司", "岱航包装", "Daihang Packaging", "daihang"),
            ("岭湾", "PACKAGING"), "weiruotang", _wan(160, 164, 167), (28, 30, 30), tags=("返利协议", "价格敏感"),
            employees=690, turnover_wan=46_000, founded_years=15, influence=40, habit="USUAL", discount=0.12,
            gross_profits=(395_000, 400_000, 410_000), dossier_fields=7, rival="TUOHENG",
            key_reason="华南包装行业采购量居前，需求连续稳定，已签年度返利协议。",
        ),
        _draft(
            19, "HALF_A_DOSSIER",
            ("冀岚霁桐新材料有限公司", "霁桐新材", "Jitong New Materials", "jitong"),
            ("冀岚", "CHEMICAL"), "baizhiwei", _wan(45, 50, 48), (12, 13, 12), employees=None, turnover_wan=None,
            influence=30, dossier_fields=4, may_be_key=False,
        ),
        _draft(
            20, "NOMINATION_WAITS",
            ("栖原铄桐电子有限公司", "铄桐电子", "Shuotong Electronics", "shuotong"),
            ("栖原", "ELECTRONICS"), "yehanyin", _wan(90, 105, 128), (18, 21, 24), collaborators=("zhoumin",),
            tags=("扩产", "技改"), employees=1_380, turnover_wan=120_000, founded_years=12, influence=58,
            habit="PROMPT", margins=(0.38, 0.385, 0.39), dossier_fields=8, rival="LANGSHU", may_be_key=False,
            mix={"SOFTWARE": 0.55, "SERVICE": 0.15, "CONTROL": 0.15, "EQUIPMENT": 0.1, "SPARE": 0.05},
            key_reason="三年采购持续上升，高利产品占四成，愿意签三年合作协议。",
        ),
    ]  # fmt: skip
