"""Small files made for the tests, hostile ones among them; nothing here is read from outside."""

from __future__ import annotations

import struct
import zipfile
import zlib
from io import BytesIO

from openpyxl import Workbook


def zipped(members: dict[str, bytes], *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def locked_zip() -> bytes:
    """A ZIP whose directory says that its member is encrypted."""
    data = bytearray(zipped({"a.txt": b"secret text"}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    return bytes(data)


def workbook(cells: dict[str, object]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for place, value in cells.items():
        sheet[place] = value
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def pdf(pages: list[str], *, count: int | None = None, locked: bool = False) -> bytes:
    """A PDF with one content stream a page; `count` overrides what the page tree claims."""
    kids = " ".join(f"{4 + 2 * index} 0 R" for index in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count or len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for index, content in enumerate(pages):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {5 + 2 * index} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    body, places = "%PDF-1.4\n", []
    for number, text in enumerate(objects, start=1):
        places.append(len(body))
        body += f"{number} 0 obj\n{text}\nendobj\n"
    start = len(body)
    body += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n" + "".join(f"{at:010d} 00000 n \n" for at in places)
    lock = f"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{'ab' * 32}> /U <{'cd' * 32}> >> /ID [<00><00>]"
    body += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R {lock if locked else ''} >>\nstartxref\n{start}\n%%EOF"
    return body.encode("latin-1")


def lines(texts: list[tuple[float, float, float, str]]) -> str:
    """Page content that shows texts at (x, y from the bottom, size)."""
    return "".join(f"BT /F1 {size} Tf {x} {y} Td ({text}) Tj ET\n" for x, y, size, text in texts)


def png(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds almost nothing."""

    def part(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = part(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + part(b"IDAT", zlib.compress(b"\x00" * 100)) + part(b"IEND", b"")


def compound(*streams: str) -> bytes:
    """The start of an old Office file, with the names of its streams."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 504 + b"".join(name.encode("utf-16-le") for name in streams)
