"""One thing of each kind, hanging on the account that the owner of the cast holds: what addresses with a parameter are asked about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dingke.accounts.tests.factories import NOW, TODAY, make_account, make_contact, make_item
from dingke.config.tests import rights_deals as deals

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


def _prospect(things: Things) -> Any:
    from dingke.core.models import ListItem
    from dingke.pipeline.models import Prospect, ProspectProfile

    owner = things.cast.owner.user
    profile = ProspectProfile.objects.create(title="画像", need="交期", regions=["EAST"], owner=owner)
    source = ListItem.objects.get_or_create(list_code="account_sources", code="FAIR", defaults={"label_zh": "展会", "label_en": "Fair"})[0]
    return Prospect.objects.create(
        profile=profile, name="南通精密", name_key="南通精密", source=source, owner=owner, stage_since=TODAY, found_date=TODAY
    )


def _webhook(things: Things) -> Any:
    from dingke.notices.models import Webhook

    return Webhook.objects.create(name="ERP", address="https://erp.example.com/", secret="whsec_" + "A" * 32, events=["AccountCreated"]).pk


def _message(things: Things) -> Any:
    from dingke.notices.models import WebhookDelivery

    row = WebhookDelivery(webhook_id=things.of("webhook_id"), message_id="msg_1", name="AccountCreated", created_at=NOW, due_at=NOW)
    row.save()
    return row.pk


def _nomination(things: Things) -> Any:
    from dingke.accounts.models import Nomination

    return Nomination.objects.create(account=things.account, reason="大", proposed_by=things.cast.owner.user, proposed_at=NOW).pk


def _other(things: Things) -> Any:
    return make_account("江州重工", owner=things.cast.owner.user)


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
    "rival_id": _made("accounts.AccountCompetitor", noted_date=TODAY, competitor_id=deals.row("accounts.Competitor", name="远科")),
    "nomination_id": _nomination,
    "pair_id": lambda things: _made("accounts.DuplicatePair", other=_other(things), score="0.9", found_at=NOW)(things),
    "mark_id": _made("insights.RelationshipMark", kind="LADDER", code="BASIC", on_date=TODAY, evidence="订单"),
    "merge_id": lambda things: deals.row("accounts.Merge", kept=things.account, gone=_other(things), at=NOW, by_name="许文静")(things),
    "approval_id": _approval,
    "handover_id": lambda things: deals.row("accounts.Handover", leaver=things.cast.owner.user, at=NOW, by_name="许文静")(things),
    "order_id": _order,
    "receivable_id": _made("ledger.Receivable", number="FP-1", amount="100.00", invoice_date=TODAY, due_date=TODAY),
    "payment_id": _made("ledger.Payment", amount="10.00", paid_date=TODAY),
    "incentive_id": _made("ledger.Incentive", amount="10.00", start_date=TODAY, end_date=TODAY),
    "finding_id": _made("ledger.PaymentFinding", supplier="某供方", finding="按期", source="供应商", as_of_date=TODAY),
    "alert_id": _alert,
    "prospect_id": lambda things: _prospect(things).pk,
    "prospect_step_id": lambda things: _prospect(things).contact_plan.create(title="约访", due_date=TODAY).pk,
    "centre_id": lambda things: deals.centre(things).pk,
    "stakeholder_id": lambda things: deals.stakeholder(things).pk,
    "tie_id": lambda things: deals.tie(things).pk,
    "chain_step_id": lambda things: deals.row(
        "stakeholders.ChainStep", centre=deals.centre(things), position=1, kind="FINAL", label="老板"
    )(things),
    "need_entry_id": _made("stakeholders.NeedEntry", channel="CHANNELS", text="要快", on_date=TODAY),
    "case_id": lambda things: _made(
        "insights.LossCase", kind="NEED_LOST", owner=things.cast.owner.user, opened_at=NOW, deadline_date=TODAY
    )(things),
    "risk_id": lambda things: _made(
        "insights.Risk", category="MARKET", sign="市场下行", owner=things.cast.owner.user, noted_at=NOW, noted_by_name="周敏"
    )(things),
    "library_id": deals.library,
    "library_use_id": deals.library_use,
    "opportunity_id": lambda things: deals.deal(things).pk,
    "waiver_id": lambda things: deals.of_deal(
        "pipeline.GateWaiver", stage="LEAD", condition="ACCOUNT", reason="展会", asked_by=things.cast.owner.user, asked_at=NOW
    )(things),
    "deal_line_id": lambda things: deals.of_deal("pipeline.OpportunityLine", product_id=things.of("product_id"))(things),
    "deal_rival_id": lambda things: deals.of_deal(
        "pipeline.OpportunityCompetitor", competitor_id=deals.row("accounts.Competitor", name="锐达")(things), noted_date=TODAY
    )(things),
    "evidence_id": deals.sheet_part("qualification.Evidence", reference="拜访", on_date=TODAY, at=NOW),
    "flag_id": deals.of_deal("qualification.RedFlag", element="SERVICE", code="TOO_FAR", raised_at=NOW),
    "spin_question_id": deals.of_deal("qualification.SpinQuestion", column="SITUATION", text="怎么核算成本？"),
    "need_id": deals.of_deal("qualification.ConfirmedNeed", description="对账"),
    "benefit_id": deals.sheet_part("qualification.NeedBenefit", feature="银企直连", benefit="三天内对完账"),
    "next_action_id": lambda things: deals.of_deal("qualification.NextAction", text="再拜访", owner=things.cast.owner.user, due_date=TODAY)(
        things
    ),
    "deal_review_id": deals.deal_review,
    "review_item_id": lambda things: deals.review_item(things).pk,
    "review_token": deals.review_token,
    "demo_plan_id": lambda things: deals.demo(things).pk,
    "demo_listener_id": lambda things: deals.row("qualification.DemoListener", plan=deals.demo(things), name="刘总", kind="TOP")(things),
    "demo_block_id": lambda things: deals.row("qualification.DemoBlock", plan=deals.demo(things), title="对账", structure="CASE")(things),
    "demo_follow_up_id": lambda things: deals.row(
        "qualification.DemoFollowUp", plan=deals.demo(things), text="答复", owner=things.cast.owner.user, due_date=TODAY
    )(things),
    "value_line_id": lambda things: deals.row("qualification.ValueLine", case=deals.value_case(things), lever="SCRAP")(things),
    "objection_id": deals.of_deal("qualification.Objection", words="太贵", moment="QUOTE", opened_date=TODAY),
    "delegation_id": _delegation,
    "job_id": _job,
    "notice_id": _notice,
    "delivery_id": _delivery,
    "bot_id": _bot,
    "webhook_id": _webhook,
    "message_id": _message,
    "view_id": _view,
    "identity_id": _identity,
    "token_id": _token,
    "session_id": _session,
}
COMMON: dict[str, Maker] = {
    "profile_id": lambda things: _prospect(things).profile_id,
    # known to everybody who may open the page at all
    "run_id": _run,
    "file_id": _file,
    "user_id": deals.member("colleague"),
    "invitation_id": _invitation,
    "team_id": lambda things: things.cast.team.pk,
    "territory_id": deals.row("people.Territory", name="华东"),
    "product_id": deals.row("ledger.Product", code="P-1", name="主轴"),
    "tag_id": deals.row("accounts.Tag", name="战略"),
    "item_id": lambda things: make_item("industries", "MACHINERY").pk,
    "audit_id": deals.row("core.AuditEntry", actor_name="许文静", action="accounts.edit", target="accounts.account", target_id=1, at=NOW),
    "portrait_id": deals.row("library.Portrait", family="某产品族"),
    "level_id": deals.row("library.LadderLevel", code="X", label_zh="流程", label_en="Process"),
    "number": lambda things: 1,
    "field_id": deals.row("core.CustomField", target="account", key="plants", label_zh="工厂数", label_en="Plants"),
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
    "element": lambda things: "NEED",
    "column": lambda things: "SITUATION",
    "loss_item": lambda things: "VIEW",
    "three_kind": lambda things: "SALES",
    "group": lambda things: "insights.pareto",
    "deal_stage": lambda things: "LEAD",
    "deal_step": lambda things: "CALL",
    "condition": lambda things: "ACCOUNT",
    "stage_code": lambda things: "LEAD",
    "playbook_id": lambda things: deals.version().playbook_id,
    "version_id": lambda things: deals.version().pk,
    "other_id": lambda things: deals.version().pk,
    "provider": lambda things: "weixin",
}
MAKERS = HIDDEN | COMMON
