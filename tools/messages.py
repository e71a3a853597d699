"""Translations: extract the texts of each domain, compile them, and say what is missing.

`messages.py update [domain …]`  extracts into src/dingke/<domain>/locale/zh_Hans/LC_MESSAGES/django.po
`messages.py compile`            writes the .mo files
`messages.py check`              fails when a catalogue is stale or a Chinese text is missing, fuzzy or loses a placeholder
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "dingke"
LOCALE = "zh_Hans"
METHODS = [
    ("templates/**.html", "jinja2"),
    ("allauth_templates/**", "ignore"),
    ("tests/**", "ignore"),
    ("static/**", "ignore"),
    ("migrations/**", "ignore"),
    ("**.py", "python"),
]
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")


def domains() -> list[Path]:
    return sorted(path.parent for path in PACKAGE.glob("*/__init__.py"))


def po_file(domain: Path) -> Path:
    return domain / "locale" / LOCALE / "LC_MESSAGES" / "django.po"


def extracted(domain: Path) -> Catalog:
    catalog = Catalog(locale=LOCALE, project="Dingke", charset="utf-8")
    options = {
        "templates/**.html": {"trimmed": "true", "extensions": "jinja2.ext.do", "silent": "false"}
    }  # loud: a template that does not parse has texts
    for _file, _line, message, comments, context in extract_from_dir(str(domain), METHODS, options, KEYWORDS, strip_comment_tags=True):
        catalog.add(message, None, [], auto_comments=comments, context=context)
    if (domain / "allauth_templates").exists():
        pattern = re.compile(r"""\{%\s*(?:trans|translate)\s+(?:"([^"]+)"|'([^']+)')""")
        for template in sorted((domain / "allauth_templates").rglob("*.*")):
            for double, single in pattern.findall(template.read_text(encoding="utf-8")):
                catalog.add(double or single, None, [])
    return catalog


def read(domain: Path) -> Catalog:
    file = po_file(domain)
    if not file.exists():
        return Catalog(locale=LOCALE, charset="utf-8")
    with file.open("rb") as handle:
        return read_po(handle, locale=LOCALE)


def update(names: list[str]) -> None:
    for domain in domains():
        if names and domain.name not in names:
            continue
        fresh = extracted(domain)
        known = read(domain)
        missing = 0
        for message in fresh:
            if not message.id:
                continue
            old = known.get(message.id, message.context)
            if old is not None and old.string and not old.fuzzy:
                message.string = old.string
            else:
                missing += 1
        if len(fresh) == 0:
            continue
        file = po_file(domain)
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh.header_comment = f"# Chinese texts of {domain.name}."
        fresh.creation_date = fresh.revision_date = None
        with file.open("wb") as handle:
            write_po(handle, fresh, no_location=True, omit_header=False, sort_output=True, width=0)
        file.write_text(
            re.sub(
                r'"(POT-Creation-Date|PO-Revision-Date|Generated-By|Last-Translator|Language-Team|Report-Msgid-Bugs-To): [^\n]*\n',
                "",
                file.read_text(encoding="utf-8"),
            ),
            encoding="utf-8",
        )
        print(f"{domain.name}: {len(fresh)} texts, {missing} without Chinese")


def compile_all() -> None:
    for domain in domains():
        if po_file(domain).exists():
            with po_file(domain).with_suffix(".mo").open("wb") as handle:
                write_mo(handle, read(domain))


def problems() -> list[str]:
    found: list[str] = []
    for domain in domains():
        known = read(domain)
        for message in extracted(domain):
            if not message.id:
                continue
            old = known.get(message.id, message.context)
            texts = list(old.string) if old and isinstance(old.string, (tuple, list)) else [old.string if old else ""]
            ids = message.id if isinstance(message.id, (tuple, list)) else (message.id,)
            if not all(texts) or (old and old.fuzzy):
                found.append(f"{domain.name}: no Chinese for {ids[0]!r}")
            elif set(PLACEHOLDER.findall(ids[-1])) != set(PLACEHOLDER.findall(texts[-1])):
                found.append(f"{domain.name}: placeholders differ in {ids[0]!r}")
    return found + clashes()


def clashes() -> list[str]:
    """All catalogues are one at run time: a text that two domains say differently in Chinese would be shown by chance."""
    said: dict[tuple[object, object], dict[str, set[str]]] = {}
    for domain in domains():
        for message in read(domain):
            if message.id:
                said.setdefault((str(message.id), message.context), {}).setdefault(str(message.string), set()).add(domain.name)
    return [
        f"{' and '.join(sorted(name for names in ways.values() for name in names))} say {key[0]!r} differently: {', '.join(sorted(ways))}"
        for key, ways in sorted(said.items(), key=str)
        if len(ways) > 1
    ]


def main(arguments: list[str]) -> int:
    verb, names = (arguments[0] if arguments else "check"), arguments[1:]
    if verb == "update":
        update(names)
    elif verb == "compile":
        compile_all()
    elif verb == "check":
        found = problems()
        for line in found:
            print(line)
        if found:
            print(f"{len(found)} texts to mend: `make messages`, then fill in the catalogues")
        return 1 if found else 0
    else:
        print(__doc__)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
