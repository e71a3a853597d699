"""`dingke bench fit`: BG/NBD and Gamma-Gamma on simulated customers, ours beside the `lifetimes` package in an environment of its own.

Both get the same customers in the same order and take turns; each figure is the best of its turns, in seconds of the processor, which
other work on the machine disturbs least. `lifetimes` is installed for the
measurement only and never into this installation.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from dingke.config.bench.command import CannotMeasure, machine
from dingke.insights.calc.buying import BetaGeoNBD, Likelihood
from dingke.insights.calc.spending import GammaGamma
from dingke.insights.calc.spending import Likelihood as SpendingLikelihood

PACKAGE = "lifetimes==0.11.3"
HORIZON = 365.0
TRUTH = {"r": 0.243, "alpha": 30.9, "a": 0.793, "b": 2.426, "p": 6.25, "q": 3.74, "v": 15.44}
GOALS = {"fit": 10.0, "spending": 10.0, "predict": 1.0}
Tell = Callable[[str], object]

RIVAL = """
import json, sys, time, warnings
import numpy as np
warnings.simplefilter("ignore")
from lifetimes import BetaGeoFitter, GammaGammaFitter
held = np.load(sys.argv[1])
x, tx, t, m = (held[name] for name in ("x", "tx", "t", "m"))
again = x > 0
print("ready", flush=True)
for _line in sys.stdin:
    begin = time.process_time()
    buying = BetaGeoFitter(penalizer_coef=0.0)
    buying.fit(x, tx, t)
    fitted = time.process_time()
    told = buying.conditional_expected_number_of_purchases_up_to_time(float(sys.argv[2]), x, tx, t)
    predicted = time.process_time()
    spending = GammaGammaFitter(penalizer_coef=0.0)
    try:
        spending.fit(x[again], m[again])
        found = dict(spending.params_)
    except Exception:  # it gives up on some samples
        found = {}
    spent = time.process_time()
    print(json.dumps({
        "fit": fitted - begin, "predict": predicted - fitted, "spending": spent - predicted, "expected": float(np.sum(told)),
        "parameters": {name: float(value) for name, value in {**buying.params_, **found}.items()},
    }), flush=True)
