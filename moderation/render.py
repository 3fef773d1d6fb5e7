"""Make Markdown safe to render: no images, no HTML, no links but to known places. Knows no policy.

Nothing is parsed into a tree, since every renderer parses a little differently. Instead each mark that could begin
something is taken apart wherever it stands outside code: `![` loses its `!`, `](` its target, `]:` gets a space, `<`
becomes `&lt;`, a bare address gets an escaped colon. What is code is kept, and made unambiguous: backticks that find
no partner in their line are escaped, and so are fences that do not begin their line. A stream gives the same text as
the whole; only a mark that is still open is held back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

_fence = re.compile(r"(`{3,}|~{3,})([^`\n]*)$")
_target = re.compile(r"\]\(\s{0,4}(<[^<>\n`]{0,2000}>|[^\s()<>`]{0,2000})(?:\s{1,4}\"[^\"\n`]{0,300}\")?\s{0,4}\)")
_target_start = re.compile(r"\](?:\([^()\n`]{0,2400})?\Z")
_address = re.compile(
    r"(?:(?:https?|ftp|file|data|javascript|vbscript|blob|mailto|tel):|www\.)[^\s<>\"'`|\\，。；：！？、（）【】「」《》]+",
    re.IGNORECASE,
)
_scheme_start = re.compile(
    r"(?:h|ht|htt|https?|f|ft|ftp|fi|fil|file|d|da|dat|data|j(?:a(?:v(?:a(?:s(?:c(?:r(?:i(?:pt?)?)?)?)?)?)?)?)?|v(?:b(?:s(?:c(?:r(?:i(?:pt?)?)?)?)?)?)?|b(?:l(?:ob?)?)?|m(?:a(?:i(?:l(?:to?)?)?)?)?|t(?:el?)?|w{1,3})[:.]?\Z",
    re.IGNORECASE,
)
_mark = re.compile(r"[`!\]<\\]|:(?=//|/?\Z)|~{3,}|~+\Z|(?<![A-Za-z0-9])(?=[hfdjvbmtwHFDJVBMTW])")


def known(addresses: Iterable[str]) -> Callable[[str], bool]:
    """Return the test that lets only these addresses, what lies below those that end in /, and #... be links."""
    listed = frozenset(addresses)
    folders = tuple(address for address in listed if address.endswith("/") and address.count("/") > 2)

    def allowed(address: str) -> bool:
        below = address.startswith(folders) and ".." not in address and "\\" not in address
        return below or address in listed or address.startswith("#")

    return allowed


NO_LINKS = known(())


def safe_markdown(text: str, allowed: Callable[[str], bool] = NO_LINKS) -> str:
    """Return text with nothing in it that fetches, runs or leads to a place that is not allowed."""
    return "".join(safe_stream([text], allowed))


def safe_stream(pieces: Iterable[str], allowed: Callable[[str], bool] = NO_LINKS) -> Iterator[str]:
    """Yield the safe form of a stream, holding back open marks until they close or their line ends."""
    page = _Page(allowed)
    try:
        for piece in pieces:
            if text := page.feed(piece):
                yield text
        if text := page.finish():
            yield text
    finally:
        if callable(close := getattr(pieces, "close", None)):
            close()


