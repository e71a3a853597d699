"""Thousands of requests made up from the API's own description, right and wrong ones: none is answered with a fault of ours.

DINGKE_MALFORMED_REQUESTS says how many altogether (240 unless told; a release is shown with 10,000).
"""

from __future__ import annotations

import json
import os
import warnings
from pathlib import Path
from typing import Any

import pytest
from django.core.signals import got_request_exception, request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings

from dingke.people.actions import tokens

DESCRIPTION = Path(__file__).resolve().parents[5] / "docs" / "openapi.json"
OPERATIONS = [(path, method) for path, ways in json.loads(DESCRIPTION.read_text())["paths"].items() for method in ways]
EACH = int(os.environ.get("DINGKE_MALFORMED_REQUESTS", "240")) // len(OPERATIONS) // 2 + 1
SCOPES = ["accounts:read", "accounts:write", "ledger:read", "insights:read"]
HOSTILE = ["\x00", "\ud800", "9" * 40, "-1", "1e400", "NaN", "%00", "𠮷" * 3000, "' OR 1=1 --", "../../etc/passwd", "{{7*7}}"]


@pytest.fixture
def api(cast, account, settings):
    """Sends one request in this thread, with a token that may do everything; a fault comes back as itself."""
    settings.API_REQUESTS_PER_TOKEN = settings.API_REQUESTS_PER_ADDRESS = 10**9
    _token, secret = tokens.create_token(name="ERP", scopes=SCOPES, days=90, by=cast.director.scope, now=timezone.now())
    for signal in (request_started, request_finished):  # as Django's own test client: the connection holds the test's transaction
        signal.disconnect(close_old_connections)
    yield {"Authorization": f"Bearer {secret}"}
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def faults():
    """What the product did not expect, as it happens."""
    import sys

    seen: list[str] = []

    def note(**_said: Any) -> None:
        seen.append(repr(sys.exc_info()[1]))

    got_request_exception.connect(note)
    yield seen
    got_request_exception.disconnect(note)


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", [False, True], ids=["right", "wrong"])
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_no_request_made_from_the_description_meets_a_fault(path, method, wrong, api, faults):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import schemathesis

        schema = schemathesis.openapi.from_dict(json.loads(DESCRIPTION.read_text()))
        schema.app = get_wsgi_application()
        mode = schemathesis.GenerationMode.NEGATIVE if wrong else schemathesis.GenerationMode.POSITIVE
        cases = schema[path][method.upper()].as_strategy(generation_mode=mode)

    @given(case=cases)
    @settings(max_examples=EACH, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    def ask(case: Any) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            answer = case.call(base_url="http://localhost", headers=api)
        assert answer.status_code < 500, (case, faults)
        assert faults == [], case

    try:
        ask()
    except Exception as error:
        if type(error).__name__ not in ("Unsatisfiable",):  # nothing can be wrong with a request that takes nothing
            raise


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b'{"name": "\\u0000"}', b'{"name": "\\ud800"}', b"[" * 5000, b'{"name": 1e999}'],
)
def test_no_broken_body_meets_a_fault(body, api, faults, client, account):
    client.raise_request_exception = False
    for path, method in OPERATIONS:
        if method != "get":
            url = path.replace("{account_id}", str(account.pk)).replace("{notice_id}", "1")
            for kind in ("application/json", "text/plain", "multipart/form-data; boundary=x", "application/json; charset=nonsense"):
                answer = client.generic(method.upper(), url, body, content_type=kind, headers=api)
                assert answer.status_code < 500, (method, url, kind, faults)


@pytest.mark.django_db
@pytest.mark.parametrize("text", HOSTILE)
def test_no_hostile_parameter_meets_a_fault(text, api, faults, client):
    client.raise_request_exception = False
    described = json.loads(DESCRIPTION.read_text())["paths"]
    for path, method in OPERATIONS:
        if method == "get":
            names = [parameter["name"] for parameter in described[path]["get"].get("parameters", []) if parameter["in"] == "query"]
            for name in [*names, "unknown"]:
                query = f"{name}={text}" if text == "%00" else None
                value = text.encode("utf-8", "surrogatepass")
                url = path.replace("{account_id}", "1")
                answer = client.get(f"{url}?{query}", headers=api) if query else client.get(url, {name: value}, headers=api)
                assert answer.status_code < 500, (url, name, faults)
