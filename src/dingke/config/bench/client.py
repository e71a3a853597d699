"""A load client that costs little: keep-alive sockets and one selector, so that two cores measure the server and not the client."""

from __future__ import annotations

import selectors
import socket
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

Ask = Callable[[int], bytes]  # the n-th request, whole


class AnsweredBadly(Exception):
    """The server gave another status than the figure expects."""


@dataclass(slots=True)
class Load:
    """What a burst of requests took. Times in milliseconds."""

    clients: int
    seconds: float
    times: list[float] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        return len(self.times) / self.seconds if self.seconds else 0.0

    @property
    def median(self) -> float:
        return statistics.median(self.times) if self.times else 0.0

    @property
    def p95(self) -> float:
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))] if ordered else 0.0


class _Connection:
    __slots__ = ("buffer", "ends", "sent", "socket")

    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer, self.ends, self.sent = bytearray(), -1, 0.0

    def ask(self, request: bytes) -> None:
        self.buffer.clear()
        self.ends, self.sent = -1, time.perf_counter()
        self.socket.sendall(request)

    def hear(self) -> bool:
        """Whether the answer is complete."""
        part = self.socket.recv(262_144)
        if not part:
            raise AnsweredBadly("the server closed the connection")
        self.buffer += part
        if self.ends < 0:
            head = self.buffer.find(b"\r\n\r\n")
            if head < 0:
                return False
            self.ends = head + 4 + _length(bytes(self.buffer[:head]))
        return len(self.buffer) >= self.ends


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _colon, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise AnsweredBadly(f"an answer without a length: {head[:200]!r}")


def run(*, host: str, port: int, ask: Ask, status: int, clients: int, seconds: float, first: int = 0) -> Load:
    """Keeps `clients` requests in flight for some time. Raises `AnsweredBadly` at the first answer of another status."""
    connections = [_Connection(host, port) for _client in range(clients)]
    wanted = f"HTTP/1.1 {status}".encode()
    times: list[float] = []
    number = first
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            selector.register(connection.socket, selectors.EVENT_READ, connection)
        begin = time.perf_counter()
        until = begin + seconds
        for connection in connections:
            connection.ask(ask(number))
            number += 1
        waiting = clients
        while waiting:
            for key, _mask in selector.select(60):
                connection = key.data
                if not connection.hear():
                    continue
                now = time.perf_counter()
                times.append((now - connection.sent) * 1000)
                if not connection.buffer.startswith(wanted):
                    raise AnsweredBadly(bytes(connection.buffer[:1500]).decode("utf-8", "replace"))
                if now < until:
                    connection.ask(ask(number))
                    number += 1
                else:
                    waiting -= 1
        took = time.perf_counter() - begin
    for connection in connections:
        connection.socket.close()
    return Load(clients, took, times)


def fetch(*, host: str, port: int, request: bytes) -> tuple[int, bytes]:
    """One request: status and body."""
    connection = _Connection(host, port)
    connection.ask(request)
    while not connection.hear():
        pass
    connection.socket.close()
    head, _blank, body = bytes(connection.buffer).partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), body
