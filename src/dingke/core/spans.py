"""Spans of a trace: named pieces of work and how long they took. Nothing is recorded, at no cost, until config installs a recorder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext
from types import TracebackType

Fact = str | int | float | bool
Recorder = Callable[[str, str, Mapping[str, Fact]], AbstractContextManager[None]]

_NOTHING: AbstractContextManager[None] = nullcontext()
_recorder: list[Recorder] = []
_carrier: list[Callable[[], str]] = []


def install(*, recorder: Recorder | None, carrier: Callable[[], str] | None = None) -> None:
    """Takes over what records spans, and what says where in the trace the caller is. `None` stops recording."""
    _recorder[:] = [recorder] if recorder else []
    _carrier[:] = [carrier] if carrier else []


def span(name: str, *, parent: str = "", facts: Mapping[str, Fact] | None = None) -> AbstractContextManager[None]:
    """One piece of work. Names and facts are of the program: nothing that somebody typed, no addresses, no names of people.

    `parent` continues a trace of another process (`carried` there).
    """
    return _recorder[0](name, parent, facts or {}) if _recorder else _NOTHING


def carried() -> dict[str, str]:
    """Arguments for a task that is to continue this trace; none where nothing is recorded."""
    parent = _carrier[0]() if _carrier else ""
    return {"parent": parent} if parent else {}


class Steps:
    """Work in steps, one after another: each call ends the step before."""

    def __init__(self) -> None:
        self._open = ExitStack()

    def __enter__(self) -> Steps:
        return self

    def __call__(self, name: str) -> None:
        self._open.close()
        self._open.enter_context(span(name))

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._open.__exit__(kind, error, trace)
