"""Draw the reviewer's page: values in, HTML and plots out. Everything put into the templates is escaped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import gradio as gr

from adapters.records import DayHits, Language
from app.reviewing import Compared, Hits, Queue, Tried, Waiting
from moderation.policy import SURFACES
from moderation.verdict import Verdict
from ui.text import label, label_or
from ui.web.render import fill

By = Literal["category", "action"]
Piece = tuple[str, bool]
_COLOURS = {"pass": "#7a8a87", "review": "#2f7f77", "mask": "#c99a2e", "replace": "#7a63b8", "block": "#c2564e"}
# For categories, the ones with the most verdicts first; the rest share the last.
_PALETTE = ("#1f7a73", "#c99a2e", "#c2564e", "#5b7fc4", "#7a63b8", "#7f9c3b", "#b8708f", "#8a8f8e")


def queue(language: Language, shown: Queue) -> str:
    """Return what waits for review."""
    items = [{"item": item, "pieces": pieces(item.text, item.spans), "phrase": _phrase(item)} for item in shown.items]
    return fill("manage-moderation-queue.html", language, items=items, shown=shown, when=when)


def rules(language: Language, shown: Hits) -> str:
    """Return how much was found, and the rules with the most hits."""
    count = sum(day.count for day in shown.per_day)
    return fill("manage-moderation-rules.html", language, shown=shown, count=count, when=when)


def tried(language: Language, shown: Tried) -> str:
    """Return a text under the policy in force and the draft, a row for each surface."""
    rows = [{"surface": surface, "live": _cell(shown.text, shown.live[surface]), "draft": None} for surface in SURFACES]
    for row, surface in zip(rows, SURFACES, strict=True):
        if surface in shown.draft:
            row["draft"] = _cell(shown.text, shown.draft[surface])
    return fill("manage-moderation-tried.html", language, rows=rows, problem=shown.problem)


def compared(language: Language, shown: Compared) -> str:
    """Return what a draft changes on what waits."""
    rows = [
        {
            "item": change.item,
            "live": _cell(change.item.text, change.live),
            "draft": _cell(change.item.text, change.draft),
        }
        for change in shown.changes
    ]
    return fill("manage-moderation-compared.html", language, shown=shown, rows=rows)


def plot(language: Language, shown: Hits, by: By) -> gr.BarPlot:
    """Return the verdicts of each day, stacked by category or action; days without any have their place too."""
    import pandas as pd  # type: ignore[import-untyped]  # Gradio's own, and slow to import

    names = _names(language, shown.per_day, by)
    counts: Counter[tuple[str, str]] = Counter()
    for hit in shown.per_day:
        counts[hit.day, names[getattr(hit, by)]] += hit.count
    kinds = list(dict.fromkeys(names.values()))
    day, number, kind = (label(key, language) for key in ("rev.day", "rev.count", f"rev.by.{by}"))
    # Month and day: the year would take the room that a phone has not.
    rows = [(date[5:], name, counts[date, name]) for date in shown.days for name in kinds]
    frame = pd.DataFrame(rows, columns=["day", "kind", "count"])
    return gr.BarPlot(
        frame,
        x="day",
        y="count",
        color="kind",
        x_title=day,
        y_title=number,
        color_title=kind,
        color_map=_colours(names, by),
        sort=[date[5:] for date in shown.days],
        x_label_angle=-45 if len(shown.days) > 10 else 0,
        height=260,
        visible=bool(rows),
    )


def pieces(text: str, spans: Sequence[tuple[int, int]]) -> list[Piece]:
    """Split a text into runs that were found (True) and others; spans may overlap, and may reach past the end."""
    found: list[Piece] = []
    at = 0
    for first, last in sorted(spans):
        start, end = max(first, at), min(last, len(text))
        if start >= end:
            continue
        found += [(text[at:start], False), (text[start:end], True)]
        at = end
    return [piece for piece in [*found, (text[at:], False)] if piece[0]]


def when(time: str) -> str:
    """Return an ISO time as the server's clock shows it, to the minute."""
    return datetime.fromisoformat(time).astimezone().strftime("%Y-%m-%d %H:%M")


def _phrase(item: Waiting) -> str:
    """What to allow, to begin with: the first thing found."""
    return next((text.strip() for text, found in pieces(item.text, item.spans) if found), "")[:60]


def _cell(text: str, verdict: Verdict) -> dict[str, Any]:
    return {"verdict": verdict, "pieces": pieces(text, verdict.spans), "key": (verdict.action, verdict.output)}


def _names(language: Language, hits: Sequence[DayHits], by: By) -> dict[str, str]:
    """Return how each category or action is called in the plot, the most frequent first."""
    totals: Counter[str] = Counter()
    for hit in hits:
        totals[getattr(hit, by)] += hit.count
    return {
        name: label_or(f"{by}.{name}", name, language) or "–"
        for name, _ in sorted(totals.items(), key=lambda pair: (-pair[1], pair[0]))
    }


def _colours(names: dict[str, str], by: By) -> dict[str, str]:
    if by == "action":
        return {shown: _COLOURS[name] for name, shown in names.items()}
    return {shown: _PALETTE[min(at, len(_PALETTE) - 1)] for at, shown in enumerate(dict.fromkeys(names.values()))}
