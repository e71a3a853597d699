"""Invented names: people, firms, cities, addresses, telephone numbers, mail addresses and credit codes.

Nothing here exists. Cities are invented; telephone area codes and mobile prefixes are ones no operator has been given
(154, 194); mail and web addresses end in `.example`; the registry digits of the credit codes belong to no place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class City:
    name: str
    english: str
    province: str
    region: str
    phone_area: str
    registry: str  # six digits used in the credit code


CITIES: tuple[City, ...] = (
    City("浣州", "Huanzhou", "江苏省", "EAST", "0501", "329601"),
    City("澄浦", "Chengpu", "江苏省", "EAST", "0502", "329702"),
    City("沧陵", "Cangling", "浙江省", "EAST", "0503", "339601"),
    City("栖原", "Qiyuan", "安徽省", "EAST", "0504", "349601"),
    City("岭湾", "Lingwan", "广东省", "SOUTH", "0761", "449601"),
    City("珠浦", "Zhupu", "广东省", "SOUTH", "0764", "449702"),
    City("桂泽", "Guize", "广西壮族自治区", "SOUTH", "0767", "459601"),
    City("琼岬", "Qiongjia", "海南省", "SOUTH", "0769", "469801"),
    City("燕陵", "Yanling", "河北省", "NORTH", "0301", "139601"),
    City("冀岚", "Jilan", "河北省", "NORTH", "0302", "139702"),
    City("晋泽", "Jinze", "山西省", "NORTH", "0303", "149601"),
    City("朔宁", "Shuoning", "内蒙古自治区", "NORTH", "0304", "159601"),
)
CITY_BY_NAME = {city.name: city for city in CITIES}


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((pair[0], pair[2:]) for pair in text.split())


_SURNAMES = _pairs(
    "王:Wang 李:Li 张:Zhang 刘:Liu 陈:Chen 杨:Yang 黄:Huang 赵:Zhao 吴:Wu 周:Zhou 徐:Xu 孙:Sun 马:Ma 朱:Zhu "
    "胡:Hu 郭:Guo 何:He 林:Lin 罗:Luo 高:Gao 郑:Zheng 梁:Liang 谢:Xie 宋:Song 唐:Tang 许:Xu 邓:Deng 韩:Han "
    "冯:Feng 曹:Cao 彭:Peng 曾:Zeng 萧:Xiao 田:Tian 董:Dong 潘:Pan 袁:Yuan 蔡:Cai 蒋:Jiang 余:Yu 杜:Du 叶:Ye "
    "程:Cheng 魏:Wei 苏:Su 吕:Lyu 丁:Ding 任:Ren 卢:Lu 姚:Yao 沈:Shen 钟:Zhong 姜:Jiang 崔:Cui 谭:Tan 陆:Lu "
    "范:Fan 汪:Wang 廖:Liao 石:Shi 金:Jin 贾:Jia 夏:Xia 韦:Wei 方:Fang 邹:Zou 熊:Xiong 白:Bai 孟:Meng 秦:Qin"
)

_MALE_FIRST = _pairs("立:li 承:cheng 书:shu 景:jing 启:qi 明:ming 绍:shao 延:yan 仲:zhong 元:yuan 怀:huai 守:shou 敬:jing 伯:bo")
_MALE_SECOND = _pairs("群:qun 衡:heng 川:chuan 砚:yan 柏:bai 钧:jun 岩:yan 舟:zhou 恒:heng 禾:he 远:yuan 槐:huai 铮:zheng 庭:ting")
_FEMALE_FIRST = _pairs("静:jing 若:ruo 书:shu 清:qing 映:ying 素:su 婉:wan 亦:yi 念:nian 知:zhi 佩:pei 晓:xiao 令:ling 含:han")
_FEMALE_SECOND = _pairs("岚:lan 宁:ning 蓉:rong 荷:he 秋:qiu 澜:lan 珂:ke 筠:yun 棠:tang 音:yin 芷:zhi 微:wei 霏:fei 瑜:yu")

_BRAND_FIRST = _pairs(
    "砚:yan 崧:song 岱:dai 朔:shuo 翊:yi 骐:qi 铄:shuo 珩:heng 琅:lang 峥:zheng 衍:yan 蕴:yun 榆:yu 槿:jin 霁:ji "
    "煦:xu 穗:sui 粟:su 翎:ling 砺:li 钰:yu 昱:yu 澹:dan 筱:xiao 笙:sheng 翮:he 璟:jing 浔:xun 栎:li 沅:yuan"
)
_BRAND_SECOND = _pairs(
    "岳:yue 庭:ting 程:cheng 舟:zhou 陵:ling 铭:ming 岭:ling 溪:xi 拓:tuo 钧:jun 桥:qiao 杉:shan 桓:huan 沛:pei "
    "朗:lang 维:wei 衡:heng 垣:yuan 桐:tong 禹:yu"
)
# Pairs that read like a well-known firm are never drawn.
_AVOIDED = frozenset(
    ("钰铭", "昱铭", "璟铭", "砺维", "朔维", "煦维", "沅陵", "浔溪", "岱岳", "衍维", "铄钧", "铄铭", "昱拓")
    # and these belong to the stories
    + ("朔桓", "霁桐", "铄桐", "翊程", "穗溪")
)

# Industry -> (words of the firm's name, short word, English words).
FIRM_WORDS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "AUTO_PARTS": (
        ("汽车部件", "汽配", "Auto Parts"),
        ("底盘科技", "底盘", "Chassis Technology"),
        ("车灯", "车灯", "Vehicle Lighting"),
    ),
    "MACHINERY": (
        ("机械制造", "机械", "Machinery"),
        ("重型装备", "重装", "Heavy Equipment"),
        ("液压科技", "液压", "Hydraulics"),
    ),
    "ELECTRONICS": (
        ("电子科技", "电子", "Electronics"),
        ("线路板", "线路板", "Circuit Boards"),
        ("光电", "光电", "Optoelectronics"),
    ),
    "APPLIANCE": (
        ("电器", "电器", "Appliances"),
        ("厨卫科技", "厨卫", "Kitchen Systems"),
        ("制冷设备", "制冷", "Refrigeration"),
    ),
    "FOOD": (
        ("食品", "食品", "Foods"),
        ("饮料", "饮料", "Beverages"),
        ("乳业", "乳业", "Dairy"),
    ),
    "PHARMA": (
        ("制药", "制药", "Pharmaceutical"),
        ("医疗器械", "医械", "Medical Devices"),
        ("生物科技", "生物", "Biotech"),
    ),
    "CHEMICAL": (
        ("新材料", "新材", "New Materials"),
        ("涂料", "涂料", "Coatings"),
        ("精细化工", "化工", "Fine Chemicals"),
    ),
    "TEXTILE": (
        ("纺织", "纺织", "Textiles"),
        ("服饰", "服饰", "Apparel"),
        ("家纺", "家纺", "Home Textiles"),
    ),
    "BATTERY": (
        ("新能源", "新能源", "New Energy"),
        ("储能科技", "储能", "Energy Storage"),
    ),
    "METAL": (
        ("精密铸造", "铸造", "Precision Casting"),
        ("五金制品", "五金", "Hardware"),
        ("金属科技", "金属", "Metals"),
    ),
    "PACKAGING": (
        ("包装", "包装", "Packaging"),
        ("印务", "印务", "Printing"),
    ),
    "DISTRIBUTION": (
        ("工业品贸易", "工贸", "Industrial Supply"),
        ("机电设备", "机电", "Electromechanical Trading"),
    ),
    "PUBLIC": (("产业技术研究院", "产研院", "Industrial Technology Institute"),),
}

_DISTRICTS = ("高新区", "经济开发区", "临港产业园", "城北工业区", "智造小镇", "南岸新区", "科创园")
_ROADS = ("砺剑路", "锦程大道", "青鸾路", "望潮路", "惠风路", "匠心路", "云帆路", "长垣路", "百炼路", "知远路")

# GB 32100-2015: 0-9 and the capitals without I, O, S, V, Z; weights are the powers of 3 modulo 31.
_CODE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CODE_VALUE = {char: value for value, char in enumerate(_CODE_ALPHABET)}
_CODE_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
# GB 11714-1997, the nine-character organisation code inside it (modulus 11; here 0-9 and A-Z count 0 to 35).
_ORGANISATION_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def credit_code_check(body: str) -> str:
    """The check character for the first 17 characters of a 统一社会信用代码 (MOD 31-3)."""
    total = sum(_CODE_VALUE[char] * weight for char, weight in zip(body, _CODE_WEIGHTS, strict=True))
    return _CODE_ALPHABET[(31 - total % 31) % 31]


def organisation_check(body: str) -> str:
    """The check character for the first eight characters of an organisation code."""
    total = sum(_ORGANISATION_ALPHABET.index(char) * weight for char, weight in zip(body, _ORGANISATION_WEIGHTS, strict=True))
    remainder = 11 - total % 11
    return {10: "X", 11: "0"}.get(remainder, str(remainder))


def is_credit_code(code: str) -> bool:
    """True for 18 characters of the alphabet whose last one is right."""
    return len(code) == 18 and all(char in _CODE_VALUE for char in code) and credit_code_check(code[:17]) == code[17]


def credit_code(*, kind: str, registry: str, serial: int) -> str:
    """A valid code for a serial number; the organisation part starts with XX, which no registry gives out."""
    organisation = f"XX{serial:06d}"
    body = f"{kind}{registry}{organisation}{organisation_check(organisation)}"
    return body + credit_code_check(body)


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    english: str
    mail: str  # local part
    gender: str


class Inventor:
    """Draws names from one random source and never gives out the same one twice."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._people: set[str] = set()
        self._mobiles: set[str] = set()
        self._brands: Iterator[tuple[str, str]] = iter(self._shuffled_brands())
        self._landlines = 0

    def _shuffled_brands(self) -> Sequence[tuple[str, str]]:
        brands = [
            (first + second, first_spelt + second_spelt)
            for first, first_spelt in _BRAND_FIRST
            for second, second_spelt in _BRAND_SECOND
            if first + second not in _AVOIDED
        ]
        self._rng.shuffle(brands)
        seen: set[str] = set()  # a spelling once only, for the web addresses
        return [brand for brand in brands if not (brand[1] in seen or seen.add(brand[1]))]  # type: ignore[func-returns-value]

    def brand(self) -> tuple[str, str]:
        """An invented brand of two characters and its pinyin."""
        return next(self._brands)

    def reserve(self, name: str) -> None:
        """Keep a name that was chosen by hand from being drawn."""
        self._people.add(name)

    def person(self) -> Person:
        rng = self._rng
        while True:
            surname, spelt = rng.choice(_SURNAMES)
            is_male = rng.random() < 0.62
            firsts, seconds = (_MALE_FIRST, _MALE_SECOND) if is_male else (_FEMALE_FIRST, _FEMALE_SECOND)
            first, second = rng.choice(firsts), rng.choice(seconds)
            name = surname + first[0] + second[0]
            if name in self._people or first[0] == second[0]:
                continue
            self._people.add(name)
            given = first[1] + second[1]
            return Person(name, f"{given.capitalize()} {spelt}", f"{given}.{spelt.lower()}", "MALE" if is_male else "FEMALE")

    def mobile(self) -> str:
        while True:
            number = f"{self._rng.choice(('154', '194'))}0000{self._rng.randrange(10_000):04d}"
            if number not in self._mobiles:
                self._mobiles.add(number)
                return number

    def landline(self, area: str) -> str:
        """No local number starts with 00, so nobody answers."""
        self._landlines += 1
        return f"{area}-00{(self._landlines * 7919) % 1_000_000:06d}"

    def address(self, city: City) -> str:
        rng = self._rng
        return f"{city.province}{city.name}市{rng.choice(_DISTRICTS)}{rng.choice(_ROADS)}{rng.randint(1, 399)}号"
