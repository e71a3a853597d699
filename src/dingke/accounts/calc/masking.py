"""Phone numbers for people without the right to see them: enough to recognise a number, not enough to call it."""

from __future__ import annotations

SIGN = "*"


def masked_phone(text: str) -> str:
    """The number with its middle digits replaced: 13812346688 -> 138****6688, 0755-28780808 -> 075*-****0808.

    From 11 digits on the first three and the last four stay, from 7 on the first and the last two; shorter numbers
    (extensions, hotlines) are hidden whole. Signs between the digits stay, text without digits is hidden whole.
    """
    digits = sum(sign.isdigit() for sign in text)
    if not digits:
        return SIGN * len(text.strip())
    first, last = (3, 4) if digits >= 11 else (2, 2) if digits >= 7 else (0, 0)
    masked: list[str] = []
    place = 0
    for sign in text:
        if not sign.isdigit():
            masked.append(sign)
            continue
        place += 1
        masked.append(sign if place <= first or place > digits - last else SIGN)
    return "".join(masked)
