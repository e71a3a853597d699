"""What is shipped: complete in both languages, with the numbers of the catalogue; changes of the company stay."""

from __future__ import annotations

import re

import pytest
import yaml

from dingke.accounts.tests.factories import NOW
from dingke.core.scope import Scope
from dingke.library.actions import shipped, texts
from dingke.library.calc import objections
from dingke.library.calc.parts import parts_of
from dingke.library.calc.topics import TOPICS
from dingke.library.models import Entry, EntryVersion, LadderLevel, Portrait

ROWS = shipped.read_entries()
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def of(kind: str, topic: str = "", **fields: str) -> list[dict]:
    wanted = {"kind": kind, **({"topic": topic} if topic else {}), **fields}
    return [row for row in ROWS if all(row[name] == value for name, value in wanted.items())]


class TestFiles:
    @pytest.mark.parametrize("row", ROWS, ids=lambda row: row["code"])
    def test_an_entry_is_whole_in_both_languages(self, row):
        assert row["kind"] in Entry.Kind.values
        assert row["topic"] in TOPICS[row["kind"]]
        assert CHINESE.search(row["title_zh"])
        assert not CHINESE.search(row["title_en"])
        assert bool(row["body_zh"]) == bool(row["body_en"])
        assert not CHINESE.search(row["body_en"])
        parts = row["content"].get("parts", {})
        known = dict(parts_of(row["kind"], row["topic"]))
        assert set(parts) <= set(known), "a part that nobody shows"
        assert all(texts["zh"] and texts["en"] and not CHINESE.search(texts["en"]) for texts in parts.values())
        assert row["body_zh"] or parts or row["kind"] in {"QUESTION", "MAXIM"}
        assert len(row["title_zh"]) <= 200
        assert len(row["title_en"]) <= 200
        assert all("*" not in row[f"title_{lang}"] for lang in ("zh", "en"))

    def test_industries_are_those_of_the_list(self):
        listed = yaml.safe_load((shipped.PLAYBOOKS / "lists.yaml").read_text(encoding="utf-8"))["industries"]
        known = {row["code"] for row in listed}
        content = yaml.safe_load((shipped.FOLDER / "products.yaml").read_text(encoding="utf-8"))
        used = {code for row in [*ROWS, *content["portraits"]] for code in row.get("industries", [])}
        assert used <= known

    @pytest.mark.parametrize("letter", ["S", "P", "I", "N"])
    @pytest.mark.item("E-14", "E-16")
    def test_the_bank_has_enough_of_each_letter_open_and_closed(self, letter):
        rows = of("QUESTION", "SPIN", spin=letter)
        assert len(rows) >= 12
        assert {row["form"] for row in rows} == {"OPEN", "CLOSED"}
        assert len([row for row in rows if not row["industries"]]) >= 6
        assert len({tuple(row["industries"]) for row in rows}) == 4  # general, manufacturing, trade, finance and IT

    @pytest.mark.item("E-10")
    def test_need_amplification(self):
        numbers = {code: len(of("QUESTION", "AMPLIFY", dimension=code)) for code in Entry.Dimension.values}
        assert numbers == {"BASICS": 5, "EFFICIENCY": 8, "BENEFIT": 6, "PERSONAL": 4, "MOTIVE": 7, "OTHER_BUYER": 2}
        assert all(row["content"]["parts"]["purpose"] for row in of("QUESTION", "AMPLIFY"))

    @pytest.mark.item("E-15")
    def test_4w2h(self):
        rows = of("QUESTION", "PROMPT")
        assert len(rows) == 6
        assert all(row["content"]["is_proposed"] for row in rows)

    @pytest.mark.item("J-07", "F-08")
    def test_the_eight_objections_with_talk_tracks(self):
        assert [row["code"] for row in of("OBJECTION")] == [objections.entry_code(row.code) for row in objections.STANDARD]
        tracks = of("SCRIPT", "OBJECTION")
        for row in of("OBJECTION"):
            assert {"idea", "ask"} <= set(row["content"]["parts"])
            assert len([track for track in tracks if track["about"] == row["code"]]) >= 2

    @pytest.mark.item("J-14", "J-10")
    def test_phone_and_meeting(self):
        phone = of("SCRIPT", "PHONE")[0]
        assert "二择一" in phone["body_zh"]
        assert "Two times to choose from" in phone["body_en"]
        assert of("SCRIPT", "MEETING")

    @pytest.mark.parametrize(
        ("topic", "number"),
        [
            pytest.param("STRUCTURE", 9, marks=pytest.mark.item("H-10")),
            pytest.param("CONTINGENCY", 5, marks=pytest.mark.item("H-09")),
            pytest.param("SUPPORTER", 3, marks=pytest.mark.item("H-09")),
            pytest.param("POSITIONING", 3, marks=pytest.mark.item("H-07")),
        ],
    )
    def test_blocks_of_a_demonstration(self, topic, number):
        assert len(of("DEMO", topic)) == number

    @pytest.mark.item("H-12")
    def test_opening_five_five_four_and_a_closing(self):
        for row in of("DEMO", "OPENING"):
            for lang in ("zh", "en"):
                assert len(re.findall(r"^\d\. ", row[f"body_{lang}"], re.M)) == row["content"]["items"]
        assert [row["content"]["items"] for row in of("DEMO", "OPENING")] == [5, 5, 4]
        assert of("DEMO", "CLOSING")

    @pytest.mark.parametrize(
        ("kind", "topic", "number"),
        [
            pytest.param("CARD", "MISCONCEPTION", 5, marks=pytest.mark.item("Q-09")),
            pytest.param("CARD", "TABOO", 10, marks=pytest.mark.item("Q-10")),
            pytest.param("MAXIM", "", 6, marks=pytest.mark.item("Q-16")),
            pytest.param("ARTICLE", "", 19, marks=pytest.mark.item("Q-15")),
            pytest.param("CARD", "TERM", 4, marks=pytest.mark.item("Q-14")),
            pytest.param("CASE", "EXAMPLE", 8, marks=pytest.mark.item("Q-08")),
        ],
    )
    def test_numbers(self, kind, topic, number):
        assert len(of(kind, topic)) == number

    @pytest.mark.item("Q-01", "Q-02", "Q-03", "Q-04")
    def test_cases_carry_their_numbered_lists(self):
        for row in of("CASE"):
            for part, number in row["content"].get("counts", {}).items():
                for lang in ("zh", "en"):
                    assert len(re.findall(r"^\d\. ", row["content"]["parts"][part][lang], re.M)) == number
        xyz = next(row for row in of("CASE") if row["code"] == "case-xyz")
        assert xyz["content"]["counts"] == {"practices": 5}

    @pytest.mark.item("Q-05", "Q-06", "Q-07")
    def test_cases_for_discussion(self):
        assert {row["code"] for row in of("CASE", "DISCUSSION")} == {"case-wang-ming", "case-stone", "case-xiao-wang"}

    @pytest.mark.item("Q-17")
    def test_a_figure_says_what_it_rests_on(self):
        known = {("来源", "source"), ("推算", "derived"), ("存疑", "doubtful")}
        assert {(row["content"]["parts"]["status"]["zh"], row["content"]["parts"]["status"]["en"]) for row in of("FIGURE")} == known

    @pytest.mark.item("Q-18", "Q-11", "Q-12", "Q-13", "J-13")
    def test_what_we_filled_in_says_so(self):
        assert all(row["content"].get("is_proposed") for row in of("CARD", "TOOL"))
        codes = {row["code"] for row in ROWS}
        assert {"other-mistakes", "strategic-benefits", "thinking-trust", "help-objection-project"} <= codes


