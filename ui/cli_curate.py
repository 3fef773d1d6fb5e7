"""What `zhiwen ingest` and `zhiwen doctor` say of documents beside their state: suggested dates, flags, duplicates."""

from __future__ import annotations

from dataclasses import asdict

from app.settings import Settings
from ui.terminal import LOCAL, out, print_json


def suggested(chosen: Settings, *, confirm: str | None, reject: str | None, as_json: bool) -> None:
    """List the suggested dates, or decide on one; also beside a running service."""
    from app.beside import curation_of
    from ingest.suggest import decide, suggestions

    with curation_of(chosen) as curation:
        if confirm:
            found = [decide(curation, confirm, "confirmed", LOCAL.user)]
        elif reject:
            found = [decide(curation, reject, "rejected", LOCAL.user)]
        else:
            found = suggestions(curation)
    if as_json:
        print_json([asdict(one) for one in found])
        return
    for one in found:
        field = "takes effect on" if one.field == "effective_from" else "holds no more from"
        because = {"text": "it says", "replaced": f"{one.other} says", "edition": "a newer edition"}[one.reason]
        place = f" ({one.place})" if one.place else ""
        state = "" if one.state == "open" else f" - {one.state}"
        line = f"{one.id}  {one.path}: {field} {one.value}, {because}: {one.quote}{place}{state}"
        out.print(line, markup=False, highlight=False, soft_wrap=True)
    if not found:
        out.print("No suggestions.", highlight=False)
    elif not (confirm or reject):
        out.print("Decide with `zhiwen ingest --confirm ID` or `--reject ID`.", highlight=False, style="dim")


def flags(chosen: Settings) -> list[dict[str, object]]:
    """Return what documents should be looked at for, with the words and the place."""
    from app.beside import curation_of
    from ingest.flags import KINDS

    with curation_of(chosen) as curation:
        paths = {row["id"]: row["path"] for row in curation.named()}
        return [{"path": paths.get(id, id), **asdict(note)} for id, note in curation.notes(KINDS)]


def duplicated(chosen: Settings, *, as_json: bool) -> None:
    """Show documents and passages that are nearly the same, and blocks that many documents repeat."""
    from app.beside import curation_of
    from ingest.duplicates import Stored, duplicates

    with curation_of(chosen) as curation:
        found = duplicates(Stored(*row) for row in curation.texts())
    if as_json:
        print_json(asdict(found))
        return
    for kind, twins in (("documents", found.documents), ("passages", found.passages)):
        out.print(f"{len(twins)} pairs of {kind} that are nearly the same", highlight=False)
        for one in twins:
            out.print(f"  {one.share:.0%}  {one.left} = {one.right}", markup=False, highlight=False, soft_wrap=True)
    out.print(f"{len(found.repeated)} blocks that many documents repeat", highlight=False)
    for block in found.repeated:
        line = f"  {block.documents} documents: {block.text[:100]}  ({', '.join(block.examples)})"
        out.print(line, markup=False, highlight=False, soft_wrap=True)
