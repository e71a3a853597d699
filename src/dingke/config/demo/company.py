"""The selling company: its team tree, users of every role, territories, regions, industries and rivals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from random import Random

from dingke.config.demo.names import CITIES, CITY_BY_NAME, Inventor, credit_code
from dingke.config.demo.records import Company, Competitor, Industry, Region, Team, Territory, User
from dingke.config.demo.workdays import on_or_after, years_before

MAIL_DOMAIN = "zhuheng.example"

REGIONS: tuple[Region, ...] = tuple(
    Region(
        code=code,
        name=name,
        name_en=name_en,
        provinces=tuple(dict.fromkeys(city.province for city in CITIES if city.region == code)),
    )
    for code, name, name_en in (
        ("EAST", "华东", "East China"),
        ("SOUTH", "华南", "South China"),
        ("NORTH", "华北", "North China"),
    )
)

INDUSTRIES: tuple[Industry, ...] = tuple(
    Industry(code=code, name=name, name_en=name_en)
    for code, name, name_en in (
        ("AUTO_PARTS", "汽车零部件", "Auto parts"),
        ("MACHINERY", "装备制造", "Machinery"),
        ("ELECTRONICS", "电子制造", "Electronics"),
        ("APPLIANCE", "家用电器", "Appliances"),
        ("BATTERY", "新能源电池", "Batteries"),
        ("METAL", "金属加工", "Metalworking"),
        ("FOOD", "食品饮料", "Food and beverage"),
        ("PHARMA", "医药", "Pharmaceuticals"),
        ("CHEMICAL", "化工材料", "Chemicals"),
        ("TEXTILE", "纺织服装", "Textiles"),
        ("PACKAGING", "包装印刷", "Packaging and printing"),
        ("DISTRIBUTION", "工业品流通", "Industrial distribution"),
        ("PUBLIC", "公共机构", "Public bodies"),
    )
)
DISCRETE = ("AUTO_PARTS", "MACHINERY", "ELECTRONICS", "APPLIANCE", "BATTERY", "METAL")
PROCESS = ("FOOD", "PHARMA", "CHEMICAL", "TEXTILE", "PACKAGING", "DISTRIBUTION", "PUBLIC")

TEAMS: tuple[Team, ...] = tuple(
    Team(code=code, name=name, name_en=name_en, parent=parent, leader=leader)
    for code, name, name_en, parent, leader in (
        ("HQ", "铸衡智造", "Zhuheng", None, "shenyanting"),
        ("EAST", "华东大区", "East China", "HQ", "lujingheng"),
        ("SOUTH", "华南大区", "South China", "HQ", "tanqingqiu"),
        ("NORTH", "华北大区", "North China", "HQ", "mengbohuai"),
        ("EAST-1", "华东一组（离散制造）", "East team 1, discrete", "EAST", "zhoumin"),
        ("EAST-2", "华东二组（流程与消费）", "East team 2, process", "EAST", "xusuning"),
        ("SOUTH-1", "华南一组（离散制造）", "South team 1, discrete", "SOUTH", "hezhongyan"),
        ("SOUTH-2", "华南二组（流程与消费）", "South team 2, process", "SOUTH", "caiyike"),
        ("NORTH-1", "华北一组（离散制造）", "North team 1, discrete", "NORTH", "qinshouchuan"),
        ("NORTH-2", "华北二组（流程与消费）", "North team 2, process", "NORTH", "baizhiwei"),
    )
)

# username, name, English name, role, team, title, years with the company
_USERS: tuple[tuple[str, str, str, str, str, str, int], ...] = (
    ("shenyanting", "沈延庭", "Shen Yanting", "DIRECTOR", "HQ", "总经理", 11),
    ("fangjinglan", "方静岚", "Fang Jinglan", "DIRECTOR", "HQ", "销售总监", 9),
    ("lujingheng", "陆景衡", "Lu Jingheng", "SALES_MANAGER", "EAST", "华东大区经理", 8),
    ("tanqingqiu", "谭清秋", "Tan Qingqiu", "SALES_MANAGER", "SOUTH", "华南大区经理", 7),
    ("mengbohuai", "孟伯槐", "Meng Bohuai", "SALES_MANAGER", "NORTH", "华北大区经理", 8),
    ("zhoumin", "周敏", "Zhou Min", "KEY_ACCOUNT_MANAGER", "EAST-1", "大客户经理", 6),
    ("xusuning", "许素宁", "Xu Suning", "KEY_ACCOUNT_MANAGER", "EAST-2", "大客户经理", 5),
    ("hezhongyan", "何仲岩", "He Zhongyan", "KEY_ACCOUNT_MANAGER", "SOUTH-1", "大客户经理", 6),
    ("caiyike", "蔡亦珂", "Cai Yike", "KEY_ACCOUNT_MANAGER", "SOUTH-2", "大客户经理", 4),
    ("qinshouchuan", "秦守川", "Qin Shouchuan", "KEY_ACCOUNT_MANAGER", "NORTH-1", "大客户经理", 7),
    ("baizhiwei", "白知微", "Bai Zhiwei", "KEY_ACCOUNT_MANAGER", "NORTH-2", "大客户经理", 4),
    ("chenqizhou", "陈启舟", "Chen Qizhou", "REP", "EAST-1", "销售工程师", 4),
    ("yehanyin", "叶含音", "Ye Hanyin", "REP", "EAST-1", "销售工程师", 3),
    ("renshuyan", "任书砚", "Ren Shuyan", "REP", "EAST-2", "销售代表", 3),
    ("pengliheng", "彭立恒", "Peng Liheng", "REP", "SOUTH-1", "销售工程师", 4),
    ("weiruotang", "韦若棠", "Wei Ruotang", "REP", "SOUTH-2", "销售代表", 3),
    ("shimingyuan", "石明远", "Shi Mingyuan", "REP", "NORTH-1", "销售工程师", 5),
    ("jianianhe", "贾念荷", "Jia Nianhe", "REP", "NORTH-2", "销售代表", 3),
    ("tianyuanbo", "田元柏", "Tian Yuanbo", "SERVICE", "EAST", "服务主管", 6),
    ("xialingzhi", "夏令芷", "Xia Lingzhi", "SERVICE", "SOUTH", "客户成功工程师", 4),
    ("wangpeirong", "汪佩蓉", "Wang Peirong", "FINANCE", "HQ", "财务经理", 10),
    ("zouxiaoyu", "邹晓瑜", "Zou Xiaoyu", "FINANCE", "HQ", "应收会计", 4),
    ("gaoshaojun", "高绍钧", "Gao Shaojun", "ADMINISTRATOR", "HQ", "系统管理员", 5),
    ("jiangyinglan", "姜映澜", "Jiang Yinglan", "READ_ONLY", "HQ", "内部审计", 4),
)
# He left: his accounts went to the public pool.
FORMER = ("handuanbo", "韩端柏", "Han Duanbo", "REP", "SOUTH-2", "销售代表", 4)

COMPETITORS: tuple[Competitor, ...] = tuple(
    Competitor(code=code, name=name, name_en=name_en, strength=strength, weakness=weakness)
    for code, name, name_en, strength, weakness in (
        ("MINGQI", "铭骐自动化", "Mingqi Automation", "整线设备价格低，交期短", "软件要外购，售后靠代理商"),
        ("HUANYAN", "寰砚软件", "Huanyan Software", "制造执行软件功能全，顾问多", "不做设备，二次开发收费高"),
        ("TUOHENG", "拓珩机电", "Tuoheng Electromechanical", "备件库存足，当天发货", "技术支持弱，没有方案能力"),
        ("LANGSHU", "琅枢工业互联", "Langshu Industrial Link", "云平台演示好看，免费试用", "离线不可用，现场案例少"),
        ("BEIDUO", "贝铎系统（外资）", "Beiduo Systems", "品牌响，总部采购认可", "价格高，响应按工单排队"),
    )
)


@dataclass(frozen=True, slots=True)
class Staff:
    """Everybody on the selling side."""

    company: Company
    users: tuple[User, ...]
    territories: tuple[Territory, ...]

    def key_account_manager(self, team: str) -> str:
        return next(user.username for user in self.users if user.team == team and user.role == "KEY_ACCOUNT_MANAGER")

    def reps(self, team: str) -> list[str]:
        return [user.username for user in self.users if user.team == team and user.role == "REP" and user.is_active]


def team_for(region: str, industry: str) -> str:
    """The team whose territory holds an industry of a region."""
    return f"{region}-{1 if industry in DISCRETE else 2}"


def manager_of(region: str) -> str:
    """The sales manager of a region."""
    return next(team.leader for team in TEAMS if team.code == region and team.leader)


def build_staff(rng: Random, inventor: Inventor, today: date) -> Staff:
    users = []
    for username, name, english, role, team_code, title, years in (*_USERS, FORMER):
        inventor.reserve(name)
        joined = years_before(today, years).replace(day=1, month=rng.randint(1, 9))
        users.append(
            User(
                username=username,
                name=name,
                english_name=english,
                role=role,
                team=team_code,
                title=title,
                email=f"{username}@{MAIL_DOMAIN}",
                mobile=inventor.mobile(),
                joined_date=on_or_after(joined),
                is_active=username != FORMER[0],
            )
        )
    home = CITY_BY_NAME["浣州"]
    company = Company(
        name="浣州铸衡智造科技股份有限公司",
        short_name="铸衡智造",
        english_name="Zhuheng Intelligent Manufacturing Co., Ltd.",
        credit_code=credit_code(kind="91", registry=home.registry, serial=1),
        address="江苏省浣州市智造小镇匠心路66号",
        phone=inventor.landline(home.phone_area),
        website=f"https://www.{MAIL_DOMAIN}",
        business="工业自动化设备、制造执行软件、备件与服务",
    )
    region_names = {region.code: region for region in REGIONS}
    territories = []
    for team in TEAMS:
        if "-" not in team.code:
            continue
        region = region_names[team.code.split("-")[0]]
        is_discrete = team.code.endswith("1")
        territories.append(
            Territory(
                code=f"T-{team.code}",
                name=f"{region.name}·{'离散制造' if is_discrete else '流程与消费'}",
                name_en=f"{region.name_en}, {'discrete' if is_discrete else 'process and consumer'}",
                region=region.code,
                industries=DISCRETE if is_discrete else PROCESS,
                team=team.code,
                members=tuple(user.username for user in users if user.team == team.code and user.is_active),
            )
        )
    return Staff(company, tuple(users), tuple(territories))
