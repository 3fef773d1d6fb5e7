"""What the file `.zhiwen.toml` in a folder says about the documents in and below it.

A folder's file adds to its parents' and overrides what it names. A file that is wrong changes nothing: its last good
form goes on, and every document it governs carries a notice. Without a good form ever seen nobody may read them.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fnmatch import fnmatch
from pathlib import Path
from typing import Annotated, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from adapters.ports import Ledger
from adapters.records import Language

NAME = ".zhiwen.toml"
LARGEST = 65_536
Principal = Annotated[str, Field(pattern=r"^(public|(user|group):\S.*)$", max_length=200)]
Pattern = Annotated[str, Field(min_length=1, max_length=200)]


class RulesFile(BaseModel):
    """One `.zhiwen.toml`; what it leaves out comes from the folder above."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    readers: tuple[Principal, ...] | None = None
    language: Language | None = None
    effective_from: date | None = None
    effective_to: date | None = None
    template: Literal["auto", "law", "manual", "faq", "sheet", "general"] | None = None
    include: tuple[Pattern, ...] | None = None
    ignore: tuple[Pattern, ...] = ()
    # Readers of single documents, by pattern; the last that matches counts.
    documents: dict[Pattern, tuple[Principal, ...]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _dates_in_order(self) -> RulesFile:
        if self.effective_from and self.effective_to and self.effective_from >= self.effective_to:
            raise ValueError("effective_to must be later than effective_from")
        return self


@dataclass(frozen=True)
class Rules:
    """What holds for the documents of one folder. Dates are ISO; `effective_to` is the first day it no longer holds."""

    readers: tuple[str, ...] = ("public",)
    language: Language | None = None
    effective_from: str | None = None
    effective_to: str | None = None
    template: str = "auto"
    # Patterns with the depth of the folder that gave them, to match the path from there.
    include: tuple[tuple[int, str], ...] = ()
    ignore: tuple[tuple[int, str], ...] = ()
    # Readers of single documents, by pattern as above.
    documents: tuple[tuple[int, str, tuple[str, ...]], ...] = ()
    notice: str = ""

    @property
    def access(self) -> str:
        return "\n".join(sorted(set(self.readers)))

    @property
    def recipe(self) -> str:
        """Names everything here that shapes a version; empty when nothing does."""
        parts = (self.template, self.language or "", self.effective_from or "", self.effective_to or "")
        return "" if parts == ("auto", "", "", "") else "|".join(parts)

    @staticmethod
    def of_recipe(recipe: str) -> Rules:
        """Return what a recipe says, as far as it shapes a version."""
        parts = recipe.split("|")[-4:]
        if len(parts) < 4:
            return Rules()
        language = cast(Language, parts[1]) if parts[1] else None
        return Rules(template=parts[0], language=language, effective_from=parts[2], effective_to=parts[3])

    def metadata(self, said: Mapping[str, str]) -> dict[str, str]:
        """Return a document's metadata with the folder's template, and its validity where the document has none."""
        given = {"effective_from": self.effective_from, "effective_to": self.effective_to}
        dates = {name: day for name, day in given.items() if day}
        return dates | dict(said) | {"template": self.template}

    def of_document(self, relative: str) -> Rules:
        """Return the rules of one document of the folder, at this path relative to the watched folder."""
        named = [readers for depth, pattern, readers in self.documents if _matches(relative, depth, pattern)]
        return replace(self, readers=named[-1]) if named else self

    def takes(self, relative: str, is_folder: bool = False) -> bool:
        """Whether a file (or folder) at this path, relative to the watched folder, is to be read."""
        if any(_matches(relative, depth, pattern) for depth, pattern in self.ignore):
            return False
        return is_folder or not self.include or any(_matches(relative, *rule) for rule in self.include)


class RulesReader:
    """Reads rules files, each once per change of it."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._read: dict[Path, tuple[tuple[int, int, int] | None, RulesFile | None, str]] = {}

    def top(
        self, include: tuple[str, ...] = (), ignore: tuple[str, ...] = (), readers: tuple[str, ...] = ("public",)
    ) -> Rules:
        """Return the rules that the settings give a watched folder."""
        return Rules(
            readers=readers,
            include=tuple((0, pattern) for pattern in include),
            ignore=tuple((0, pattern) for pattern in ignore),
        )

    def enter(self, folder: Path, above: Rules, depth: int) -> Rules:
        """Return the rules inside `folder`, `depth` levels below the watched folder, given those above it."""
        file, problem = self._file(folder)
        if file is None:
            return above
        return replace(
            above,
            readers=above.readers if file.readers is None else file.readers,
            language=file.language or above.language,
            effective_from=_iso(file.effective_from) or above.effective_from,
            effective_to=_iso(file.effective_to) or above.effective_to,
            template=file.template or above.template,
            include=above.include if file.include is None else tuple((depth, pattern) for pattern in file.include),
            ignore=above.ignore + tuple((depth, pattern) for pattern in file.ignore),
            # A folder that names its own readers starts anew: what it opens or closes is not undone from above.
            documents=(() if file.readers is not None else above.documents)
            + tuple((depth, pattern, readers) for pattern, readers in file.documents.items()),
            notice=problem or above.notice,
        )

    def below(self, root: Path, folder: Path, top: Rules) -> Rules:
        """Return the rules inside `folder`, reading each rules file from the watched folder `root` down to it."""
        rules, place = self.enter(root, top, 0), root
        for depth, part in enumerate(folder.relative_to(root).parts, 1):
            place = place / part
            rules = self.enter(place, rules, depth)
        return rules

    def _file(self, folder: Path) -> tuple[RulesFile | None, str]:
        path = folder / NAME
        try:
            stat = path.lstat()
            seen = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
        except OSError:
            seen = None
        known = self._read.get(path)
        if known is None or known[0] != seen:
            known = (seen, *self._load(path, seen))
            self._read[path] = known
        return known[1], known[2]

    def _load(self, path: Path, seen: tuple[int, int, int] | None) -> tuple[RulesFile | None, str]:
        key = f"rules:{path}"
        kept = self._ledger.fact(key)
        if seen is None:
            if kept is not None:
                self._ledger.set_fact(key, None)
            return None, ""
        try:
            file = read_rules(path)
        except ValueError as problem:
            going_on = "the rules from before go on" if kept else "until then nobody may read the documents here"
            text = f"{path} cannot be used: {problem} Mend it; {going_on}."
            return (RulesFile.model_validate_json(kept) if kept else RulesFile(readers=())), text
        if (good := file.model_dump_json()) != kept:
            self._ledger.set_fact(key, good)
        return file, ""


def read_rules(path: Path) -> RulesFile:
    """Return a rules file. Raises ValueError that says what is wrong in one or more sentences."""
    if path.is_symlink() or not path.is_file():
        raise ValueError("it is not a plain file.")
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError("it is too large.")
        return RulesFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except OSError as cause:
        raise ValueError(f"it cannot be opened ({cause.strerror}).") from cause
    except ValidationError as cause:
        raise ValueError(" ".join(_explain(json.loads(cause.json()))) or str(cause)) from cause
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as cause:
        raise ValueError(f"{cause}.") from cause


def _explain(errors: list[dict[str, object]]) -> list[str]:
    found = []
    for error in errors:
        place = error["loc"]
        name = ".".join(str(part) for part in place) if isinstance(place, list) else str(place)
        if error["type"] == "extra_forbidden":
            found.append(f"there is no rule {name!r}; known are {', '.join(RulesFile.model_fields)}.")
        else:
            found.append(f"{name or 'dates'}: {error['msg']}.")
    return found


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _matches(relative: str, depth: int, pattern: str) -> bool:
    """Match the name, the path below the folder that gave the pattern, or a folder above it there."""
    parts = relative.split("/")[depth:]
    plain = pattern.strip("/")
    return any(fnmatch(part, plain) or fnmatch("/".join(parts[: end + 1]), plain) for end, part in enumerate(parts))
