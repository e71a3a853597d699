"""The database of every release comes to the present version with all that was in it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.apps import apps

from dingke.config.life import container, state
from dingke.config.life.restore import restore
from dingke.config.tests.life.conftest import at

pytestmark = pytest.mark.django_db

RELEASES = sorted((Path(__file__).resolve().parent.parent / "releases").glob("*.dingke"))


def test_releases_are_kept():
    assert RELEASES, "run tools/release_database.py"


@pytest.mark.parametrize("file", RELEASES, ids=lambda file: file.stem)
def test_a_kept_release_restores_and_upgrades(file, empty, settings, engines):
    assert file.stat().st_size <= 300_000
    with container.opened(file, "") as backup:
        backup.verify()
        facts = backup.manifest
    with at(empty(engines[-1]), settings):
        answer = restore(file=file, now=datetime(2026, 9, 30, tzinfo=UTC))
        assert answer["rows"] == facts.rows
        assert state.pending() == []
        models = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}
        lost = {
            table.table: (table.rows, models[table.table]._base_manager.count())
            for table in facts.tables
            if table.table in models and models[table.table]._base_manager.count() < table.rows
        }
        assert lost == {}
        for model in models.values():
            for row in model._base_manager.order_by("pk").iterator():
                assert row.pk is not None
        assert models["accounts_account"]._base_manager.count() > 10
