"""The binary frames of Feishu's long connection: protobuf by hand, field numbers as in lark_oapi ws/pb/pbbp2.

Frame {1 SeqID, 2 LogID, 3 service, 4 method (0 control, 1 data), 5 headers {1 key, 2 value}, 6 payload_encoding,
7 payload_type, 8 payload, 9 LogIDNew}.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from adapters.errors import ZhiwenError


class BadFrame(ZhiwenError):
    """The bytes are no frame."""


@dataclass(frozen=True)
class Frame:
    """One frame; `headers` are pairs in order."""

    sequence: int = 0
    log: int = 0
    service: int = 0
    method: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    payload: bytes = b""
    encoding: str = ""
    kind: str = ""
    log_new: str = ""

    def header(self, key: str) -> str:
        return next((value for name, value in self.headers if name == key), "")

    def answered(self, payload: bytes, milliseconds: int) -> Frame:
        """Return the frame that acknowledges this one."""
        return replace(self, headers=(*self.headers, ("biz_rt", str(milliseconds))), payload=payload)


def encode(frame: Frame) -> bytes:
    out = b"".join(
        _varint(number << 3) + _varint(value)
        for number, value in ((1, frame.sequence), (2, frame.log), (3, frame.service), (4, frame.method))
    )
    for key, value in frame.headers:
        out += _bytes(5, _bytes(1, key.encode()) + _bytes(2, value.encode()))
    for number, data in (
        (6, frame.encoding.encode()),
        (7, frame.kind.encode()),
        (8, frame.payload),
        (9, frame.log_new.encode()),
    ):
        out += _bytes(number, data) if data else b""
    return out


def decode(data: bytes) -> Frame:
    """Raises BadFrame."""
    numbers: dict[int, int] = {}
    texts: dict[int, bytes] = {}
    headers: list[tuple[str, str]] = []
    try:
        for field, value in _fields(data):
            if field == 5 and isinstance(value, bytes):
                pair = dict(_fields(value))
                headers.append((_text(pair.get(1, b"")), _text(pair.get(2, b""))))
            elif isinstance(value, bytes):
                texts[field] = value
            else:
                numbers[field] = value
        return Frame(
            sequence=numbers.get(1, 0),
            log=numbers.get(2, 0),
            service=numbers.get(3, 0),
            method=numbers.get(4, 0),
            headers=tuple(headers),
            payload=texts.get(8, b""),
            encoding=_text(texts.get(6, b"")),
            kind=_text(texts.get(7, b"")),
            log_new=_text(texts.get(9, b"")),
        )
    except (IndexError, ValueError) as cause:
        raise BadFrame("The frame is cut off or damaged.") from cause


def _text(value: int | bytes) -> str:
    if isinstance(value, int):
        raise ValueError("a number where text belongs")
    return value.decode()


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _bytes(field: int, data: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _read(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return number, at
        if shift > 63:
            raise ValueError("a number longer than 64 bits")


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0
    while at < len(data):
        tag, at = _read(data, at)
        value: int | bytes
        if tag & 7 == 0:
            value, at = _read(data, at)
        elif tag & 7 == 2:
            size, at = _read(data, at)
            if at + size > len(data):
                raise ValueError("cut off")
            value, at = data[at : at + size], at + size
        else:
            raise ValueError("a kind of field that frames do not have")
        yield tag >> 3, value
