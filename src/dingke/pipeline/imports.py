"""Deals can be imported: from a CRM that was used before, or from the sheet in which they were kept."""

from __future__ import annotations

from dingke.accounts.imports import account_fields
from dingke.core.importing.targets import Choice, Field, ImportTarget, Kind, UndoRule
from dingke.core.reasons import Label
from dingke.ledger.imports import CURRENCY
from dingke.ledger.queries.import_words import product_words
from dingke.pipeline.actions import importing
from dingke.pipeline.models import Opportunity, OpportunityLine, StageSpell

STATES = (
    Choice("OPEN", Label("Open", "进行中"), ("active", "in progress", "跟进中")),
    Choice("WON", Label("Won", "赢单"), ("closed won", "成交", "已成交", "签约")),
    Choice("LOST", Label("Lost", "输单"), ("closed lost", "丢单", "失败", "战败")),
    Choice("DROPPED", Label("Dropped", "已放弃"), ("abandoned", "cancelled", "放弃", "终止")),
)

OPPORTUNITIES = ImportTarget(
    key="opportunities",
    likelihood=7,
    label=Label("Deals", "商机"),
    fields=(
        Field(
            key="key",
            label=Label("Opportunity id", "商机编号"),
            required=True,
            synonyms=("opportunity id", "deal id", "opportunity", "商机号", "项目编号"),
            max_length=120,
            help=Label(
                "When no column has it, a key is made of the name and a running number.", "没有此列时，系统以商机名称和序号生成编号。"
            ),
        ),
        Field(
            key="name",
            label=Label("Deal", "商机名称"),
            synonyms=("opportunity name", "deal name", "project", "项目名称", "商机"),
            help=Label("Without one it is made of product and account.", "留空时由产品和客户名称组成。"),
            example="二期产线扩建",
        ),
        *account_fields(),
        Field(
            key="stage",
            label=Label("Stage", "阶段"),
            synonyms=("deal stage", "sales stage", "商机阶段", "销售阶段"),
            max_length=60,
            help=Label("A stage of the playbook, or won, lost, dropped.", "打法中的阶段名称，或“赢单”“输单”“已放弃”。"),
        ),
        Field(key="state", label=Label("State", "状态"), kind=Kind.CHOICE, choices=STATES, synonyms=("status", "商机状态")),
        Field(
            key="playbook",
            label=Label("Playbook", "打法"),
            synonyms=("sales process", "pipeline", "销售流程"),
            max_length=120,
            known=importing.playbook_words,
            help=Label("Without one: the first playbook for projects.", "留空时采用排在最前的项目打法。"),
        ),
        Field(
            key="product", label=Label("Product", "产品"), synonyms=("product name", "产品名称"), known=product_words, refers_to="products"
        ),
        Field(
            key="agent",
            label=Label("Sales agent", "销售人员"),
            synonyms=("sales agent", "owner", "sales rep", "负责人", "业务员", "销售员"),
            refers_to="people",
            max_length=120,
        ),
        Field(
            key="start_date",
            label=Label("Started", "开始日期"),
            kind=Kind.DATE,
            synonyms=("engage date", "created", "created on", "opened", "创建日期", "立项日期"),
            help=Label("Without one: the day of the import.", "留空时记为导入当日。"),
        ),
        Field(
            key="expected_date",
            label=Label("Expected on", "预计成交日期"),
            kind=Kind.DATE,
            synonyms=("expected close date", "close date expected", "预计签约日期", "预计成交"),
        ),
        Field(
            key="end_date", label=Label("Ended", "结束日期"), kind=Kind.DATE, synonyms=("close date", "closed on", "成交日期", "关闭日期")
        ),
        Field(
            key="amount",
            label=Label("Amount", "金额"),
            kind=Kind.MONEY,
            synonyms=("close value", "value", "deal value", "预计金额", "商机金额", "成交金额"),
        ),
        CURRENCY,
        Field(key="next_step", label=Label("Next step", "下一步"), synonyms=("next action", "下步计划", "跟进计划")),
        Field(
            key="end_note",
            label=Label("Why it ended", "结束原因"),
            synonyms=("lost reason", "loss reason", "丢单原因", "输单原因"),
            max_length=2_000,
        ),
    ),
    keys=("key",),
    permission="accounts.edit_all",
    write=importing.import_opportunities,
    automatic={"key": ("name",)},
    can_create_related=True,
    list_url="pipeline:list",
    icon="target-arrow",
)

TARGETS = (OPPORTUNITIES,)

UNDO = (
    UndoRule(
        model=Opportunity,
        part_of=frozenset({"pipeline.OpportunityLine.opportunity", "pipeline.StageSpell.opportunity"}),
        name=lambda deal: deal.name,
    ),
    UndoRule(model=OpportunityLine, name=lambda line: str(line.pk)),
    UndoRule(model=StageSpell, name=lambda spell: spell.stage),
)
