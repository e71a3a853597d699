"""When a person is erased: off every map, with everything that was judged of him or her."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dingke.accounts.actions.privacy import ErasedAbove
from dingke.accounts.calc.privacy import value_without_words, without_words
from dingke.accounts.models import Contact
from dingke.stakeholders.models import BuyingCentre, ChainStep, Line, NeedEntry, Stakeholder, Stance


def erase_person(*, contact: Contact, words: Sequence[str], stand_in: str, with_mentions: bool, now: datetime) -> ErasedAbove:
    """Inside the transaction of the erasure. The place in a chain or line stays, without the person."""
    rows = list(Stakeholder.objects.filter(contact=contact).order_by("pk"))
    ids = [row.pk for row in rows]
    Stance.objects.filter(stakeholder_id__in=ids).delete()
    Line.objects.filter(start_id__in=ids).update(note="")
    Line.objects.filter(end_id__in=ids).update(note="")
    ChainStep.objects.filter(stakeholder_id__in=ids).update(stakeholder=None)
    for row in rows:
        row.attitude, row.attitude_date, row.approach, row.profile, row.personality, row.style_note = "", None, "", {}, "", ""
        row.is_supporter = row.is_key_person = False
        row.competence_accepted = row.impression_good = None
        row.first_visit_date = row.alone_talk_date = row.last_contact_date = None
        row.archived_at = row.archived_at or now
        row.save()
    needs = list(NeedEntry.objects.filter(contact=contact).order_by("pk"))
    for need in needs:
        need.text = without_words(need.text, words, stand_in)
        need.save()
    centres = list(BuyingCentre.objects.filter(account_id=contact.account_id).order_by("pk"))
    if with_mentions:
        for centre in centres:
            centre.influences = value_without_words(centre.influences, words, stand_in)
            centre.factors = value_without_words(centre.factors, words, stand_in)
        BuyingCentre.objects.bulk_update(centres, ["influences", "factors"])
        _others_profiles(contact, words, stand_in)
    return ErasedAbove(
        whole=((Stakeholder._meta.label_lower, tuple(ids)),),
        texts=(
            (NeedEntry._meta.label_lower, tuple(need.pk for need in needs)),
            (BuyingCentre._meta.label_lower, tuple(centre.pk for centre in centres)),  # lines are written down there, by name
        ),
    )


def _others_profiles(contact: Contact, words: Sequence[str], stand_in: str) -> None:
    """What the profiles of colleagues say of the person."""
    for row in Stakeholder.objects.filter(centre__account_id=contact.account_id).exclude(profile={}).order_by("pk"):
        cleaned = value_without_words(row.profile, words, stand_in)
        if cleaned != row.profile:
            row.profile = cleaned
            row.save(update_fields=["profile"])
