"""Where a span of a document's text stands in the original: its page, its boxes, its cells. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from adapters.records import Box, Place

_range = re.compile(r"(?P<sheet>.*!)(?P<left>[A-Z]{1,3})(?P<top>\d+):(?P<right>[A-Z]{1,3})(?P<bottom>\d+)$")


def standing(places: Sequence[Place], start: int, end: int) -> list[Place]:
    """Return the places that the span touches; for an empty span the one it stands in."""
    return [place for place in places if place.start < max(end, start + 1) and place.end > start]


def page_of(places: Sequence[Place], start: int, end: int) -> int | None:
    """Return the page on which the span begins, None when it is not known."""
    return next((place.page for place in standing(places, start, end) if place.page is not None), None)


def boxes_of(places: Sequence[Place], start: int, end: int) -> list[Box]:
    """Return the boxes of the blocks that the span touches."""
    return [place.box for place in standing(places, start, end) if place.box is not None]


def location_of(text: str, places: Sequence[Place], start: int, end: int) -> str | None:
    """Return where the span stands in a format without pages; of a sheet the rows that it touches."""
    place = next((place for place in standing(places, start, end) if place.location), None)
    if place is None or place.location is None or end <= start:
        return place.location if place else None
    found = _range.match(place.location)
    table = text[place.start : place.end]
    if not found or not table.startswith("|"):
        return place.location
    rows = [_row(table, position - place.start, int(found["top"])) for position in (start, min(end, place.end) - 1)]
    if not int(found["top"]) <= rows[0] <= rows[1] <= int(found["bottom"]):
        return place.location
    return f"{found['sheet']}{found['left']}{rows[0]}:{found['right']}{rows[1]}"


def _row(table: str, position: int, top: int) -> int:
    """Return the sheet's row at a position in a Markdown table: its second line is no row but the rule of the head."""
    line = table.count("\n", 0, max(position, 0))
    return top + max(line - 1, 0) if line else top
