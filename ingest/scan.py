"""Walk watched folders: which files are there, at the cost of one `stat` each, and what rules hold for them.

Opens no file but the rules. Symlinks, devices and other programs' leftovers are passed over.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISREG

from ingest.rules import NAME as RULES_NAME
from ingest.rules import Rules, RulesReader

# Files that other programs make beside the real ones.
IGNORED_PREFIXES = (".", "~$")
IGNORED_SUFFIXES = (".tmp", ".part", ".crdownload", ".swp", "~")
IGNORED_NAMES = ("Thumbs.db", "desktop.ini", "__MACOSX", "@eaDir")
# Characters that make one name look like another on a page: controls and the marks that turn the direction of writing.
_HIDDEN = {
    chr(code) for code in (*range(32), *range(0x7F, 0xA0), 0x200B, *range(0x200E, 0x2010), *range(0x2028, 0x202F))
}
_HIDDEN |= {chr(code) for code in (*range(0x2066, 0x206A), 0xFEFF)}
_SHOWN = str.maketrans({char: f"\\u{ord(char):04x}" for char in _HIDDEN} | {"\\": "\\\\"})


@dataclass(frozen=True)
class Folder:
    """A watched folder: `root` absolute, its knowledge base, and what stands before its paths where people see them."""

    root: Path
    knowledge_base: str
    prefix: str = ""
    readers: tuple[str, ...] = ("public",)
    include: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    # For network shares, which send no events: compared every few seconds instead.
    polling: bool = False


@dataclass(frozen=True)
class Seen:
    """A file as the disk has it. `path` is printable; `source` is where it is, `problem` why it cannot be taken in."""

    folder: Folder
    path: str
    source: Path
    size: int
    modified_ns: int
    changed_ns: int
    device: int
    rules: Rules = field(repr=False)
    problem: str = ""

    @property
    def key(self) -> tuple[int, int, int]:
        """Changes whenever the file does: the third part is set by the system and cannot be set back."""
        return self.size, self.modified_ns, self.changed_ns


@dataclass(frozen=True)
class Scan:
    """What a walk found, and the folders that could not be listed: nothing is known about what is in those."""

    seen: tuple[Seen, ...]
    closed: tuple[Path, ...] = ()


def watched(
    pairs: Sequence[tuple[Path, str]],
    include: Sequence[str] = (),
    ignore: Sequence[str] = (),
    polling: Sequence[Path] = (),
    readers: Sequence[str] = ("public",),
) -> tuple[Folder, ...]:
    """Return the folders of settings; two of one knowledge base have their own names before their paths.

    `readers` are those of the knowledge base, where no folder names its own.
    """
    roots = [(absolute(folder), base) for folder, base in pairs]
    polled = {absolute(folder) for folder in polling}
    return tuple(
        Folder(
            root=root,
            knowledge_base=base,
            prefix=f"{root.name}/" if sum(other == base for _, other in roots) > 1 else "",
            readers=tuple(readers),
            include=tuple(include),
            ignore=tuple(ignore),
            polling=root in polled,
        )
        for root, base in dict.fromkeys(roots)
    )


def absolute(place: Path) -> Path:
    """Return the place without "..", with the links in it kept: a share may hang on one."""
    return Path(os.path.abspath(place))  # noqa: PTH100 - resolve() would follow links


def walk(folder: Folder, rules: RulesReader, start: Path | None = None, other_roots: Sequence[Path] = ()) -> Scan:
    """Return the files of a folder, or of what lies at `start` in it; other watched folders inside it are left out."""
    start = start or folder.root
    top = rules.top(folder.include, folder.ignore, folder.readers)
    if not _may_enter(folder.root, start):
        return Scan(())
    if start != folder.root and not start.is_dir():
        inside = rules.below(folder.root, start.parent, top)
        try:
            found = _look(folder, start, inside)
        except OSError:
            found = None
        return Scan((found,) if found else ())
    seen: list[Seen] = []
    closed: list[Path] = []
    depth = len(start.relative_to(folder.root).parts)
    stack = [(start, rules.below(folder.root, start.parent, top) if depth else top, depth)]
    while stack:
        place, above, depth = stack.pop()
        inside = rules.enter(place, above, depth)
        try:
            with os.scandir(place) as entries:
                listed = list(entries)
        except FileNotFoundError:
            continue
        except OSError:
            closed.append(place)
            continue
        for entry in listed:
            path = Path(entry.path)
            if is_leftover(entry.name) or path in other_roots:
                continue
            try:
                if entry.is_dir(follow_symlinks=False):
                    if inside.takes(path.relative_to(folder.root).as_posix(), is_folder=True):
                        stack.append((path, inside, depth + 1))
                elif found := _look(folder, path, inside):
                    seen.append(found)
            except OSError:
                # Gone between listing and looking: as if it had not been listed.
                continue
    return Scan(tuple(seen), tuple(closed))


def is_leftover(name: str) -> bool:
    """Whether a file or folder of this name belongs to a program rather than to a person."""
    return name.startswith(IGNORED_PREFIXES) or name.endswith(IGNORED_SUFFIXES) or name in IGNORED_NAMES


def printable(name: str) -> str:
    """Return a name with what cannot be shown or stored written as an escape; two names never become one."""
    return os.fsencode(name).decode("utf-8", "backslashreplace").translate(_SHOWN)


def _look(folder: Folder, source: Path, rules: Rules) -> Seen | None:
    stat = source.lstat()
    if not S_ISREG(stat.st_mode):
        return None
    relative = source.relative_to(folder.root).as_posix()
    if not rules.takes(relative):
        return None
    problem = ""
    try:
        relative.encode("utf-8")
    except UnicodeEncodeError:
        problem = "The file's name is not valid UTF-8. Rename the file and it will be read."
        source = folder.root / printable(relative)
    return Seen(
        folder=folder,
        path=folder.prefix + printable(relative),
        source=source,
        size=stat.st_size,
        modified_ns=stat.st_mtime_ns,
        changed_ns=stat.st_ctime_ns,
        device=_signed(stat.st_dev),
        rules=rules.of_document(relative),
        problem=problem,
    )


def _may_enter(root: Path, start: Path) -> bool:
    """Whether `start` can be reached from root without a symlink or an ignored name on the way."""
    if start == root:
        return True
    place = root
    for part in start.relative_to(root).parts:
        place = place / part
        if place.is_symlink() or (is_leftover(part) and part != RULES_NAME):
            return False
    return True


def device_of(place: Path, root: Path) -> Iterator[int]:
    """Yield the file system of the nearest folder above `place` that exists, if there is one at or below `root`."""
    for folder in place.parents:
        if not folder.is_relative_to(root):
            return
        try:
            yield _signed(folder.lstat().st_dev)
        except OSError:
            continue
        return


def _signed(number: int) -> int:
    """Fit an unsigned 64-bit number into the database's signed one."""
    return number - 2**64 if number >= 2**63 else number
