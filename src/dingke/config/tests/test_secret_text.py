"""Secrets lie sealed in the database, open with old keys as well, and are not lost when no key opens them."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection

from dingke.core import secret_text
from dingke.core.secret_text import Unreadable, seal, unseal
from dingke.notices import models
from dingke.notices.models import Bot, Webhook

MIGRATION = (Path(models.__file__).parent / "migrations" / "0002_webhooks.py").read_text(encoding="utf-8")
ADDRESS = "https://open.feishu.cn/open-apis/bot/v2/hook/2b8a9e1c-1f2d-4c3b-9a5e-0d6c7b8a9f10"


def in_the_database(pk: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT address FROM notices_bot WHERE id = %s", [pk])
        return str(cursor.fetchone()[0])


def test_what_is_sealed_opens_and_says_nothing_outside():
    assert unseal(seal(ADDRESS)) == ADDRESS
    assert ADDRESS not in seal(ADDRESS)
    assert seal(ADDRESS) != seal(ADDRESS)
    assert (seal(""), unseal("")) == ("", "")


def test_an_old_key_opens_and_a_foreign_one_does_not(settings):
    sealed = seal(ADDRESS)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", ["only-for-tests-too", settings.SECRET_KEY]
    assert unseal(sealed) == ADDRESS
    settings.SECRET_KEY_FALLBACKS = []
    found = unseal(sealed)
    assert (found, isinstance(found, Unreadable)) == ("", True)
    assert seal(found) == sealed


@pytest.mark.django_db
def test_a_row_is_sealed_also_by_update_and_in_a_backup(cast):
    bot = Bot.objects.create(owner=cast.owner.user, name="群", address=ADDRESS)
    assert "feishu" not in in_the_database(bot.pk)
    Bot.objects.filter(pk=bot.pk).update(address=ADDRESS + "x")
    assert "feishu" not in in_the_database(bot.pk)
    bot.refresh_from_db()
    assert bot.address == ADDRESS + "x"
    # backups read and write the models of the migrations, which know a plain text
    assert Bot._meta.get_field("address").deconstruct()[1] == "django.db.models.TextField"
    assert "SealedTextField" not in MIGRATION


@pytest.mark.django_db
def test_a_save_without_the_key_keeps_what_is_there(cast, settings):
    bot = Bot.objects.create(owner=cast.owner.user, name="群", address=ADDRESS)
    before, key = in_the_database(bot.pk), settings.SECRET_KEY
    settings.SECRET_KEY = "another"
    found = Bot.objects.get(pk=bot.pk)
    found.name = "新名"
    found.save()
    assert in_the_database(bot.pk) == before
    assert secret_text.unreadable() == {"notices.Bot": 1}
    settings.SECRET_KEY = key
    assert Bot.objects.get(pk=bot.pk).address == ADDRESS
    assert secret_text.unreadable() == {}


@pytest.mark.django_db
def test_after_a_change_of_the_key_everything_is_sealed_anew(cast, settings):
    bot = Bot.objects.create(owner=cast.owner.user, name="群", address=ADDRESS)
    Webhook.objects.create(name="ERP", address="https://erp.example.com/", secret="whsec_" + "A" * 32, events=[])
    assert secret_text.seal_anew() == 0
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another"
    assert secret_text.seal_anew() == 3
    assert secret_text.seal_anew() == 0
    settings.SECRET_KEY_FALLBACKS = []
    assert Bot.objects.get(pk=bot.pk).address == ADDRESS
    assert secret_text.unreadable() == {}
