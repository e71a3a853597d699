"""A QR code as the path of an SVG, made on the server: nothing is asked of another site and no script is needed."""

from __future__ import annotations

from dataclasses import dataclass

import qrcode
from qrcode.constants import ERROR_CORRECT_M

BORDER = 2  # modules of white around it


@dataclass(frozen=True, slots=True)
class Code:
    """`size` is the width of the drawing in modules, `path` what is dark."""

    size: int
    path: str


def code_of(text: str) -> Code:
    """Runs of dark modules row by row, so that the drawing stays small."""
    made = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=BORDER)
    made.add_data(text)
    made.make(fit=True)
    rows = made.get_matrix()
    parts: list[str] = []
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            if not row[x]:
                x += 1
                continue
            start = x
            while x < len(row) and row[x]:
                x += 1
            parts.append(f"M{start} {y}h{x - start}v1h-{x - start}z")
    return Code(len(rows), "".join(parts))
