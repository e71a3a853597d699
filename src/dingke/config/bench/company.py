"""The synthetic company: invented Chinese names, one fixed seed, every table that a page reads filled.

Revenue follows a long tail, as customer bases have it: few accounts carry most of the turnover. Nothing here exists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from random import Random
from typing import Any

from django.contrib.auth.hashers import make_password

from dingke.accounts.calc.names import normalise_company_name
from dingke.accounts.models import (
    Account,
    AccountTag,
    Collaborator,
    Contact,
    ContactJob,
    ContactWay,
    DossierEntry,
    Favourite,
    KeyDate,
    Note,
    OwnershipChange,
    RecentView,
    SearchEntry,
    StageChange,
    Tag,
    Todo,
)
from dingke.config.bench.loading import Loader, Row
from dingke.core import lists
from dingke.core.models import AuditEntry, ListItem
from dingke.core.search_keys import all_terms, pinyin_sort_key
from dingke.ledger.models import Order, OrderLine, Payment, Product, Receivable
from dingke.people.calc import Role
from dingke.people.models import Team, User

SEED = 20260930
TEAMS = 10
PER_TEAM = 10
DIRECTOR, ADMINISTRATOR, FIRST_LEADER = 1, 2, 3
MARK = "bench"
Tell = Callable[[int, int | None, str], object]


@dataclass(frozen=True)
class Size:
    accounts: int = 100_000
    contacts: int = 300_000
    orders: int = 1_000_000
    imported: int = 100_000

    @property
    def rows(self) -> int:
        return self.accounts + self.contacts + self.orders


FULL = Size()
QUICK = Size(accounts=1_000, contacts=3_000, orders=10_000, imported=500)

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许邓韩冯曹彭曾萧田董"
    "潘袁蔡蒋余杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金贾夏韦方邹熊白孟秦"
)
GIVEN = "立承书景启明绍延仲元怀守敬伯群衡川砚柏钧岩舟恒禾远槐铮庭静若清映素婉亦念知佩晓令含岚宁蓉荷秋澜珂筠棠音芷微霏瑜"
BRAND = "砚崧岱朔翊骐铄珩琅峥衍蕴榆槿霁煦穗粟翎砺钰昱澹筱笙翮璟浔栎沅岳庭程舟陵铭岭溪拓钧桥杉桓沛朗维衡垣桐禹"
CITIES = ("浣州", "澄浦", "沧陵", "栖原", "岭湾", "珠浦", "桂泽", "琼岬", "燕陵", "冀岚", "晋泽", "朔宁")
TRADES = (
    "汽车部件",
    "精密机械",
    "电子科技",
    "医疗器械",
    "新材料",
    "食品",
    "化工",
    "物流",
    "建筑工程",
    "能源设备",
    "纺织",
    "包装",
    "信息技术",
    "仪器仪表",
    "环保科技",
    "轨道装备",
)
FORMS = ("有限公司", "股份有限公司", "集团有限公司", "有限责任公司")
TITLES = ("采购经理", "总经理", "技术总监", "设备主管", "财务经理", "生产厂长", "项目经理", "采购员")
FAMILIES = ("控制系统", "传感器", "执行机构", "备件", "服务")
FACTS = ("需求预算清楚，年底前定标。", "决策人关注交付周期。", "对现有供应商的售后不满。", "计划扩建二期产线。")
STAGES = ("POTENTIAL", "NEW", "GROWING", "MATURE", "DECLINING")


def account_name(number: int) -> str:
    """A name of its own for every number up to some eight million."""
    brand, rest = divmod(number, len(TRADES) * len(FORMS))
    first, second = divmod(brand % (len(BRAND) ** 2), len(BRAND))
    city = brand // (len(BRAND) ** 2)
    trade, form = divmod(rest, len(FORMS))
    return f"{CITIES[(city + number) % len(CITIES)]}{BRAND[first]}{BRAND[second]}{TRADES[trade]}{FORMS[form]}"


def scattered(number: int, size: int) -> int:
    """The numbers below `size` in a fixed disorder, so that neighbours in a table are not neighbours in the alphabet."""
    step = 7919 if size % 7919 else 7907
    return number * step % size


@lru_cache(maxsize=100_000)
def person_terms(name: str) -> tuple[str, str]:
    return pinyin_sort_key(name), all_terms([name], [])


class Company:
    """Writes the company, telling how far it is. `today` is the day it is seen on."""

    def __init__(self, size: Size, *, today: date, tell: Tell) -> None:
        self.size, self.today, self.tell = size, today, tell
        self.now = datetime.combine(today, time(2))
        self.random = Random(SEED)
        self.done = 0

    def build(self) -> None:
        self.loader = Loader()
        lists.load_shipped()
        self.items = {
            code: list(ListItem.objects.filter(list_code=code).order_by("id").values_list("pk", flat=True))
            for code in ("industries", "regions", "account_sources", "info_sources")
        }
        self._people()
        self._accounts()
        self._contacts()
        self._work()
        self._ledger()
        self.loader.number_on([User, Team, Account, Contact, Order, Receivable, Tag, Product])

    def _load(self, model: Any, names: str, rows: Iterator[Row], what: str) -> None:
        def counted() -> Iterator[Row]:
            for number, row in enumerate(rows, start=1):
                if not number % 5_000:
                    self.tell(self.done + number, None, what)
                yield row

        self.tell(self.done, None, what)
        self.done += self.loader.load(model, names.split(), counted())

    def _ago(self, most_days: int) -> datetime:
        return self.now - timedelta(seconds=self.random.randrange(60, most_days * 86_400))

    def _people(self) -> None:
        sellers = TEAMS * PER_TEAM
        password = make_password(None)  # nobody signs in with a password here

        def users() -> Iterator[Row]:
            roles = [Role.DIRECTOR, Role.ADMINISTRATOR, *([Role.SALES_MANAGER] * TEAMS), *([Role.REP] * (sellers - TEAMS))]
            for number, role in enumerate(roles, start=1):
                name = SURNAMES[number % len(SURNAMES)] + GIVEN[number % len(GIVEN)] + GIVEN[number * 7 % len(GIVEN)]
                yield number, f"{MARK}{number}", name, role.value, pinyin_sort_key(name), password, self.now

        self._load(User, "id username name role pinyin password date_joined", users(), "people")
        self._load(Team, "id name path position", ((n, f"销售{n}部", f"/{n}/", n) for n in range(1, TEAMS + 1)), "teams")
        for team in range(1, TEAMS + 1):
            members = [FIRST_LEADER + team - 1, *(FIRST_LEADER + TEAMS + (team - 1) * (PER_TEAM - 1) + n for n in range(PER_TEAM - 1))]
            User.objects.filter(pk__in=members).update(team_id=team)
            Team.objects.get(pk=team).leaders.set([members[0]])
        self.sellers = range(FIRST_LEADER, FIRST_LEADER + sellers)

    def _accounts(self) -> None:
        size, draw = self.size.accounts, self.random
        self.holder: list[int | None] = [None if draw.random() < 0.05 else draw.choice(self.sellers) for _account in range(size)]
        self.weight = [draw.paretovariate(0.9) for _account in range(size)]
        names = [account_name(scattered(number, size * 4)) for number in range(size)]
        self.names = names

        def accounts() -> Iterator[Row]:
            for number, name in enumerate(names, start=1):
                owner = self.holder[number - 1]
                since = self._ago(1500)
                yield (
                    number, name, normalise_company_name(name)[:200], pinyin_sort_key(name), name[2:6], "ORGANISATION", "ENTERPRISE",
                    draw.choice(self.items["industries"]),
                    draw.choice(self.items["regions"]), draw.choice(self.items["account_sources"]),
                    f"021{number:08d}", name[:2], f"{name[:2]}市开发区{number % 900 + 1}号", number % 5000 + 5, f"B-{number}",
                    owner, None if owner else since, since if owner else None, self._ago(400), draw.choice(STAGES), since.date(),
                    number % 50 == 0, draw.randrange(100), since, self._ago(300), "年度框架协议客户。",
                )  # fmt: skip

        columns = (
            "id name name_key pinyin short_name customer_type form industry_id region_id source_id phone city address employees "
            "external_key owner_id pool_at owned_since last_contact_at lifecycle_stage stage_since is_key influence created_at "
            "updated_at description"
        )
        self._load(Account, columns, accounts(), "accounts")
        self._load(Tag, "id name colour", ((n, f"标签{n}", "blue") for n in range(1, 21)), "tags")
        tags = ((n, n % 20 + 1) for n in range(1, size + 1) if n % 5 < 2)
        self._load(AccountTag, "account_id tag_id", tags, "tags")
        self._load(
            OwnershipChange,
            "account_id kind after_id at by_name",
            ((n, "CREATED", self.holder[n - 1], self._ago(1500), MARK) for n in range(1, size + 1)),
            "history",
        )
        self._load(
            StageChange,
            "account_id before after since_date by_name",
            ((n, "", "NEW", self.today, MARK) for n in range(1, size + 1)),
            "history",
        )
        shared = ((n, draw.choice(self.sellers), "READ", self.now) for n in range(1, size + 1) if n % 40 == 0)
        self._load(Collaborator, "account_id user_id level added_at", shared, "sharing")
        people = (DIRECTOR, FIRST_LEADER, FIRST_LEADER + TEAMS)
        marks = [(n, user, self.now) for user in people for n in range(1, min(size, 60))]
        self._load(Favourite, "account_id user_id at", iter(marks), "favourites")
        self._load(RecentView, "account_id user_id at", iter(marks), "recent")
        self._load(SearchEntry, "account_id kind object_id title subtitle terms", self._account_entries(), "search")

    def _account_entries(self) -> Iterator[Row]:
        for number, name in enumerate(self.names, start=1):
            terms = all_terms([name, name[2:6]], [f"B-{number}"], {"phone": [f"021{number:08d}"]})
            yield number, "account", number, name, f"{name[2:6]} · {name[:2]}", terms

    def _contact(self, number: int) -> tuple[int, str]:
        """The account and the name of a contact."""
        family = SURNAMES[number * 31 % len(SURNAMES)]
        first, second = divmod(number * 17 % (len(GIVEN) ** 2), len(GIVEN))
        return (number - 1) % self.size.accounts + 1, f"{family}{GIVEN[first]}{GIVEN[second]}"

    def _contacts(self) -> None:
        numbers = range(1, self.size.contacts + 1)

        def contacts() -> Iterator[Row]:
            for number in numbers:
                account, name = self._contact(number)
                yield number, account, name, person_terms(name)[0], number <= self.size.accounts, self.now, self.now

        self._load(Contact, "id account_id name pinyin is_main created_at updated_at", contacts(), "contacts")
        jobs = ((n, TITLES[n % len(TITLES)], "PURCHASING", "MANAGER", True) for n in numbers)
        self._load(ContactJob, "contact_id title department level is_current", jobs, "jobs")
        ways = ((n, "MOBILE", f"154{n:08d}", True) for n in numbers)
        self._load(ContactWay, "contact_id kind value is_main", ways, "ways")

        def entries() -> Iterator[Row]:
            for number in numbers:
                account, name = self._contact(number)
                mobile = f"154{number:08d}"
                terms = f"{person_terms(name)[1]} \ue000{mobile[-4:]} \ue000{mobile}"
                yield account, "contact", number, name, self.names[account - 1][2:6], terms

        self._load(SearchEntry, "account_id kind object_id title subtitle terms", entries(), "search")

    def _work(self) -> None:
        size, draw, stamps = self.size.accounts, self.random, (self.now, self.now)
        authors = [holder or DIRECTOR for holder in self.holder]
        notes = ((n, "CALL", FACTS[n % 4], self._ago(300), authors[n - 1], *stamps) for n in range(1, size + 1) for _more in range(2))
        self._load(Note, "account_id kind text at author_id created_at updated_at", notes, "notes")
        todos = (
            (n, "约见采购经理", self.today + timedelta(days=draw.randrange(-5, 60)), authors[n - 1], *stamps)
            for n in range(1, size + 1)
            if n % 3 == 0
        )
        self._load(Todo, "account_id title due_date assignee_id created_at updated_at", todos, "to-dos")
        sources = self.items["info_sources"]
        facts = (
            (n, field, FACTS[n % 4], sources[0], self._ago(300).date(), *stamps)
            for n in range(1, size + 1)
            for field in ("needs", "budget")
        )
        self._load(DossierEntry, "account_id field text source_id as_of_date created_at updated_at", facts, "dossiers")
        days = ((n, "COMPANY_ANNIVERSARY", date(2001, n % 12 + 1, n % 28 + 1), *stamps) for n in range(1, size + 1) if n % 2)
        self._load(KeyDate, "account_id kind on_date created_at updated_at", days, "key dates")
        audit = ((self._ago(300), 3, MARK, "accounts.create", "accounts.account", n, n) for n in range(1, size + 1))
        self._load(AuditEntry, "at actor_id actor_name action target target_id account_id", audit, "audit")

    def _ledger(self) -> None:
        draw, stamps = self.random, (self.now, self.now)
        products = [(n, f"P-{n}", f"{FAMILIES[n % 5]}{n}", FAMILIES[n % 5], n % 7 == 0, *stamps) for n in range(1, 201)]
        self._load(Product, "id code name family is_high_profit created_at updated_at", iter(products), "products")
        buyers = draw.choices(range(1, self.size.accounts + 1), weights=[min(weight, 60.0) for weight in self.weight], k=self.size.orders)
        amounts: list[int] = []

        def orders() -> Iterator[Row]:
            for number, account in enumerate(buyers, start=1):
                yuan = int(min(self.weight[account - 1], 400) * draw.uniform(200, 2_000)) + 50
                amounts.append(yuan)
                day = self.today - timedelta(days=int(1100 * draw.random()))
                yield (
                    number,
                    account,
                    f"SO{number}",
                    day,
                    f"{yuan}.00",
                    f"{yuan * draw.randrange(50, 95) // 100}.00",
                    f"O-{number}",
                    *stamps,
                )

        self._load(Order, "id account_id number order_date amount cost external_key created_at updated_at", orders(), "orders")
        lines = (
            (n, n % 200 + 1, "1", f"{amounts[n - 1]}.0000", f"{amounts[n - 1]}.00") for n in range(1, self.size.orders + 1) if n % 4 == 0
        )
        self._load(OrderLine, "order_id product_id quantity unit_price amount", lines, "order lines")
        billed = range(5, self.size.orders + 1, 5)
        bills = (
            (
                n // 5,
                buyers[n - 1],
                n,
                f"INV{n}",
                f"{amounts[n - 1]}.00",
                self.today - timedelta(days=n % 400),
                self.today - timedelta(days=n % 400 - 60),
                *stamps,
            )
            for n in billed
        )
        self._load(Receivable, "id account_id order_id number amount invoice_date due_date created_at updated_at", bills, "receivables")
        paid = ((buyers[n - 1], n // 5, f"{amounts[n - 1]}.00", self.today - timedelta(days=n % 300), *stamps) for n in billed if n % 4)
        self._load(Payment, "account_id receivable_id amount paid_date created_at updated_at", paid, "payments")
