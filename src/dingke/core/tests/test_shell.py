"""The shell and its parts: they render strictly, in both languages, within the content policy."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.template import engines
from django.test import RequestFactory
from django.utils import translation

from dingke.core import examples
from dingke.core.models import Job

INLINE = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)|\sstyle=|\son[a-z]+=|hx-on", re.IGNORECASE)


def rendered(template: str, context: dict[str, Any], person: Any = None) -> str:
    request = None
    if person is not None:
        request = RequestFactory().get("/style/")
        request.user, request.scope, request.session = person.user, person.scope, {}  # type: ignore[attr-defined]
        request._messages = []  # type: ignore[attr-defined]
    return str(engines["jinja2"].get_template(template).render(context, request))


@pytest.mark.parametrize("language", ["zh-hans", "en"])
class TestPages:
    def test_every_part_renders_without_inline_code(self, cast: Any, language: str) -> None:
        with translation.override(language):
            context = {"form": examples.form(with_errors=True), "examples": examples.charts(), "jobs": examples.jobs()}
            html = rendered("core/style.html", context, cast.owner)
        assert not INLINE.search(html)
        assert ("鼎客" in html) is (language == "zh-hans")
        assert 'aria-invalid="true"' in html

    def test_the_page_for_a_database_that_is_away_needs_nothing(self, language: str) -> None:
        with translation.override(language):
            html = rendered("core/away.html", {"status": 503, "title": "T", "message": "…", "trace": "0123456789abcdef"})
        assert "0123456789abcdef" in html
        assert not INLINE.search(html)

    @pytest.mark.parametrize("status", [403, 404, 409, 429, 500])
    def test_an_error_says_what_happened_what_was_kept_and_what_to_do(self, language: str, status: int) -> None:
        with translation.override(language):
            html = rendered("core/error.html", {"status": status, "title": "T", "message": "because", "trace": "abc"})
        assert "because" in html
        assert html.count("<dd>") == 3


class TestProgress:
    def test_polls_while_the_work_runs_and_stops_after_it(self, cast: Any) -> None:
        running = Job(pk=7, state=Job.State.RUNNING, done=5, total=10)
        html = rendered("core/_job.html", {"job": running}, cast.owner)
        assert 'hx-trigger="every 1s"' in html
        assert 'aria-valuenow="50"' in html
        assert "/jobs/7/cancel/" in html
        failed = Job(pk=7, state=Job.State.FAILED, message="because", trace_id="abc123")
        html = rendered("core/_job.html", {"job": failed}, cast.owner)
        assert "hx-trigger" not in html
        assert "because" in html
        assert "abc123" in html


class TestStyleGuide:
    def test_is_for_developers_only(self, cast: Any) -> None:
        assert cast.owner.client.get("/style/").status_code == 404


def test_a_stat_with_an_address_is_a_link():
    template = engines["jinja2"].env.from_string(
        '{% import "core/macros.html" as ui with context %}{{ ui.stat("Largest", "3.4%", href="#guards") }}'
    )
    html = template.render(request=RequestFactory().get("/"))
    assert '<a href="#guards" class="dk-stat">' in html
