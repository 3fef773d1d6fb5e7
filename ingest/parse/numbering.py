"""The numbers that Word draws before list items and headings: "1.", "(a)", "第三条"."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ingest.parse.xml_safe import Node

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DIGITS = "〇一二三四五六七八九"
_ROMAN = (
    (1000, "m"),
    (900, "cm"),
    (500, "d"),
    (400, "cd"),
    (100, "c"),
    (90, "xc"),
    (50, "l"),
    (40, "xl"),
    (10, "x"),
    (9, "ix"),
    (5, "v"),
    (4, "iv"),
    (1, "i"),
)
_PLACE = re.compile(r"%([1-9])")


@dataclass(frozen=True)
class Level:
    """One level of a numbering: how it counts, how it is written, where it starts."""

    format: str = "decimal"
    text: str = "%1."
    start: int = 1


@dataclass
class Numbering:
    """Counts as Word does; create one per document and ask in reading order."""

    levels: dict[str, dict[int, Level]] = field(default_factory=dict)
    _counts: dict[str, dict[int, int]] = field(default_factory=dict)
    _shared: dict[str, str] = field(default_factory=dict)

    @classmethod
    def from_xml(cls, root: Node | None) -> Numbering:
        """Read word/numbering.xml (None when the document has no lists)."""
        if root is None:
            return cls()
        abstract = {
            node.get(W + "abstractNumId"): {
                int(level.get(W + "ilvl") or 0): Level(
                    _value(level, "numFmt") or "decimal",
                    _value(level, "lvlText") or "",
                    int(_value(level, "start") or 1),
                )
                for level in node.iterfind(W + "lvl")
            }
            for node in root.iterfind(W + "abstractNum")
        }
        levels, shared = {}, {}
        for number in root.iterfind(W + "num"):
            name, of = number.get(W + "numId"), _value(number, "abstractNumId")
            levels[name] = abstract.get(of, {})
            # Two lists of one abstract numbering count on together unless one restarts.
            shared[name] = name if number.find(W + "lvlOverride") is not None else f"abstract {of}"
        return cls(levels, {}, shared)

    def next(self, number_id: str, depth: int) -> str:
        """Return the mark of the next item of a list at a depth from 0; "-" for bullets, "" when not known."""
        levels = self.levels.get(number_id)
        if not levels or depth not in levels:
            return ""
        counts = self._counts.setdefault(self._shared[number_id], {})
        counts[depth] = counts.get(depth, levels[depth].start - 1) + 1
        for deeper in [key for key in counts if key > depth]:
            del counts[deeper]
        level = levels[depth]
        if level.format == "bullet":
            return "-"
        if level.format == "none":
            return ""

        def place(match: re.Match[str]) -> str:
            at = int(match.group(1)) - 1
            of = levels.get(at, Level())
            return written(counts.get(at, of.start), of.format)

        return _PLACE.sub(place, level.text).strip()


def written(value: int, format: str) -> str:
    """Return a count as Word writes it in one of its number formats."""
    if format in {"upperLetter", "lowerLetter"} and value > 0:
        letter = chr(ord("a") + (value - 1) % 26) * min((value - 1) // 26 + 1, 5)
        return letter.upper() if format == "upperLetter" else letter
    if format in {"upperRoman", "lowerRoman"} and 0 < value < 4000:
        roman = ""
        for size, sign in _ROMAN:
            roman += sign * (value // size)
            value %= size
        return roman.upper() if format == "upperRoman" else roman
    if format == "decimalEnclosedCircle" and 1 <= value <= 20:
        return chr(0x245F + value)
    if format.startswith(("chinese", "taiwanese", "japanese", "ideograph")) and "Zodiac" not in format:
        return chinese(value)
    return f"{value:02d}" if format == "decimalZero" else str(value)


def chinese(value: int) -> str:
    """Return 1 to 9,999 in Chinese numerals: 12 -> 十二, 103 -> 一百零三."""
    if not 0 < value < 10_000:
        return str(value)
    text, gap = "", False
    for size, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, value = divmod(value, size)
        if digit:
            text += ("零" if gap and text else "") + _DIGITS[digit] + unit
            gap = False
        else:
            gap = bool(text)
    return text.removeprefix("一") if text.startswith("一十") else text


def _value(node: Node, name: str) -> str | None:
    found = node.find(W + name)
    return None if found is None else found.get(W + "val")
