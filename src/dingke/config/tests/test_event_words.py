"""The catalogue of events from which webhooks choose."""

from __future__ import annotations

from django.utils import translation

from dingke.config import event_words, wiring
from dingke.notices.queries import webhooks as queries


def test_every_event_of_the_product_is_in_the_catalogue_with_words_in_both_languages():
    known = {event.name: event for event in queries.known_events()}
    assert set(known) == {event.__name__ for event in wiring.EVENTS}
    assert len({event.type for event in known.values()}) == len(known), "two events would look alike to a receiver"
    assert known["PaymentReceived"].type == "ledger.payment_received"
    assert known["PaymentReceived"].ids == ("account_id", "payment_id", "receivable_id")
    with translation.override("zh-hans"):
        for name in set(event_words.WORDS) & set(known):
            assert any("\u4e00" <= letter <= "\u9fff" for letter in str(known[name].label)), name
