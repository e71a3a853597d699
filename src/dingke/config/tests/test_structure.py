"""What import contracts cannot see: keys upwards by string, rows in doors, Django in the method, unlisted events."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.apps import apps

import dingke
from dingke.core import bus
from dingke.core.events import Event

PACKAGE = Path(dingke.__file__).resolve().parent
PROJECT = PACKAGE.parent.parent


def domain_order() -> list[str]:
    """Domains from the ground up, as the contract declares them."""
    config = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = next(entry for entry in config["tool"]["importlinter"]["contracts"] if entry["name"] == "Domains are ordered")
    names = [name.strip(" ()") for layer in contract["layers"] for name in layer.split("|")]
    return list(reversed(names))


def doors() -> list[Path]:
    files = [
        *PACKAGE.glob("*/views.py"),
        *PACKAGE.glob("*/views/*.py"),
        *PACKAGE.glob("*/api.py"),
        *PACKAGE.glob("*/api/*.py"),
        *PACKAGE.glob("*/tasks.py"),
        *PACKAGE.glob("*/*/views.py"),
    ]
    return sorted(set(files))


def test_no_foreign_key_points_to_a_higher_domain():
    order = {name: place for place, name in enumerate(domain_order())}
    upward = [
        f"{model._meta.label}.{field.name} -> {field.related_model._meta.label}"
        for model in apps.get_models()
        if model.__module__.startswith("dingke.")
        for field in model._meta.get_fields()
        if field.is_relation
        and not field.auto_created
        and field.related_model is not None
        and field.related_model.__module__.startswith("dingke.")
        if order[field.related_model._meta.app_label] > order[model._meta.app_label]
    ]
    assert upward == []


def test_doors_never_touch_rows_themselves():
    found = [
        f"{file.relative_to(PACKAGE)}:{node.lineno}"
        for file in doors()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in {"objects", "_default_manager"}
    ]
    assert found == [], "a door calls one query or action; rows belong there"


def pure_modules() -> list[str]:
    names = []
    for info in pkgutil.walk_packages([str(PACKAGE)], "dingke."):
        parts = info.name.split(".")
        if "tests" in parts or "migrations" in parts:
            continue
        if (
            "calc" in parts
            or parts[-1] == "events"
            or parts[:3] == ["dingke", "core", "tabular"]
            or info.name in {"dingke.core.money", "dingke.core.periods", "dingke.core.scope", "dingke.core.reasons"}
        ):
            names.append(info.name)
    return sorted(names)


def test_the_method_imports_without_django():
    code = (
        "import sys, importlib\n"
        + "\n".join(f"importlib.import_module({name!r})" for name in pure_modules())
        + "\nsys.exit(1 if 'django' in sys.modules else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(PACKAGE.parent), "PATH": ""}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr or "Django was imported"


def all_events() -> list[type[Event]]:
    for info in pkgutil.walk_packages([str(PACKAGE)], "dingke."):
        if info.name.endswith(".events"):
            importlib.import_module(info.name)
    # a slotted dataclass leaves its unslotted twin behind: only what the module holds under its name counts
    living = {event for event in Event.__subclasses__() if getattr(sys.modules[event.__module__], event.__name__, None) is event}
    return sorted(living, key=lambda event: event.__name__)


@pytest.mark.parametrize("event", all_events(), ids=lambda event: event.__name__)
def test_every_event_has_its_line_in_the_wiring_table(event):
    assert bus.is_listed(event), "list it in config/wiring.py, with an empty tuple when nobody listens"


def test_no_business_file_is_longer_than_it_can_be_read():
    long = {
        str(file.relative_to(PACKAGE)): lines
        for file in PACKAGE.rglob("*.py")
        if "migrations" not in file.parts and (lines := len(file.read_text(encoding="utf-8").splitlines())) > 450
    }
    assert long == {}


def test_every_setting_is_documented():
    import re

    text = (PROJECT / "docs" / "settings.md").read_text(encoding="utf-8")
    source = "".join(file.read_text(encoding="utf-8") for file in (PACKAGE / "config").glob("settings*.py"))
    used = set(re.findall(r'env_\w+\(\s*"(DINGKE_\w+)"', source))
    missing = {name for name in used if name not in text and f"_{name.rsplit('_', 1)[1]}`" not in text}
    assert missing == set()


def test_no_field_hides_the_fields_of_its_form():
    """In a page `form.elements` lists the fields; a field of that name would stand in its place, and nothing could be sent."""
    named = re.compile(r"""^    elements = forms\.|\bname=["']elements["']""", re.MULTILINE)
    files = [*PACKAGE.rglob("templates/**/*.html"), *PACKAGE.glob("*/forms.py"), *PACKAGE.glob("*/forms/*.py")]
    found = [str(file.relative_to(PACKAGE)) for file in files if named.search(file.read_text(encoding="utf-8"))]
    assert [name for name in found if 'prefix = "points"' not in (PACKAGE / name).read_text(encoding="utf-8")] == []