"""


def simulated(number: int, *, whole_days: bool, seed: int = 1) -> dict[str, Any]:
    """Customers who live by the models, as known for half a year to a year and a half; in days, whole as in a ledger or not."""
    rng = np.random.default_rng(seed)
    end, rate = rng.uniform(180, 540, number), rng.gamma(TRUTH["r"], 1 / TRUTH["alpha"], number)
    most = rng.geometric(rng.beta(TRUTH["a"], TRUTH["b"], number))
    x, tx, clock = np.zeros(number), np.zeros(number), np.zeros(number)
    there = np.arange(number)
    while there.size:
        clock[there] += rng.exponential(1 / np.maximum(rate[there], 1e-300))
        there = there[clock[there] <= end[there]]
        x[there] += 1
        tx[there] = clock[there]
        there = there[x[there] < most[there]]
    if whole_days:
        end, tx = np.ceil(end), np.where(x > 0, np.maximum(np.ceil(tx), 1), 0)
    times = np.maximum(x, 1)
    money = rng.gamma(TRUTH["p"] * times, 1 / (rng.gamma(TRUTH["q"], 1 / TRUTH["v"], number) * times))
    return {"x": x, "tx": tx, "t": end, "m": money}


def ours(held: dict[str, Any]) -> dict[str, Any]:
    x, tx, t, m = (held[name] for name in ("x", "tx", "t", "m"))
    again = x > 0
    begin = time.process_time()
    buying = BetaGeoNBD().fit(x, tx, t)
    fitted = time.process_time()
    told = buying.expected_purchases(HORIZON, x, tx, t)
    predicted = time.process_time()
    spending = GammaGamma().fit(x[again], m[again])
    spent = time.process_time()
    values = dict(zip(("r", "alpha", "a", "b", "p", "q", "v"), [*buying.parameters_, *spending.parameters_], strict=True))
    return {
        "fit": fitted - begin, "predict": predicted - fitted, "spending": spent - predicted, "expected": float(told.sum()),
        "parameters": {name: float(value) for name, value in values.items()},
    }  # fmt: skip


def rival_python(folder: Path, tell: Tell) -> Path:
    """Python with `lifetimes`, made once in ``folder``. Raises `CannotMeasure` with what to do when it cannot be had."""
    python = folder / "bin" / "python"
    if not python.exists():
        tell(f"installing {PACKAGE}")
        uv = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
        if uv:
            steps = [[uv, "venv", "--quiet", "--python", sys.executable, str(folder)]]
            steps.append([uv, "pip", "install", "--quiet", "--python", str(python), PACKAGE])
        else:
            steps = [[sys.executable, "-m", "venv", str(folder)], [str(python), "-m", "pip", "install", "--quiet", PACKAGE]]
        for step in steps:
            ended = subprocess.run(step, capture_output=True, text=True, check=False)
            if ended.returncode:
                shutil.rmtree(folder, ignore_errors=True)
                raise CannotMeasure(
                    f"{PACKAGE} could not be installed ({ended.stderr.strip()[-300:]}). "
                    "Name a Python that has it with --lifetimes, or leave it out with --alone."
                )
    return python


def _likelihood(held: dict[str, Any], values: dict[str, float]) -> tuple[float, float | None]:
    """Of all customers under these parameters: buying and spending. One yardstick for both."""
    x, tx, t, m = (held[name] for name in ("x", "tx", "t", "m"))
    again, ones = x > 0, np.ones_like(x)
    buying = Likelihood(x, tx, t, ones)(np.array([values[name] for name in ("r", "alpha", "a", "b")]))[0]
    if "p" not in values:
        return buying, None
    spending = SpendingLikelihood(x[again], m[again], ones[again])(np.array([values[name] for name in ("p", "q", "v")]))[0]
    return buying, spending


def run(*, customers: int, turns: int, python: Path | None, keep: Path, alone: bool, tell: Tell) -> dict[str, Any]:
    """Figures in seconds. Raises `CannotMeasure`."""
    keep.mkdir(parents=True, exist_ok=True)
    rival = None if alone else python or rival_python(keep / "lifetimes", tell)
    found = []
    for name, whole_days in (("whole days, as a ledger has", True), ("any time", False)):
        tell(f"simulating {customers:,} customers")
        held = simulated(customers, whole_days=whole_days)
        found.append({"times": name, **_compared(held, rival, keep, turns, tell)})
    return {"machine": machine(), "load": os.getloadavg()[0], "customers": customers, "turns": turns, "goals": GOALS, "runs": found}


def _compared(held: dict[str, Any], rival: Path | None, keep: Path, turns: int, tell: Tell) -> dict[str, Any]:
    mine: list[dict[str, Any]] = []
    other: list[dict[str, Any]] = []
    process = None
    if rival is not None:
        file = keep / "customers.npz"
        np.savez(file, **held)
        command = [str(rival), "-c", RIVAL, str(file), str(HORIZON)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = subprocess.Popen(command, text=True, **pipes)  # type: ignore[call-overload]
        if process.stdout is None or process.stdout.readline().strip() != "ready":
            raise CannotMeasure(f"lifetimes does not start: {(process.communicate()[1] or '')[-500:]}")
    try:
        for turn in range(turns):
            tell(f"ours, turn {turn + 1}")
            mine.append(ours(held))
            if process is not None and process.stdin is not None and process.stdout is not None:
                tell(f"lifetimes, turn {turn + 1}")
                process.stdin.write("go\n")
                process.stdin.flush()
                line = next((line for line in process.stdout if line.startswith("{")), "")  # lifetimes has remarks of its own
                if not line:
                    raise CannotMeasure(f"lifetimes ended: {(process.communicate()[1] or '')[-500:]}")
                other.append(json.loads(line))
    finally:
        if process is not None:
            process.kill()
            process.wait()
        (keep / "customers.npz").unlink(missing_ok=True)
    told: dict[str, Any] = {"ours": _best(mine)}
    told["log_likelihood"] = {"ours": _likelihood(held, mine[0]["parameters"])}
    if other:
        told["lifetimes"] = _best(other)
        told["log_likelihood"]["lifetimes"] = _likelihood(held, other[0]["parameters"])
        told["times_faster"] = {name: told["lifetimes"][name] / told["ours"][name] for name in GOALS}
        pairs = zip(told["log_likelihood"]["ours"], told["log_likelihood"]["lifetimes"], strict=True)
        told["maximum_apart"] = [None if one is None or two is None else (one - two) / abs(two) for one, two in pairs]
    return told


def _best(turns: list[dict[str, Any]]) -> dict[str, Any]:
    return {**turns[0], **{name: min(turn[name] for turn in turns) for name in GOALS}}