class _Page:
    def __init__(self, allowed: Callable[[str], bool]) -> None:
        self._allowed = allowed
        self._rest = ""  # of the current line, not shown yet
        self._line_begun = False  # part of the current line was shown
        self._before = ""  # the last character shown of the current line: an address begins behind no letter
        self._fence = ""  # what closes the code block we are in

    def feed(self, piece: str) -> str:
        self._rest += piece.replace("\r\n", "\n").replace("\r", "\n")
        out = []
        while (end := self._rest.find("\n")) >= 0:
            line, self._rest = self._rest[:end], self._rest[end + 1 :]
            out.append(self._line(line) + "\n")
            self._line_begun, self._before = False, ""
        out.append(self._partial())
        return "".join(out)

    def finish(self) -> str:
        line, self._rest = self._rest, ""
        return self._line(line)

    def _line(self, line: str) -> str:
        """Return the rest of a line that is complete."""
        if self._line_begun:
            return line if self._fence else self._inline(line, final=True)[0]
        if self._fence:
            closing = line.strip(" \t")
            indent = len(line) - len(line.lstrip(" "))
            if indent <= 3 and len(closing) >= len(self._fence) and set(closing) == {self._fence[0]}:
                self._fence = ""
            return line
        if opening := _fence.match(line):
            self._fence = opening.group(1)
            return line
        return self._inline(line, final=True)[0]

    def _partial(self) -> str:
        """Return what of an unfinished line can be shown already."""
        if not self._line_begun and (not self._rest.strip(" `~") or self._rest.startswith(("```", "~~~"))):
            return ""  # may become a fence
        if self._fence:
            text, self._rest = self._rest, ""
        else:
            text, used = self._inline(self._rest, final=False)
            self._before = self._rest[used - 1] if used else self._before
            self._rest = self._rest[used:]
        self._line_begun = self._line_begun or bool(text)
        return text

    def _inline(self, line: str, final: bool) -> tuple[str, int]:
        """Return the safe form of a line and how much of it was used: all when final, else up to an open mark."""
        out: list[str] = []
        position, shown = len(self._before), len(self._before)
        line = self._before + line
        while match := _mark.search(line, position):
            start = match.start()
            out.append(line[position:start])
            step = self._step(line, start, final)
            if step is None:
                return "".join(out), start - shown
            text, position = step
            out.append(text)
        out.append(line[position:])
        return "".join(out), len(line) - shown

    def _step(self, line: str, start: int, final: bool) -> tuple[str, int] | None:
        """Return the safe form of the mark at start and where it ends; None when more of the line is needed."""
        char, following = line[start], line[start + 1 : start + 2]
        if char == "`":
            return _code(line, start) if final or _closed(line, start) else None
        if char == "~":  # a fence that is indented or in a list ends where renderers do not agree
            end = start + len(line) - start - len(line[start:].lstrip("~"))
            if end == len(line) and not final:
                return None
            return ("\\~" * (end - start) if end - start >= 3 else line[start:end]), end
        if char in "!<\\" and not following and not final:
            return None
        if char == "!":
            return ("" if following == "[" else "!"), start + 1
        if char == ":":  # of an address glued to other letters
            if not final and line[start:] in (":", ":/"):
                return None
            return ("\\:" if line.startswith("//", start + 1) else ":"), start + 1
        if char == "<":
            return ("<" if not following or following in " =0123456789-" else "&lt;"), start + 1
        if char == "\\":  # an escaped mark stays escaped; what it escapes begins nothing
            return (line[start : start + 2], start + 2) if following and following in "`\\" else ("\\", start + 1)
        if char == "]":
            return self._link(line, start, final)
        return self._bare(line, start, final)

    def _link(self, line: str, start: int, final: bool) -> tuple[str, int] | None:
        if match := _target.match(line, start):
            if self._allowed(match.group(1).strip("<>")):
                return match.group(), match.end()
            if match.end() == len(line) and not final:
                return None
            # Without its target the bracket stands before what followed: another target, or a definition's colon.
            return ("] " if line[match.end() : match.end() + 1] in ("(", ":") else "]"), match.end()
        if not final and _target_start.match(line, start):
            return None
        following = line[start + 1 : start + 2]
        return ("] " if following in ("(", ":") and following else "]"), start + 1

    def _bare(self, line: str, start: int, final: bool) -> tuple[str, int] | None:
        if match := _address.match(line, start):
            if not final and match.end() == len(line):
                return None
            address = match.group()
            if self._allowed(address):
                return address, match.end()
            joint = min(place for place in (address.find(":"), address.find(".")) if place > 0)
            return f"{address[:joint]}\\{address[joint]}", start + joint + 1
        if not final and _scheme_start.match(line, start):
            return None
        return line[start], start + 1


def _run(line: str, start: int) -> int:
    return len(line) - start - len(line[start:].lstrip("`"))


def _closing(line: str, start: int) -> int:
    """Return where the code span that opens at start ends, or -1."""
    size = _run(line, start)
    for match in re.finditer(r"`+", line[start + size :]):
        if len(match.group()) == size:
            return start + size + match.end()
    return -1


def _closed(line: str, start: int) -> bool:
    """Return whether the span is closed, and by a run that cannot grow any more."""
    return 0 <= _closing(line, start) < len(line)


def _code(line: str, start: int) -> tuple[str, int]:
    end = _closing(line, start)
    if end < 0 or "|" in line[start:end]:  # a table would cut the span in two
        size = _run(line, start)
        return "\\`" * size, start + size
    return line[start:end], end
