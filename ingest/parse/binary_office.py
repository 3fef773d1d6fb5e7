"""The text in Word 97-2003 and PowerPoint 97-2003 files, after Microsoft's MS-DOC and MS-PPT; no layout."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from adapters.errors import UnreadableFile
from ingest.parse.compound import open_compound, stream

_LOCKED = "The document is protected by a password. Open it, remove the password, and save it again."
_DAMAGED = "The document is damaged. Open it in Office and save it in the current format."
_FIELD = re.compile("\x13[^\x13\x14\x15]*\x14?([^\x13\x14\x15]*)\x15")
_TEXT_CHARS, _TEXT_BYTES, _SLIDE_LIST, _SLIDE_MARK, _SLIDE = 4000, 4008, 4080, 1011, 1006
_MAX_RECORDS = 500_000


def doc_paragraphs(data: bytes) -> Iterator[str]:
    """Yield the paragraphs of a .doc; the cells of a table row stand in one line."""
    text = _doc_text(data)
    # Fields nest: the innermost one is resolved first.
    for _ in range(20):
        text, found = _FIELD.subn(r"\1", text)
        if not found:
            break
    text = text.replace("\x0b", "\n").replace("\x1e", "-").replace("\x07\x07", "\r").replace("\x07", " | ")
    for paragraph in re.split("[\r\x0c\x0e]", text):
        cleaned = re.sub("[\x00-\x08\x0f-\x1f]", "", paragraph).strip().removesuffix("|").strip()
        if cleaned:
            yield cleaned


def _doc_text(data: bytes) -> str:
    """Join the pieces that the piece table names (MS-DOC 2.4.1), footnotes after the main text."""
    container = open_compound(data)
    try:
        word = stream(container, "WordDocument")
        flags = struct.unpack_from("<H", word, 0x0A)[0]
        if flags & 0x0100:
            raise UnreadableFile(_LOCKED)
        table = stream(container, "1Table" if flags & 0x0200 else "0Table")
        main, notes = struct.unpack_from("<II", word, 0x4C)
        at, size = struct.unpack_from("<II", word, 0x01A2)
        pieces = _piece_table(table[at : at + size])
        count = (len(pieces) - 4) // 12
        places = struct.unpack_from(f"<{count + 1}I", pieces, 0)
        text: list[str] = []
        for index in range(count):
            offset = struct.unpack_from("<I", pieces, 4 * (count + 1) + 8 * index + 2)[0]
            length = places[index + 1] - places[index]
            if offset & 0x4000_0000:
                begin = (offset & 0x3FFF_FFFF) // 2
                text.append(word[begin : begin + length].decode("cp1252", "replace"))
            else:
                text.append(word[offset : offset + 2 * length].decode("utf-16-le", "replace"))
        return "".join(text)[: main + notes]
    except (struct.error, IndexError) as cause:
        raise UnreadableFile(_DAMAGED) from cause
    finally:
        container.close()


def _piece_table(clx: bytes) -> bytes:
    at = 0
    while clx[at] == 1:
        at += 3 + struct.unpack_from("<H", clx, at + 1)[0]
    size = struct.unpack_from("<I", clx, at + 1)[0]
    return clx[at + 5 : at + 5 + size]


def ppt_slides(data: bytes) -> list[list[str]]:
    """Return the lines of text on each slide of a .ppt, each line once."""
    container = open_compound(data)
    try:
        if container.exists("EncryptedSummary"):
            raise UnreadableFile(_LOCKED)
        document = stream(container, "PowerPoint Document")
    finally:
        container.close()
    slides: list[list[str]] = []
    for kind, body in _records(document):
        if kind in {_SLIDE_MARK, _SLIDE}:
            slides.append([])
        elif kind in {_TEXT_CHARS, _TEXT_BYTES}:
            text = body.decode("utf-16-le" if kind == _TEXT_CHARS else "latin-1", "replace")
            lines = [line.strip() for line in re.split("[\r\n\x0b]", text)]
            slides = slides or [[]]
            slides[-1].extend(line for line in lines if line)
    seen: set[str] = set()
    unique = []
    for lines in slides:
        # The outline and the drawing of a slide hold the same text.
        unique.append([line for line in dict.fromkeys(lines) if line not in seen])
        seen.update(lines)
    return [lines for lines in unique if lines]


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (type, body) of the records that hold slides and text (MS-PPT 2.3.1)."""
    waiting = [(0, len(data))]
    for _ in range(_MAX_RECORDS):
        if not waiting:
            return
        at, end = waiting.pop()
        if at + 8 > end:
            continue
        version, kind, size = struct.unpack_from("<HHI", data, at)
        after = min(at + 8 + size, end)
        waiting.append((after, end))
        if version & 0x0F == 0x0F:
            # Masters (1016), notes (1008) and handouts (4041) repeat or prompt.
            if kind not in {1016, 1008, 4041}:
                if kind == _SLIDE:
                    yield kind, b""
                waiting.append((at + 8, after))
        elif kind in {_TEXT_CHARS, _TEXT_BYTES, _SLIDE_MARK}:
            yield kind, data[at + 8 : after]
