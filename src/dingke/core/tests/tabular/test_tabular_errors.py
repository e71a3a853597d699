"""Every code raised has its sentence in both languages, and every sentence its parameters."""

import pickle
import re
import string
from pathlib import Path

import pytest

from dingke.core.tabular import errors
from dingke.core.tabular.errors import MESSAGES, CellRefused, FileRefused, Notice, Problem


def names(template):
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("code", sorted(MESSAGES))
def test_both_languages_name_the_same_parameters(code):
    english, chinese = MESSAGES[code]
    assert names(english) == names(chinese)
    assert re.search(r"[\u4e00-\u9fff]", chinese)
    assert not re.search(r"[\u4e00-\u9fff]", english.replace("是", "").replace("否", ""))
    assert re.fullmatch(r"[A-Z][A-Z0-9_]+", code)


def test_every_code_in_use_has_a_sentence_and_every_sentence_a_use():
    folder = Path(errors.__file__).parent
    source = "\n".join(path.read_text() for path in folder.glob("*.py") if path.name != "errors.py")
    raised = set(re.findall(r'(?:FileRefused|CellRefused|Notice|Problem)\(\s*"([A-Z_0-9]+)"', source))
    assert raised <= set(MESSAGES)
    assert {code for code in MESSAGES if f'"{code}"' not in source} == set()


def test_describe_fills_and_shortens():
    refused = FileRefused("SHEET_NOT_FOUND", {"sheet": "甲" * 200, "sheets": ("一", "二")})
    assert "一, 二" in refused.describe("zh-hans")
    assert "甲" * 78 not in refused.describe("en")
    assert "?" in FileRefused("TOO_MANY_ROWS").describe("en")
    assert Notice("NO_ROWS").describe("en").startswith("The table")
    assert Problem("ROW_TOO_LONG", {"row": 3, "found": 4, "expected": 2}, None).describe("zh").startswith("第 3 行")


def test_a_refusal_survives_pickling():
    refused = pickle.loads(pickle.dumps(CellRefused("NOT_A_NUMBER", {"value": "x"})))
    assert (refused.code, refused.params) == ("NOT_A_NUMBER", {"value": "x"})
    assert str(refused).startswith("NOT_A_NUMBER: ")
