"""Secrets that have to be read again: addresses of bots, keys of webhooks. They lie sealed in the database.

One mechanism: Fernet (AES-128-CBC with HMAC-SHA256), its key made from the secret key of the installation by HKDF. The keys named by
DINGKE_OLD_SECRET_KEYS open what was sealed before the key was changed; `seal_anew` brings it under the new one.
What only has to be compared (passwords, tokens) is hashed instead and never comes here.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models.functions import Cast

PURPOSE = b"dingke secrets in the database, 1"


class Unreadable(str):
    """Stands for a secret that no key of this installation opens: reads as "", and is stored again as it was."""

    sealed: str

    def __new__(cls, sealed: str) -> Unreadable:
        made = super().__new__(cls, "")
        made.sealed = sealed
        return made


@lru_cache(maxsize=8)
def _key(secret: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(secret.encode())))


def _keys() -> list[Fernet]:
    return [_key(str(secret)) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


def seal(text: str) -> str:
    """The text as it may lie in the database; "" stays ""."""
    if isinstance(text, Unreadable):
        return text.sealed
    return _keys()[0].encrypt(text.encode()).decode() if text else ""


def unseal(sealed: str) -> str:
    """The text again; `Unreadable` when no key opens it."""
    if not sealed:
        return ""
    try:
        return MultiFernet(_keys()).decrypt(sealed.encode()).decode()
    except InvalidToken:
        return Unreadable(sealed)


class SealedTextField(models.TextField[str, str]):
    """A text that is sealed on its way into the database and opened on its way out; it cannot be searched for.

    Migrations, and with them backups, see a plain text field: they carry what lies in the database, never what it says.
    """

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, _path, arguments, options = super().deconstruct()
        return name, "django.db.models.TextField", arguments, options

    def from_db_value(self, value: str | None, _expression: Any, _connection: Any) -> str | None:
        return value if value is None else unseal(value)

    def get_prep_value(self, value: Any) -> Any:
        return value if value is None else seal(value if isinstance(value, str) else str(value))


def _stored() -> Iterator[tuple[type[models.Model], str, int, str]]:
    """Every secret there is: model, field, row, and what it says."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, SealedTextField):
                rows = model._base_manager.exclude(**{f"{field.attname}__exact": ""}).order_by("pk").values_list("pk", field.attname)
                for pk, text in rows.iterator(chunk_size=500):
                    yield model, field.attname, pk, text


def unreadable() -> dict[str, int]:
    """How many secrets no key of this installation opens, by model."""
    found: dict[str, int] = {}
    for model, _field, _pk, text in _stored():
        if isinstance(text, Unreadable):
            found[model._meta.label] = found.get(model._meta.label, 0) + 1
    return found


def seal_anew() -> int:
    """Seals with the key in force what only an older one opens; afterwards the older one is not needed any more."""
    if not settings.SECRET_KEY_FALLBACKS:
        return 0
    done = 0
    for model, field, pk, text in list(_stored()):
        raw = model._base_manager.annotate(raw=Cast(field, models.TextField())).values_list("raw", flat=True).get(pk=pk)
        if isinstance(text, Unreadable) or _opens(raw):
            continue
        done += model._base_manager.filter(pk=pk).update(**{field: text})
    return done


def _opens(sealed: str) -> bool:
    try:
        _keys()[0].decrypt(sealed.encode())
    except InvalidToken:
        return False
    return True
