"""Fit an answer into what a platform shows: harmless mentions, few tables, parts of the right size.

Works on Markdown that `moderation.render` has made safe; knows sizes, not platforms.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from ui.bots.channel import Limits

# A zero-width space: what looks like a mention stays readable and calls nobody.
_GAP = "\u200b"
_mention = re.compile(r"<(?=[!@#]|/?at\b)|@(?=all\b|here\b|channel\b|everyone\b|所有人|全体成员)", re.IGNORECASE)
_fence = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_rule = re.compile(r"^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$")
# Where a line may not be cut: links, code, addresses, and runs of Latin letters or digits.
_whole = re.compile(r"!?\[[^\]\n]*\]\([^)\n]*\)|`[^`\n]*`|https?://\S+|[A-Za-z0-9_.,%-]+")
Size = Callable[[str], int]


def size_in(unit: str) -> Size:
    """Return how the platform counts: bytes of UTF-8, or characters."""
    return (lambda text: len(text.encode("utf-8"))) if unit == "bytes" else len


def calm(text: str) -> str:
    """Return the text with nothing in it that a messenger would take for a mention."""
    return _mention.sub(lambda found: found.group() + _GAP, text)


def fit(text: str, limits: Limits, on_card: bool) -> list[str]:
    """Return the text in parts that the platform takes, each Markdown of its own."""
    tables = limits.tables_on_card if on_card else limits.tables_plain
    return split(few_tables(calm(text), tables), limits.card if on_card else limits.plain, size_in(limits.unit))


def head(text: str, limits: Limits) -> str:
    """Return the newest whole part for a card that is still being written; what is too long follows at the end."""
    return fit(text, limits, on_card=True)[0]


def few_tables(text: str, most: int) -> str:
    """Return the text with at most this many Markdown tables; the others become lists. Negative: any number."""
    if most < 0 or "|" not in text:
        return text
    out: list[str] = []
    lines, position, fence, seen = text.split("\n"), 0, "", 0
    while position < len(lines):
        line = lines[position]
        fence = _opened(line, fence)
        begins = not fence and "|" in line and position + 1 < len(lines) and _is_rule(lines[position + 1])
        if not begins:
            out.append(line)
            position += 1
            continue
        end = position + 2
        while end < len(lines) and "|" in lines[end]:
            end += 1
        seen += 1
        rows = [_cells(row) for row in lines[position:end] if not _is_rule(row)]
        out += lines[position:end] if seen <= most else _listed(rows)
        position = end
    return "\n".join(out)


def _is_rule(line: str) -> bool:
    return "|" in line and "-" in line and bool(_rule.match(line))


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", row.strip().strip("|"))]


def _listed(rows: list[list[str]]) -> list[str]:
    titles, *body = rows
    lines = []
    for row in body:
        pairs = [f"{title}: {cell}" if title else cell for title, cell in zip(titles, row, strict=False) if cell]
        lines.append("- " + "; ".join(pairs))
    return lines or ["- " + "; ".join(titles)]


def split(text: str, most: int, size: Size) -> list[str]:
    """Cut Markdown into parts of at most `most`, at paragraph ends where it can; code fences are opened again.

    A link or a character is never cut. Returns at least one part.
    """
    if size(text) <= most:
        return [text]
    parts: list[str] = []
    current: list[str] = []
    fence = ""
    for line in text.split("\n"):
        for piece in _pieces(line, max(most // 2, most - 120), size):
            closing = f"\n{_marks(fence)}" if fence else ""
            # What leaves a block open, its first line too, leaves room for closing it; what closes it takes that room.
            after = _opened(piece, fence)
            room = most - (size(f"\n{_marks(after)}") if after else 0)
            if current and size("\n".join([*current, piece])) > room:
                done, current = _cut(current, fence, size, most)
                parts.append(done + closing)
                if fence:
                    current = [fence, *current]
            current.append(piece)
        fence = _opened(line, fence)
    parts.append("\n".join(current))
    return [part for part in (part.strip("\n") for part in parts) if part]


def _cut(lines: list[str], fence: str, size: Size, most: int) -> tuple[str, list[str]]:
    """Return the part and what goes into the next: cut at the last empty line when most of the part stands before."""
    if not fence:
        for position in range(len(lines) - 1, 0, -1):
            before = "\n".join(lines[:position])
            if not lines[position].strip() and size(before) > most // 2 and not _open_in(lines[:position]):
                return before, lines[position + 1 :]
    return "\n".join(lines), []


def _open_in(lines: list[str]) -> str:
    fence = ""
    for line in lines:
        fence = _opened(line, fence)
    return fence


def _opened(line: str, fence: str) -> str:
    """Return the line that opened the code block we are in after this line, empty outside of one."""
    found = _fence.match(line)
    if not found:
        return fence
    if not fence:
        return line.strip()[:40]
    closes = found.group(1)[0] == fence[0] and len(found.group(1)) >= len(_marks(fence)) and not line.strip(" `~")
    return "" if closes else fence


def _marks(fence: str) -> str:
    found = _fence.match(fence)
    return found.group(1) if found else "```"


def _pieces(line: str, most: int, size: Size) -> Iterator[str]:
    """Cut one line that is too long, between links and words; a link that alone is too long stays whole."""
    if size(line) <= most:
        yield line
        return
    current: list[str] = []
    used = 0
    for unit in _units(line):
        needed = size(unit)
        if current and used + needed > most:
            yield "".join(current)
            current, used = [], 0
        current.append(unit)
        used += needed
    if current:
        yield "".join(current)


def _units(line: str) -> Iterator[str]:
    position = 0
    for found in _whole.finditer(line):
        yield from line[position : found.start()]
        # A run without spaces that is a screen long is no word; it may be cut anywhere.
        yield from [found.group()] if len(found.group()) <= 600 else list(found.group())
        position = found.end()
    yield from line[position:]
