"""Draw the knowledge owner's page: values in, HTML out. Everything put into the templates is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.records import Entry, Language, Line, Lines
from app.desks import File, Overview, Shelf
from app.documents import CHUNKS_SHOWN
from ingest.correct import LONGEST
from ingest.upload import ACCEPTED
from ui.text import label
from ui.web.draw import view_link
from ui.web.render import STATES, fill, original_link

ROWS = 50
# States that another try may change.
TROUBLED = ("failed", "skipped", "needs-ocr")


@dataclass(frozen=True)
class Shown:
    """What one browser tab looks at: what is filtered and on which page, or the document that is open."""

    state: str = ""
    folder: str = ""
    words: str = ""
    page: int = 0
    document: str = ""
    look: str = ""
    offset: int = 0
    # What the timer drew last, to leave a table alone that did not change.
    drawn: tuple[str, str] = ("", "")


def summary(language: Language, overview: Overview) -> str:
    """Return whether disk and store agree, and how far ingesting is."""
    progress = overview.progress
    return fill(
        "manage-summary.html",
        language,
        counts=overview.counts,
        progress=progress,
        rate=_rate(language, overview),
        percent=round(100 * progress.done / progress.total) if progress.total else 100,
        failed=progress.states.get("failed", 0) + progress.states.get("needs-ocr", 0),
    )


def _rate(language: Language, overview: Overview) -> str:
    progress = overview.progress
    said = []
    if progress.files_a_minute is not None and progress.chunks_a_second is not None:
        files, chunks = f"{progress.files_a_minute:.0f}", f"{progress.chunks_a_second:.1f}"
        said.append(label("own.rate", language, files=files, chunks=chunks))
    if (seconds := progress.seconds_left) is not None:
        if seconds >= 90:
            said.append(label("own.left.minutes", language, minutes=round(seconds / 60)))
        else:
            said.append(label("own.left.seconds", language, seconds=max(1, round(seconds))))
    return " · ".join(said)


def upload(language: Language, shelves: Sequence[Shelf], most_bytes: int) -> str:
    """Return the place to drop files on."""
    return fill(
        "manage-upload.html",
        language,
        shelves=shelves,
        several=len({shelf.base for shelf in shelves}) > 1,
        most=most_bytes,
        mb=most_bytes // 1_000_000,
        accepted=" ".join(sorted(ACCEPTED)),
        accept=",".join(f".{kind}" for kind in sorted(ACCEPTED)),
        states=STATES,
    )


def filters(language: Language, shown: Shown, shelves: Sequence[Shelf]) -> str:
    """Return the search box and the choice of folder."""
    folders = sorted({shelf.name for shelf in shelves if shelf.name})
    return fill("manage-filter.html", language, shown=shown, folders=folders)


def table(language: Language, shown: Shown, found: Lines) -> str:
    """Return one page of the documents."""
    first = shown.page * ROWS
    return fill(
        "manage-table.html",
        language,
        shown=shown,
        found=found,
        choices=_choices(language, found),
        first=first + 1,
        last=first + len(found.lines),
        troubled=TROUBLED,
        **_words(language),
    )


def _choices(language: Language, found: Lines) -> list[tuple[str, str, int]]:
    counts: dict[str, int] = dict(found.states.items())
    counted = [(state, label(f"state.{state}", language), counts.get(state, 0)) for state in STATES]
    everything = ("", label("own.all", language), sum(found.states.values()))
    return [everything, *(choice for choice in counted if choice[2])]


def file_head(language: Language, file: File | None) -> str:
    """Return the facts of one document."""
    return fill("manage-file.html", language, file=file, troubled=TROUBLED, **_of_file(file), **_words(language))


def chunk_list(language: Language, file: File | None, chosen: str = "") -> str:
    """Return a document's passages; the chosen one stands out."""
    if file is None or not file.line.readable:
        return ""
    more = _of_file(file)
    return fill("manage-chunks.html", language, file=file, chosen=chosen, longest=LONGEST, step=CHUNKS_SHOWN, **more)


def look(language: Language, file: File | None, words: str) -> str:
    """Return the search box over the passages."""
    return fill("manage-look.html", language, words=words) if file is not None and file.total else ""


def original(language: Language, file: File | None, start: int = 0, end: int = 0) -> str:
    """Return the document's text beside its passages; the span is marked."""
    shown = file is not None and file.line.readable and file.line.entry.current_version is not None
    if file is None or not shown:
        return ""
    address = view_link(file.line.entry.id, file.line.entry.current_version or 0, start, end)
    return fill("manage-original.html", language, address=f"{address}&bare=1")


def _of_file(file: File | None) -> dict[str, object]:
    if file is None:
        return {}
    entry = file.line.entry
    version = entry.current_version or 0
    return {
        "view": lambda start, end: view_link(entry.id, version, start, end),
        "original": original_link(entry.id, version),
    }


def _words(language: Language) -> dict[str, object]:
    def readers(entry: Entry) -> str:
        if not entry.readers:
            return label("own.nobody", language)
        names = [label("own.public", language) if name == "public" else name for name in entry.readers]
        return ", ".join(name.partition(":")[2] or name for name in names)

    def validity(line: Line) -> str:
        said = []
        if line.effective_from:
            said.append(label("own.from", language, day=line.effective_from))
        if line.effective_to:
            said.append(label("own.until", language, day=line.effective_to))
        return " ".join(said) or label("own.always", language)

    return {"size": size, "readers": readers, "validity": validity}


def size(count: int) -> str:
    """Return bytes as people read them."""
    amount, unit = float(count), "B"
    for larger in ("KB", "MB", "GB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.0f} {unit}" if amount >= 10 or unit == "B" else f"{amount:.1f} {unit}"
