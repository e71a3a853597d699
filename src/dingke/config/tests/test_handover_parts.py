"""Every key to a person has its line: a hand-over moves what it names, or it stays for a reason."""

from __future__ import annotations

from django.apps import apps

from dingke.config import moving
from dingke.people.models import User


def keys_to_people() -> set[str]:
    return {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if model.__module__.startswith("dingke.") and not model._meta.auto_created
        for field in [*model._meta.fields, *model._meta.many_to_many]
        if field.related_model is User
    }


def test_every_key_to_a_person_is_handed_over_or_stays_for_a_reason():
    moved = {key for part in moving.HANDOVER_PARTS for key in part.keys}
    unlisted = keys_to_people() - moved - set(moving.HANDOVER_STAYS)
    assert unlisted == set(), "give a part or say why it stays in config/moving.py"
    assert moved & set(moving.HANDOVER_STAYS) == set()
    assert (moved | set(moving.HANDOVER_STAYS)) - keys_to_people() == set(), "a line for a key that is gone"
