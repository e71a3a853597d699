"""What is measured: the requests, who sends them, and what each figure is to reach."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from dingke.config.bench.company import DIRECTOR, FIRST_LEADER, SEED, Size, account_name, scattered
from dingke.core.search_keys import pinyin_forms

JSON = "application/json"
Rival = tuple[float, float]  # requests a second at 8 clients of the best rival, and how many times as fast is wanted


@dataclass(frozen=True)
class Figure:
    """One kind of request. `most` is the goal: at most so many times the time of its raw SQL, at 8 clients."""

    key: str
    label: str
    path: Callable[[int], str]
    caller: int = DIRECTOR
    status: int = 200
    method: str = "GET"
    body: Callable[[int], bytes] | None = None
    is_part: bool = False
    most: float | None = None
    rival: Rival | None = None
    page: bool = False


def figures(size: Size) -> list[Figure]:
    draw = Random(SEED)
    ids = [draw.randrange(1, size.accounts + 1) for _one in range(500)]
    words = [_asked(account_name(scattered(number - 1, size.accounts * 4)), draw) for number in ids]
    return [
        Figure("list", "account list, HTML page of 50", lambda n: "/accounts/", most=7, page=True),
        Figure("list_team", "the same list of a team of ten", lambda n: "/accounts/", caller=FIRST_LEADER, most=7, page=True),
        Figure(
            "list_sorted", "list filtered by class and stage, sorted by revenue",
            lambda n: "/accounts/?view=all&edited=1&abc=A&abc=B&stage=GROWING&sort=-revenue", most=7, rival=(20.6, 10), page=True,
        ),
        Figure(
            "search", "search by pinyin, initials and characters", lambda n: f"/search/?q={words[n % len(words)]}",
            is_part=True, most=4, rival=(7.7, 10), page=True,
        ),
        Figure("account", "page of one account (360)", lambda n: f"/account/{ids[n % len(ids)]}/", most=8, page=True),
        Figure("portfolio", "portfolio page", lambda n: "/insights/", page=True),
        Figure("api_list", "API: list of 50 accounts", lambda n: "/api/v1/accounts/?size=50", most=4, rival=(49.5, 5)),
        Figure("api_detail", "API: one account", lambda n: f"/api/v1/accounts/{ids[n % len(ids)]}", rival=(84, 3)),
        Figure(
            "api_create", "API: create an account", lambda n: "/api/v1/accounts/", status=201, method="POST", body=_created, most=5,
            rival=(70.5, 2),
        ),
    ]  # fmt: skip


CONSTANT = Figure("constant", "constant page through the same stack", lambda n: "/healthz")


def _asked(name: str, draw: Random) -> str:
    """What somebody types who looks for this customer: the start of its pinyin, its initials, or characters of its name."""
    from urllib.parse import quote

    full, initials = pinyin_forms(name)
    return quote(draw.choice([full[:12], initials[:5], name[2:4], name[2:6]]))


def _created(number: int) -> bytes:
    name = account_name(4_000_000 + number)
    return json.dumps(
        {
            "name": name,
            "short_name": name[2:6],
            "city": name[:2],
            "phone": f"022{number:08d}",
            "external_key": f"{NEW_KEY}{number}",
            "tags": [],
        }
    ).encode()


NEW_KEY = "BENCH-API-"


def request_bytes(figure: Figure, number: int, *, host: str, session: str, token: str) -> bytes:
    """The whole request as a browser of the caller sends it."""
    body = figure.body(number) if figure.body else b""
    lines = [f"{figure.method} {figure.path(number)} HTTP/1.1", f"Host: {host}", "Accept-Language: zh-CN", "Accept-Encoding: identity"]
    lines.append(f"Cookie: sessionid={session}; csrftoken={token}")
    if figure.is_part:
        lines.append("HX-Request: true")
    if body:
        lines += [f"X-CSRFToken: {token}", f"Content-Type: {JSON}", f"Content-Length: {len(body)}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body
