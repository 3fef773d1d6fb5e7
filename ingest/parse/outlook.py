"""Outlook messages (MSG): the same as e-mail, out of MAPI properties. Format: Microsoft's MS-OXMSG."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from ingest.parse import archive
from ingest.parse.compound import Container, open_compound, stream
from ingest.parse.draft import Draft
from ingest.parse.encodings import decode
from ingest.parse.mail import add_bodies, add_headers
from ingest.parse.packed import add_member
from ingest.parse.source import Source

_SUBJECT, _SENDER, _SENDER_ADDRESS, _TO, _CC = "0037", "0C1A", "0C1F", "0E04", "0E03"
_BODY, _HTML, _RTF = "1000", "1013", "1009"
_DATA, _LONG_NAME, _SHORT_NAME = "3701", "3707", "3704"
_SUBMITTED = 0x00390040
_MAX_ATTACHMENTS = 200
# The dictionary that every compressed RTF starts from (MS-OXRTFCP 2.1.2.1).
_RTF_START = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor "
    b"MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n"
    b"\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)


def read(source: Source, draft: Draft) -> None:
    container = open_compound(source.data)
    try:
        sender = " ".join(filter(None, (_string(container, _SENDER), _address(container))))
        headers = {
            "subject": _string(container, _SUBJECT),
            "from": sender,
            "to": _string(container, _TO),
            "cc": _string(container, _CC),
            "date": _date(container),
        }
        add_headers(headers, draft)
        add_bodies(_bodies(container), draft)
        folders = {entry[0] for entry in container.listdir(streams=True) if entry[0].startswith("__attach_version1.0")}
        for folder in sorted(folders)[:_MAX_ATTACHMENTS]:
            _add_attachment(container, folder, source, draft)
    finally:
        container.close()


def _bodies(container: Container) -> list[tuple[str, str]]:
    found = []
    if plain := _string(container, _BODY):
        found.append(("plain", plain))
    html = stream(container, f"__substg1.0_{_HTML}0102")
    if html:
        found.append(("html", decode(html)))
    elif text := _string(container, _HTML):
        found.append(("html", text))
    if not found and (packed := stream(container, f"__substg1.0_{_RTF}0102")):
        from ingest.parse.richtext import read as read_rtf

        part = Draft(max_chars=10_000_000)
        read_rtf(Source(unpack_rtf(packed), "body.rtf"), part)
        found.append(("plain", part.text))
    return found


def _add_attachment(container: Container, folder: str, source: Source, draft: Draft) -> None:
    name = _string(container, _LONG_NAME, folder) or _string(container, _SHORT_NAME, folder) or "attachment"
    data = stream(container, folder, f"__substg1.0_{_DATA}0102")
    if data:
        add_member(source, data, archive.safe_name(name).replace("/", "_"), draft)
    elif container.exists([folder, f"__substg1.0_{_DATA}000D"]):
        draft.warn(f"The message attached as {name} was not read; save it as a file of its own.")


def _string(container: Container, tag: str, folder: str | None = None) -> str:
    """Return a text property, Unicode if there is one, else in the encoding it looks like."""
    path = [folder] if folder else []
    if wide := stream(container, *path, f"__substg1.0_{tag}001F"):
        return wide.decode("utf-16-le", "replace").rstrip("\x00")
    return decode(stream(container, *path, f"__substg1.0_{tag}001E")).rstrip("\x00")


def _address(container: Container) -> str:
    address = _string(container, _SENDER_ADDRESS)
    return f"<{address}>" if "@" in address else ""


def _date(container: Container) -> str:
    """Return when the message was sent; fixed-size properties stand 16 bytes each after a header of 32."""
    properties = stream(container, "__properties_version1.0")
    for at in range(32, len(properties) - 15, 16):
        tag, _, value = struct.unpack_from("<IIQ", properties, at)
        if tag == _SUBMITTED and 0 < value < 1 << 62:
            sent = datetime(1601, 1, 1, tzinfo=UTC) + timedelta(microseconds=value // 10)
            return sent.isoformat(" ", "minutes")
    return ""


def unpack_rtf(data: Sequence[int]) -> bytes:
    """Return the RTF in a compressed RTF property (MS-OXRTFCP): literals and references into a ring of 4,096 bytes."""
    data = bytes(data)
    if data[8:12] != b"LZFu":
        return data[16:]
    size = min(struct.unpack_from("<I", data, 4)[0], 50_000_000)
    ring = bytearray(_RTF_START.ljust(4096, b"\x00"))
    write, at = len(_RTF_START), 16
    out = bytearray()
    while at < len(data) and len(out) < size:
        flags = data[at]
        at += 1
        for bit in range(8):
            if flags >> bit & 1:
                if at + 1 >= len(data):
                    return bytes(out)
                reference = data[at] << 8 | data[at + 1]
                at += 2
                start, length = reference >> 4, (reference & 15) + 2
                if start == write:
                    return bytes(out)
                for step in range(length):
                    # A reference may reach into what it is just writing.
                    byte = ring[write] = ring[(start + step) % 4096]
                    out.append(byte)
                    write = (write + 1) % 4096
            else:
                if at >= len(data):
                    return bytes(out)
                ring[write] = data[at]
                out.append(data[at])
                write = (write + 1) % 4096
                at += 1
    return bytes(out)
