"""One raw cell into one typed value, or a refusal with a reason. A blank cell is None for every type.

Nothing is guessed: what can be read in two ways is refused (`NUMBER_AMBIGUOUS`, `DATE_ORDER`), because a wrong
amount in a ledger is worse than a row to correct.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal

from dingke.core.tabular.dates import DateOrders, Order, detect_date_order, examine_date_order, to_date
from dingke.core.tabular.errors import CellRefused
from dingke.core.tabular.table import Cell, is_empty

__all__ = [
    "CellRefused",
    "DateOrders",
    "Order",
    "detect_date_order",
    "examine_date_order",
    "to_bool",
    "to_date",
    "to_decimal",
    "to_int",
    "to_phone",
    "to_text",
]

# A spreadsheet keeps 15 significant digits; a number shown with more is noise of binary fractions.
_DIGITS = 15
_INVISIBLE = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x200E, 0x200F, 0x202A, 0x202C, 0x202D))
_SPACES = dict.fromkeys((0x3000, 0x00A0, 0x2007, 0x202F), " ")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

_UNITS: dict[str, Decimal] = {
    "百": Decimal(10**2), "千": Decimal(10**3), "万": Decimal(10**4), "十万": Decimal(10**5), "百万": Decimal(10**6),
    "千万": Decimal(10**7), "亿": Decimal(10**8), "十亿": Decimal(10**9), "百亿": Decimal(10**10),
    "千亿": Decimal(10**11), "万亿": Decimal(10**12),
}  # fmt: skip
_CURRENCIES: dict[str, frozenset[str]] = {
    "¥": frozenset({"CNY", "JPY"}), "元": frozenset({"CNY"}), "圆": frozenset({"CNY"}), "人民币": frozenset({"CNY"}),
    "rmb": frozenset({"CNY"}), "cny": frozenset({"CNY"}), "cn¥": frozenset({"CNY"}),
    "$": frozenset({"USD", "HKD", "SGD", "AUD", "CAD", "TWD"}), "us$": frozenset({"USD"}), "usd": frozenset({"USD"}),
    "美元": frozenset({"USD"}), "hk$": frozenset({"HKD"}), "hkd": frozenset({"HKD"}), "港元": frozenset({"HKD"}),
    "港币": frozenset({"HKD"}), "€": frozenset({"EUR"}), "eur": frozenset({"EUR"}), "欧元": frozenset({"EUR"}),
    "£": frozenset({"GBP"}), "gbp": frozenset({"GBP"}), "英镑": frozenset({"GBP"}), "jpy": frozenset({"JPY"}),
    "日元": frozenset({"JPY"}), "円": frozenset({"JPY"}), "jp¥": frozenset({"JPY"}),
}  # fmt: skip
_MONEY = "|".join(re.escape(mark) for mark in sorted(_CURRENCIES, key=len, reverse=True))
_AMOUNT = re.compile(
    rf"(?P<before>{_MONEY})?\s*(?P<sign>[-+])?\s*(?P<inner>{_MONEY})?\s*"
    r"(?P<number>\d[\d,]*(?:\.\d*)?|\.\d+)(?P<power>e[-+]?\d{1,3})?\s*"
    rf"(?P<unit>{'|'.join(sorted(_UNITS, key=len, reverse=True))})?\s*(?P<after>{_MONEY})?\s*(?P<percent>%)?\s*"
    r"(?P<trailing>-)?",
    re.ASCII,
)
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d*)?")
_TRUE = frozenset({"是", "对", "有", "真", "yes", "y", "true", "t", "1", "on", "√", "✓", "✔", "☑", "✅"})
_FALSE = frozenset({"否", "不是", "错", "无", "没有", "假", "no", "n", "false", "f", "0", "off", "×", "✗", "✘", "☐", "❌"})


def _plain(text: str) -> str:
    """Full-width forms made plain, invisible marks dropped, ends stripped."""
    return unicodedata.normalize("NFKC", text).translate(_INVISIBLE).translate({0x2212: "-", 0x2013: "-"}).strip()


def _from_float(value: float) -> Decimal:
    return Decimal(format(value, f".{_DIGITS}g"))


def to_decimal(value: Cell, *, currency: str = "CNY") -> Decimal | None:
    """A number: `1,234.50`, `￥1,234`, `1.2万`, `3.4万元`, `(1,234)`, `15%` (0.15), `1,234-`, full-width digits.

    The mark of another currency than `currency` is refused, as are 1,23 and 1.234,56 (which mark is the decimal?),
    scientific notation that has lost digits, and anything with a second number in it.
    Codes: NOT_A_NUMBER, NUMBER_AMBIGUOUS, NUMBER_CUT, OTHER_CURRENCY.
    """
    if is_empty(value):
        return None
    if isinstance(value, (bool, date)):
        raise CellRefused("NOT_A_NUMBER", {"value": str(value)})
    if isinstance(value, (int, Decimal)):
        number = Decimal(value)
        if not number.is_finite():
            raise CellRefused("NOT_A_NUMBER", {"value": str(value)})
        return number
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise CellRefused("NOT_A_NUMBER", {"value": str(value)})
        return _from_float(value)
    return _parse_amount(str(value), currency)


def _parse_amount(raw: str, currency: str) -> Decimal:
    text = _plain(raw).lower()
    negative = len(text) > 2 and text[0] == "(" and text[-1] == ")"
    if negative:
        text = text[1:-1].strip()
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise CellRefused("NOT_A_NUMBER" if not _like_two_marks(text) else "NUMBER_AMBIGUOUS", {"value": raw})
    marks = [mark for mark in (found["before"], found["inner"], found["after"]) if mark]
    if any(currency not in _CURRENCIES[mark] for mark in marks):
        raise CellRefused("OTHER_CURRENCY", {"value": raw, "currency": currency})
    signs = [bool(found["sign"]), bool(found["trailing"]), negative]
    mixed = bool(found["percent"]) and bool(marks or found["unit"])
    if sum(signs) > 1 or mixed:
        raise CellRefused("NUMBER_AMBIGUOUS", {"value": raw})
    digits = found["number"]
    if "," in digits and not _GROUPED.fullmatch(digits):
        raise CellRefused("NUMBER_AMBIGUOUS", {"value": raw})
    power = found["power"] or ""
    if power and int(power[1:]) >= 11:
        raise CellRefused("NUMBER_CUT", {"value": raw})
    number = Decimal(digits.replace(",", "") + power)
    if found["unit"]:
        number *= _UNITS[found["unit"]]
    if found["percent"]:
        number /= 100
    if found["sign"] == "-" or found["trailing"] or negative:
        number = -number
    return number if number else abs(number)


def _like_two_marks(text: str) -> bool:
    """Digits with both marks, or grouped by spaces: 1.234,56 or 1 234,5."""
    return bool(re.fullmatch(r"[-+]?\d{1,3}(?:[.\s']\d{3})+(?:,\d+)?|[-+]?\d+(?:[.,\s']\d+){2,}", text))


def to_int(value: Cell) -> int | None:
    """A whole number; `3.0` is 3, `3.5` is refused. Codes: NOT_WHOLE and those of `to_decimal`."""
    number = to_decimal(value)
    if number is None:
        return None
    if number != number.to_integral_value():
        raise CellRefused("NOT_WHOLE", {"value": str(value)})
    return int(number)


def to_bool(value: Cell) -> bool | None:
    """是/否, yes/no, true/false, 1/0, √/×, 有/无. Code: NOT_YES_OR_NO."""
    if is_empty(value):
        return None
    if isinstance(value, bool):
        return value
    if isinstance(value, Decimal) and not value.is_finite():
        raise CellRefused("NOT_YES_OR_NO", {"value": str(value)})
    if isinstance(value, (int, float, Decimal)) and value in (0, 1):
        return bool(value)
    if isinstance(value, str):
        word = _plain(value).lower()
        if word in _TRUE:
            return True
        if word in _FALSE:
            return False
    raise CellRefused("NOT_YES_OR_NO", {"value": str(value)})


def to_text(value: Cell) -> str | None:
    """Text as a person would type it: ends stripped, full-width and no-break spaces plain, invisible marks dropped.

    Numbers lose a needless `.0` and never show an exponent (13800138000.0 is `13800138000`); a number that has lost
    digits, in the cell or in the text, is refused: an account number with its last digits made zero looks right and
    is wrong. Code: NUMBER_CUT.
    """
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if value != value or abs(value) >= 10**_DIGITS:
            raise CellRefused("NUMBER_CUT", {"value": str(value)})
        text = format(_from_float(value), "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    text = _CONTROL.sub("", value.translate(_INVISIBLE).translate(_SPACES)).strip()
    # How a spreadsheet shows a long number when it saves a csv.
    if re.fullmatch(r"\d(?:\.\d+)?E\+(?:1[1-9]|[2-9]\d)", text):
        raise CellRefused("NUMBER_CUT", {"value": text})
    return text or None


_EXTENSION = re.compile(r"(?:转|分机|ext\.?|x|#|\*)\s*(\d{1,6})$", re.IGNORECASE)
_LANDLINE = re.compile(r"(0(?:10|2[0-57-9]|[3-9]\d{2}))[-\s]?([2-9]\d{6,7})(?:-(\d{1,6}))?")


def to_phone(value: Cell) -> str | None:
    """One telephone number in one form: `13800138000`, `0755-26780000-801`, `400-800-8000`, `62780000`, `+14155550100`.

    Mobile numbers lose +86; foreign numbers keep their +; two numbers in a cell are refused.
    Codes: NOT_A_PHONE, MANY_PHONES, NUMBER_CUT.
    """
    if isinstance(value, (bool, date)):
        raise CellRefused("NOT_A_PHONE", {"value": str(value)})
    text = to_text(value)
    if text is None:
        return None
    refused = CellRefused("NOT_A_PHONE", {"value": text})
    plain = re.sub(r"^(?:tel|phone|mobile|电话|手机)\s*:\s*", "", _plain(text), flags=re.IGNORECASE)
    if len([part for part in re.split(r"[/;,、|\n]|\s和\s|\s或\s", plain) if len(re.sub(r"\D", "", part)) >= 7]) > 1:
        raise CellRefused("MANY_PHONES", {"value": text})
    if len(re.findall(r"(?<!\d)1[3-9]\d{9}(?!\d)", plain)) > 1:
        raise CellRefused("MANY_PHONES", {"value": text})
    extension = ""
    found = _EXTENSION.search(plain)
    if found:
        extension, plain = found[1], plain[: found.start()].strip()
    if re.search(r"[^\d\s()+.-]", plain):
        raise refused
    # Parentheses part the area code; dots and runs of spaces part groups.
    plain = re.sub(r"[\s().-]+", "-", plain).strip("-")
    if plain.startswith(("+86", "0086")):
        plain = plain.removeprefix("+86").removeprefix("0086").strip("-")
        if not re.fullmatch(r"1[3-9]\d{9}|[48]00\d{7}|[2-9]\d{6,7}|0\d+", plain.replace("-", "")):
            plain = "0" + plain
    elif plain.startswith("00"):
        plain = "+" + plain[2:].lstrip("-")
    digits = plain.replace("-", "")
    number = _domestic(plain, digits)
    if number is None:
        raise refused
    if extension and number.count("-") > 1 and not number.startswith(("400-", "800-")):
        raise refused
    return f"{number}-{extension}" if extension else number


def _domestic(plain: str, digits: str) -> str | None:
    if digits.startswith("+"):
        return digits if re.fullmatch(r"\+[1-9]\d{6,14}", digits) else None
    mobile = digits.removeprefix("86") if len(digits) == 13 else digits
    if re.fullmatch(r"1[3-9]\d{9}", mobile):
        return mobile
    if re.fullmatch(r"[48]00\d{7}", digits):
        return f"{digits[:3]}-{digits[3:6]}-{digits[6:]}"
    landline = _LANDLINE.fullmatch(plain)
    if landline is None and digits.startswith("0") and len(digits) <= 12:
        landline = _LANDLINE.fullmatch(digits)
    if landline:
        return "-".join(part for part in landline.groups() if part)
    if re.fullmatch(r"[2-9]\d{6,7}", digits) or re.fullmatch(r"95\d{3,4}", digits):
        return digits
    return None
