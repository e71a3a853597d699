"""Every address, asked by everybody: nobody, a stranger, each role. A route or parameter that nobody classified fails."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from dingke.accounts.tests.factories import NOW, TODAY, make_account, make_contact, make_item

pytestmark = pytest.mark.django_db

# open to nobody in particular, each with the reason
OPEN = {
    "core:healthz": "for the load balancer",
    "core:readyz": "for the load balancer",
    "metrics": "answers whoever holds the token of the monitoring, or nobody (tests/life/test_observing.py)",
    "people:language": "the sign-in pages have a language too",
    "people:invited": "from a mail, without signing in: the signed link is the key, and it opens once",
    "saml:login": "sends the browser to the company's sign-in server; not there until the settings name one (people/tests/test_saml.py)",
    "saml:answer": "takes the signed answer of that server",
    "saml:finish": "signs in whom a valid answer names, and nobody else",
    "saml:metadata": "public keys and addresses for that server",
    "notices:off": "from a mail or message, without signing in: the signature is the key, and all it does is turn a kind off",
    "api:api-root": "answers nothing but its own address",
    "api:openapi-json": "describes shapes, holds no data",
}
# allauth's own pages guard themselves; sign-up is closed (people/tests/test_sign_in.py)
ALLAUTH = ("account_", "mfa_", "socialaccount_", "openid_connect_", "feishu_", "dingtalk_", "weixin_")


@dataclass(frozen=True)
class Route:
    name: str
    path: str
    parameters: tuple[str, ...]
    door: dict[str, Any] | None

    def filled(self, values: dict[str, Any]) -> str:
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(values[match.group(1)]), self.path)


def routes(resolver: URLResolver | None = None, prefix: str = "/", namespace: str = "") -> Iterator[Route]:
    for entry in (resolver or get_resolver()).url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry, path, f"{namespace}{entry.namespace}:" if entry.namespace else namespace)
        elif isinstance(entry, URLPattern):
            yield Route(
                namespace + (entry.name or ""), path, tuple(re.findall(r"<(?:\w+:)?(\w+)>", path)), getattr(entry.callback, "door", None)
            )


PAGES = [
    route for route in routes() if not route.path.startswith("/api/") and not route.name.startswith(ALLAUTH) and "(?P" not in route.path
]


# ---- one thing of each kind, hanging on the owner's account -------------------------------------------------------------

Maker = Callable[["Things"], Any]


class Things:
    """Makes one thing per parameter name, on demand, on the account that the owner of the cast holds."""

    def __init__(self, cast: Any, account: Any) -> None:
        self.cast, self.account, self.made = cast, account, {}

    def of(self, parameter: str) -> Any:
        if parameter not in self.made:
            self.made[parameter] = MAKERS[parameter](self)
        return self.made[parameter]


def _made(model: str, **values: Any) -> Maker:
    def make(things: Things) -> Any:
        from django.apps import apps

        return (
            apps.get_model(model)
            .objects.create(account=things.account, **{name: value(things) if callable(value) else value for name, value in values.items()})
            .pk
        )

    return make


def _order(things: Things) -> Any:
    from dingke.ledger.tests.factories import make_order

    return make_order(things.account, cost="10.00").pk


def _approval(things: Things) -> Any:
    from dingke.approvals import actions

    return actions.ask_approval(
        kind="TEST",
        subject_id=1,
        title="请批",
        reason="",
        link="",
        steps=[("ANY", [things.cast.manager.user], "")],
        by=things.cast.owner.scope,
        now=NOW,
    ).pk


def _delegation(things: Things) -> Any:
    from dingke.approvals.actions.delegations import delegate

    people = things.cast
    row = delegate(giver=people.owner.user, taker=people.colleague.user, start_date=TODAY, end_date=TODAY, by=people.owner.scope, now=NOW)
    return row.pk


def _job(things: Things) -> Any:
    from dingke.core.models import Job

    return Job.objects.create(kind="score", created_at=NOW, owner_id=things.cast.owner.user.pk, state="DONE").pk


def _token(things: Things) -> Any:
    from dingke.people.models import ApiToken

    return ApiToken.objects.create(user=things.cast.owner.user, name="ERP", start="dk_AbCd", digest="0" * 64, created_at=NOW).pk


def _invitation(things: Things) -> Any:
    from dingke.people.models import Invitation

    return Invitation.objects.create(email="new@example.com", role="REP", language="en", digest="0" * 64, invited_at=NOW, expires_at=NOW).pk


def _identity(things: Things) -> Any:
    from allauth.socialaccount.models import SocialAccount

    return SocialAccount.objects.create(user=things.cast.owner.user, provider="weixin", uid="wx-1").pk


def _session(things: Things) -> Any:
    from allauth.usersessions.models import UserSession

    return UserSession.objects.create(user=things.cast.owner.user, session_key="k" * 32, ip="203.0.113.9", user_agent="").pk


def _view(things: Things) -> Any:
    from dingke.core.models import SavedView

    return SavedView.objects.create(page="accounts", name="我的", owner_id=things.cast.owner.user.pk).pk


def _run(things: Things) -> Any:
    from dingke.core.models import ImportRun

    return ImportRun.objects.create(title="客户", owner_id=things.cast.director.user.pk, created_at=NOW).pk


def _file(things: Things) -> Any:
    from dingke.core.models import ImportFile

    return ImportFile.objects.create(run_id=things.of("run_id"), name="a.csv", file="imports/none/a.csv", target="accounts").pk


def _notice(things: Things) -> Any:
    from dingke.notices.models import Notice

    row = Notice(recipient=things.cast.owner.user, kind="account.stage", subject="account", subject_id=things.account.pk)
    row.title, row.created_at, row.at, row.link = "Notices", NOW, NOW, "/"
    row.save()
    return row.pk


def _delivery(things: Things) -> Any:
    from dingke.notices.models import Delivery

    return Delivery.objects.create(notice_id=things.of("notice_id"), channel="MAIL", state="GIVEN_UP", due_at=NOW).pk


def _bot(things: Things) -> Any:
    from dingke.notices.models import Bot

    return Bot.objects.create(name="群", address="nothing://", owner=things.cast.owner.user).pk


def _nomination(things: Things) -> Any:
    from dingke.accounts.models import Nomination

    return Nomination.objects.create(account=things.account, reason="大", proposed_by=things.cast.owner.user, proposed_at=NOW).pk


def _other(things: Things) -> Any:
    return make_account("江州重工", owner=things.cast.owner.user)


def _row(model: str, **values: Any) -> Maker:
    """A thing that hangs on no account."""

    def make(things: Things) -> Any:
        from django.apps import apps

        return apps.get_model(model).objects.create(**values).pk

    return make


_alert = _made(
    "insights.Alert",
    signal="RHYTHM_BROKEN",
    owner=lambda things: things.cast.owner.user,
    probability="0.5",
    value="100.00",
    expected_loss="50.00",
    raised_at=NOW,
    shown_date=TODAY,
)


def _member(name: str) -> Maker:
    return lambda things: getattr(things.cast, name).user.pk


HIDDEN: dict[str, Maker] = {  # a stranger must not find them
    "account_id": lambda things: things.account.pk,
    "contact_id": lambda things: make_contact(things.account, mobile="13900000001").pk,
    "note_id": _made("accounts.Note", kind="CALL", text="谈过", at=NOW, author=lambda things: things.cast.owner.user),
    "todo_id": _made("accounts.Todo", title="回访", assignee=lambda things: things.cast.owner.user),
    "date_id": _made("accounts.KeyDate", kind="OTHER", label="投产", on_date=TODAY),
    "invoice_id": _made("accounts.InvoiceTitle", title="江州重工", tax_id="91350100M000100Y43"),
    "entry_id": _made(
        "accounts.DossierEntry", field="BUSINESS", text="铸件", source=lambda things: make_item("info_sources", "TALK"), as_of_date=TODAY
    ),
    "question_id": _made("accounts.Question", text="预算多少？"),
    "rival_id": _made("accounts.AccountCompetitor", noted_date=TODAY, competitor_id=_row("accounts.Competitor", name="远科")),
    "nomination_id": _nomination,
    "pair_id": lambda things: _made("accounts.DuplicatePair", other=_other(things), score="0.9", found_at=NOW)(things),
    "mark_id": _made("insights.RelationshipMark", kind="LADDER", code="BASIC", on_date=TODAY, evidence="订单"),
    "merge_id": lambda things: _row("accounts.Merge", kept=things.account, gone=_other(things), at=NOW, by_name="许文静")(things),
    "approval_id": _approval,
    "handover_id": lambda things: _row("accounts.Handover", leaver=things.cast.owner.user, at=NOW, by_name="许文静")(things),
    "order_id": _order,
    "receivable_id": _made("ledger.Receivable", number="FP-1", amount="100.00", invoice_date=TODAY, due_date=TODAY),
    "payment_id": _made("ledger.Payment", amount="10.00", paid_date=TODAY),
    "incentive_id": _made("ledger.Incentive", amount="10.00", start_date=TODAY, end_date=TODAY),
    "finding_id": _made("ledger.PaymentFinding", supplier="某供方", finding="按期", source="供应商", as_of_date=TODAY),
    "alert_id": _alert,
    "case_id": lambda things: _made(
        "insights.LossCase", kind="NEED_LOST", owner=things.cast.owner.user, opened_at=NOW, deadline_date=TODAY
    )(things),
    "risk_id": lambda things: _made(
        "insights.Risk", category="MARKET", sign="市场下行", owner=things.cast.owner.user, noted_at=NOW, noted_by_name="周敏"
    )(things),
    "delegation_id": _delegation,
    "job_id": _job,
    "notice_id": _notice,
    "delivery_id": _delivery,
    "bot_id": _bot,
    "view_id": _view,
    "identity_id": _identity,
    "token_id": _token,
    "session_id": _session,
}
COMMON: dict[str, Maker] = {  # known to everybody who may open the page at all
    "run_id": _run,
    "file_id": _file,
    "user_id": _member("colleague"),
    "invitation_id": _invitation,
    "team_id": lambda things: things.cast.team.pk,
    "territory_id": _row("people.Territory", name="华东"),
    "product_id": _row("ledger.Product", code="P-1", name="主轴"),
    "tag_id": _row("accounts.Tag", name="战略"),
    "item_id": lambda things: make_item("industries", "MACHINERY").pk,
    "audit_id": _row("core.AuditEntry", actor_name="许文静", action="accounts.edit", target="accounts.account", target_id=1, at=NOW),
    "field_id": _row("core.CustomField", target="account", key="plants", label_zh="工厂数", label_en="Plants"),
    "code": lambda things: "industries",
    "target": lambda things: "accounts",
    "what": lambda things: "orders",
    "kind": lambda things: "csv",
    "token": lambda things: "unsigned",
    "guard": lambda things: "CONCENTRATION",
    "stage": lambda things: "GROWING",
    "flow_kind": lambda things: "accounts.key_account",
    "place": lambda things: 0,
    "step": lambda things: "collect",
    "group": lambda things: "insights.pareto",
    "provider": lambda things: "weixin",
}
MAKERS = HIDDEN | COMMON


@pytest.fixture
def things(cast, account):
    return Things(cast, account)


def asked(client: Any, url: str, method: str) -> Any:
    client.raise_request_exception = True
    return client.get(url) if method == "GET" else client.post(url, {})


@pytest.mark.parametrize("route", PAGES, ids=lambda route: route.name)
def test_the_route_is_classified(route):
    assert route.name in OPEN or route.door is not None, "wrap the view in core.doors.door, or list it in OPEN with the reason"
    assert set(route.parameters) <= set(MAKERS), "say in this file what a stranger sees of it"


@pytest.mark.parametrize("route", [route for route in PAGES if route.name not in OPEN], ids=lambda route: route.name)
def test_nobody_is_sent_to_sign_in(route, things):
    url = route.filled({name: things.of(name) for name in route.parameters})
    for method in ("GET", "POST"):
        answer = asked(things.cast.anonymous, url, method)
        assert answer.status_code == 303
        assert answer["Location"].startswith("/sign-in/login/")


@pytest.mark.parametrize("route", [route for route in PAGES if set(route.parameters) & set(HIDDEN)], ids=lambda route: route.name)
def test_a_stranger_does_not_find_it(route, things):
    url = route.filled({name: things.of(name) for name in route.parameters})
    for method in route.door["methods"]:
        answer = asked(things.cast.stranger.client, url, method)
        refused_by_role = route.door["permission"] and not things.cast.stranger.scope.can(route.door["permission"])
        assert answer.status_code == (403 if refused_by_role else 404), f"{method} {url}"


@pytest.mark.parametrize("route", [route for route in PAGES if route.door and route.door["permission"]], ids=lambda route: route.name)
def test_a_role_without_the_permission_is_refused(route, things):
    url = route.filled({name: things.of(name) for name in route.parameters})
    for person in things.cast.people().values():
        if not person.scope.can(route.door["permission"]):
            for method in route.door["methods"]:
                assert asked(person.client, url, method).status_code == 403


@pytest.mark.parametrize("route", [route for route in PAGES if route.door and "GET" in route.door["methods"]], ids=lambda route: route.name)
def test_no_page_breaks_for_any_role(route, things):
    url = route.filled({name: things.of(name) for name in route.parameters})
    for name, person in things.cast.people().items():
        status = asked(person.client, url, "GET").status_code
        assert status in {200, 204, 302, 303, 400, 403, 404, 409, 422}, f"{name} {url}: {status}"


def test_every_api_path_is_asked_by_nobody_and_by_a_stranger(things):
    from dingke.config.routers import api

    schema = api.get_openapi_schema()
    for path, operations in schema["paths"].items():
        parameters = re.findall(r"\{(\w+)\}", path)
        assert set(parameters) <= set(MAKERS), path
        url = re.sub(r"\{(\w+)\}", lambda match: str(things.of(match.group(1))), path)
        for method in operations:
            send = {
                "get": lambda client, url=url: client.get(url, {"q": "江州"}),
                "post": lambda client, url=url: client.post(url, "{}", content_type="application/json"),
                "patch": lambda client, url=url: client.patch(url, "{}", content_type="application/json"),
            }[method]
            assert send(things.cast.anonymous).status_code == 401, f"{method} {path}"
            if set(parameters) & set(HIDDEN):
                assert send(things.cast.stranger.client).status_code == 404, f"{method} {path}"