@pytest.mark.django_db
class TestLoading:
    @pytest.fixture
    def folder(self, tmp_path):
        def write(zh: str = "原文", *, more: bool = False):
            entries = [{"code": "one", "zh": "一", "en": "One", "body_zh": zh, "body_en": "Text"}]
            if more:
                entries.append({"code": "two", "zh": "二", "en": "Two", "body_zh": "文", "body_en": "Text", "about": "one"})
            content = {"groups": [{"kind": "SCRIPT", "topic": "OBJECTION", "entries": entries}]}
            (tmp_path / "a.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
            return tmp_path

        return write

    @pytest.mark.item("D-12", "D-13", "D-14", "D-15")
    def test_everything_comes_in_once(self):
        assert shipped.load_shipped(now=NOW) == len(ROWS)
        assert shipped.load_shipped(now=NOW) == 0
        assert Entry.objects.filter(state="PUBLISHED", is_own=False).count() == len(ROWS) == EntryVersion.objects.count()
        trade = Portrait.objects.get(family="商贸版")
        assert (trade.staff_below, int(trade.sales_below), trade.ladder.code) == (100, 10_000_000, "SHARING")
        assert len(trade.values) == 7  # money and goods, and the six things an owner knows
        assert Portrait.objects.filter(is_filled=False).count() == 3
        assert list(LadderLevel.objects.filter(is_standard=True).values_list("code", flat=True)) == [
            "BASIC",
            "SHARING",
            "CONTROL",
            "REFINED",
        ]
        assert Entry.objects.get(code="script-expensive-spread").about.code == "objection-expensive"

    def test_a_newer_text_replaces_one_that_nobody_changed(self, folder):
        shipped.load_shipped(now=NOW, folder=folder())
        assert shipped.load_shipped(now=NOW, folder=folder("新文", more=True)) == 2
        entry = Entry.objects.get(code="one")
        assert (entry.body_zh, entry.number) == ("新文", 2)
        assert [row.text["body_zh"] for row in entry.versions.all()] == ["新文", "原文"]

    def test_what_the_company_changed_stays_and_the_newer_text_is_proposed(self, folder):
        shipped.load_shipped(now=NOW, folder=folder())
        by = Scope.system()
        texts.publish_text(entry=Entry.objects.get(code="one"), values={"body_zh": "我们的说法"}, by=by, now=NOW)
        assert shipped.load_shipped(now=NOW, folder=folder("新文")) == 1
        assert shipped.load_shipped(now=NOW, folder=folder("新文")) == 0
        entry = Entry.objects.get(code="one")
        assert (entry.body_zh, entry.is_changed) == ("我们的说法", True)
        proposal = entry.versions.get(state="PROPOSED")
        assert (proposal.text["body_zh"], proposal.origin) == ("新文", "SHIPPED")
        shipped.load_shipped(now=NOW, folder=folder("更新文"))
        assert [row.text["body_zh"] for row in entry.versions.filter(state="PROPOSED")] == ["更新文"]
        taken = texts.decide_proposal(version=entry.versions.get(state="PROPOSED"), accept=True, by=by, now=NOW)
        assert (taken.body_zh, taken.is_changed) == ("更新文", False)

    def test_a_code_that_stands_twice_is_an_error(self, tmp_path, folder):
        folder()
        (tmp_path / "b.yaml").write_text((tmp_path / "a.yaml").read_text(encoding="utf-8"), encoding="utf-8")
        with pytest.raises(ValueError, match="twice"):
            shipped.read_entries(tmp_path)
