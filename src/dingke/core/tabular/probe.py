"""Open a workbook in a process of its own, to see whether it can be opened at all.

The reader of the old .xls format believes the counts in the file: a damaged one makes it ask for more memory than
there is, and that ends the process, with no exception to catch. So a child with a memory limit goes first.
Run as a script it is that child; it imports nothing of this package.
"""

from __future__ import annotations

import subprocess
import sys

MEMORY_LIMIT = 2_000_000_000
SECONDS = 120


def opens(path: str) -> bool:
    """Whether every sheet of the workbook can be loaded. Refusals (a password, an unknown form) count as opening."""
    command = [sys.executable, "-P", __file__, path]
    try:
        child = subprocess.run(command, check=False, capture_output=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return child.returncode == 0


def _main(path: str) -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except ImportError:  # not on Windows
        pass
    import python_calamine as calamine

    try:
        with open(path, "rb") as file:
            book = calamine.CalamineWorkbook.from_filelike(file)
        for name in book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            for _ in sheet.iter_rows():
                pass
    except (calamine.CalamineError, ValueError):
        return


if __name__ == "__main__":
    _main(sys.argv[1])
