"""The order in which the lines of a page are read: columns one after the other, pieces of a line together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ingest.parse.pdf_page import PdfLine

_MIN_COLUMN_LINES = 8


def _upright(line: PdfLine) -> bool:
    """False for text turned up the margin, which would cut into whatever stands beside it."""
    return len(line.text) < 4 or line.bottom - line.top < 2 * (line.right - line.left)


def in_reading_order(lines: list[PdfLine], width: float) -> list[PdfLine]:
    """Return lines as they are read: a page in two columns is read down the left one first, band by band."""
    turned = [replace(line, size=0.1) for line in lines if not _upright(line)]
    lines = [line for line in lines if _upright(line)]
    gutter = _gutter(lines, width)
    if gutter is None:
        return _rows_joined(lines) + turned
    ordered: list[PdfLine] = []
    left: list[PdfLine] = []
    right: list[PdfLine] = []
    for line in sorted(lines, key=lambda line: line.top):
        if line.right <= gutter:
            left.append(replace(line, column=1))
        elif line.left >= gutter:
            right.append(replace(line, column=2))
        else:
            ordered.extend(_rows_joined(left) + _rows_joined(right))
            left, right = [], []
            ordered.append(line)
    return ordered + _rows_joined(left) + _rows_joined(right) + turned


def _gutter(lines: Sequence[PdfLine], width: float) -> float | None:
    """Return where the space between two columns of running text lies, or None on a page with one column."""
    best: tuple[int, float] | None = None
    for step in range(36, 66):
        at = width * step / 100
        left = [line for line in lines if line.right <= at]
        right = [line for line in lines if line.left >= at]
        crossing = len(lines) - len(left) - len(right)
        if min(len(left), len(right)) < _MIN_COLUMN_LINES or crossing > 0.25 * len(lines):
            continue
        if not _is_prose(left) or not _is_prose(right) or not _beside(left, right):
            continue
        if best is None or crossing < best[0]:
            best = (crossing, at)
    return None if best is None else best[1]


def _is_prose(lines: Sequence[PdfLine]) -> bool:
    """True when most lines fill their column, which the cells of a table do not."""
    width = max(line.right for line in lines) - min(line.left for line in lines)
    return sum(line.right - line.left > 0.6 * width for line in lines) >= 0.5 * len(lines)


def _beside(left: Sequence[PdfLine], right: Sequence[PdfLine]) -> bool:
    top = max(min(line.top for line in left), min(line.top for line in right))
    bottom = min(max(line.bottom for line in left), max(line.bottom for line in right))
    return bottom - top > 5 * left[0].size


def _on_one_line(before: PdfLine, line: PdfLine) -> bool:
    shared = min(before.bottom, line.bottom) - max(before.top, line.top)
    lower = min(before.bottom - before.top, line.bottom - line.top)
    return shared > 0.5 * lower and line.left >= before.right - 0.5 * max(line.size, before.size)


def _rows_joined(lines: Sequence[PdfLine]) -> list[PdfLine]:
    """Join neighbouring pieces that stand on one line, which wide gaps had cut."""
    joined: list[PdfLine] = []
    for line in lines:
        before = joined[-1] if joined else None
        if before is not None and _on_one_line(before, line):
            size = max(before.size, line.size)
            # A raised or lowered sign belongs to the word before it.
            space = "" if line.left - before.right < 0.15 * size else " "
            joined[-1] = replace(
                before,
                text=f"{before.text}{space}{line.text}",
                right=max(before.right, line.right),
                top=min(before.top, line.top),
                bottom=max(before.bottom, line.bottom),
                size=max(before.size, line.size),
            )
        else:
            joined.append(line)
    return joined
