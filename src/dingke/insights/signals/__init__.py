"""The signals of early warning: one file each. A new file in this folder with a judge under ``@signal`` adds one: it is found by
walking the package, judged in every run, told in alerts, and replayed by the backtest.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from types import ModuleType

from dingke.core.reasons import Label, Sentences
from dingke.insights.calc.warning import Category, Combined, Context, Judge, Signal, combine

_registry: dict[str, Signal] = {}


def signal(
    *,
    code: str,
    label: tuple[str, str],
    action: tuple[str, str],
    category: Category,
    sentences: dict[str, tuple[str, str]],
    replays: bool = True,
    tells: str = "",
) -> Callable[[Judge], Judge]:
    """Registers a judge. ``label``, ``action`` (what is proposed) and the sentences are (English, Chinese)."""

    def register(judge: Judge) -> Judge:
        if code in _registry and _registry[code].judge.__module__ != judge.__module__:
            raise ValueError(f"the signal {code} is there twice")
        _registry[code] = Signal(code, Label(*label), Label(*action), category, Sentences(sentences), judge, replays, tells)
        _all.cache_clear()
        return judge

    return register


def discover(package: ModuleType) -> None:
    """Imports every module of a package of signals, so that each registers itself."""
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)


def signals() -> tuple[Signal, ...]:
    """Every signal there is, by code."""
    importlib.import_module(__name__)
    return _all()


@cache
def _all() -> tuple[Signal, ...]:
    discover(importlib.import_module(__name__))
    return tuple(_registry[code] for code in sorted(_registry))


def signal_of(code: str) -> Signal | None:
    """None for a signal of an older version that is gone."""
    return next((one for one in signals() if one.code == code), None)


def sentences() -> Sentences:
    """The sentences of all signals."""
    merged = Sentences({})
    for one in signals():
        merged = merged | one.sentences
    return merged


def judge_company(context: Context) -> Combined:
    """All signals on a company as of a day. In a replay only those that judge by orders alone."""
    judged = [one.judge(context) for one in signals() if one.replays or not context.is_replay]
    return combine(context.columns, judged, context.settings)
