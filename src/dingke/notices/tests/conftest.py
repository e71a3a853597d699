"""Fixtures of notices: telling the owner of the cast something, a receiver for bots, a mail server."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from django.utils import translation

from dingke.notices.actions.tell import Words, notify
from dingke.notices.models import Notice

KIND = "account.given"


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """Titles are compared in English whatever test ran before."""
    with translation.override("en"):
        yield


@pytest.fixture
def told(cast: Any, account: Any, now: datetime) -> Callable[..., Notice]:
    """Tells somebody of the cast about the owner's account."""

    def tell(
        person: Any = None, *, kind: str = KIND, at: datetime | None = None, subject: tuple[str, int] | None = None, **words: Any
    ) -> Notice:
        values = {"account": "江州重工", "name": "许文静", **words.pop("values", {})}
        title = words.pop("title", "%(name)s gave you %(account)s")
        rows = notify(
            kind=kind, to=[(person or cast.owner).user.pk], now=at or now, subject=("account", account.pk) if subject is None else subject,
            key=words.pop("key", ""), words=Words(title=title, values=values, link=words.pop("link", "/accounts/"), **words),
        )  # fmt: skip
        return rows[0]

    return tell


class Receiver(http.server.ThreadingHTTPServer):
    """A real HTTP server that stands for the service of a bot. It answers what `answer` says and keeps what it was sent."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[tuple[str, dict[str, Any]]] = []
        self.answer: tuple[int, Any] = (200, {"errcode": 0, "errmsg": "ok"})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.received.append((self.path, json.loads(body)))
        status, answer = self.server.answer
        text = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_arguments: Any) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def open_receiver(receiver: Receiver, settings: Any) -> Receiver:
    """The receiver lies on this machine: the administrator has allowed it."""
    settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
    return receiver
