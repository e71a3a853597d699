"""The shipped list of information sources is the one that the dossier's rules know."""

from __future__ import annotations

import pytest
import yaml

from dingke.accounts.calc.dossier_fields import SOURCES
from dingke.core import lists


@pytest.mark.item("C-04")
def test_information_sources_are_the_seventeen_of_the_dossier_rules():
    shipped = yaml.safe_load((lists.PLAYBOOKS / "lists.yaml").read_text(encoding="utf-8"))["info_sources"]
    assert {row["code"]: (row["zh"], row["en"]) for row in shipped} == {
        source.key: (source.label.zh, source.label.en) for source in SOURCES
    }
    assert len(shipped) == 17
