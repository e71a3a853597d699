"""Prints the catalogue items with the tests that show them, read from `@pytest.mark.item(…)`."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "src"


def items_of(node: ast.expr) -> list[str]:
    """The ids of a `pytest.mark.item("A-09", …)` expression, else none."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "item":
        return [argument.value for argument in node.args if isinstance(argument, ast.Constant) and isinstance(argument.value, str)]
    if isinstance(node, (ast.List, ast.Tuple)):
        return [item for element in node.elts for item in items_of(element)]
    return []


def collect() -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for file in sorted(SOURCE.rglob("test_*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        where = str(file.relative_to(SOURCE.parent))
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and any(isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets):
                for item in items_of(node.value):
                    found[item].add(where)
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                for decorator in node.decorator_list:
                    for item in items_of(decorator):
                        found[item].add(f"{where}::{node.name}")
    return found


def main() -> None:
    found = collect()
    for item in sorted(found, key=lambda name: [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]):
        print(item)
        for test in sorted(found[item]):
            print(f"    {test}")


if __name__ == "__main__":
    main()
