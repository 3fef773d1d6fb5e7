"""How the service and the model's process talk: JSON objects, each behind its length in four bytes.

JSON and nothing else: what one side sends can never become code on the other. Knows nothing of what is said.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any, BinaryIO

LARGEST = 32 * 1024 * 1024
_length = struct.Struct(">I")


class BrokenFrame(Exception):
    """What came is no frame: the other side is not what it should be, or died in the middle of one."""


def send(stream: BinaryIO, frame: Mapping[str, Any]) -> None:
    """Write one frame. Raises OSError when the other side has gone, BrokenFrame when it would be too large."""
    body = json.dumps(frame, ensure_ascii=False).encode("utf-8", "replace")
    if len(body) > LARGEST:
        raise BrokenFrame(f"a message of {len(body)} bytes is longer than {LARGEST}")
    stream.write(_length.pack(len(body)) + body)
    stream.flush()


def receive(stream: BinaryIO) -> dict[str, Any] | None:
    """Return the next frame, None when the other side closed between two. Raises BrokenFrame, OSError."""
    head = _exactly(stream, _length.size)
    if head is None:
        return None
    (size,) = _length.unpack(head)
    if size > LARGEST:
        raise BrokenFrame(f"a message announces {size} bytes")
    body = _exactly(stream, size)
    try:
        frame = json.loads(body or b"")
    except ValueError as cause:
        raise BrokenFrame("a message is not JSON") from cause
    if not isinstance(frame, dict):
        raise BrokenFrame("a message is not an object")
    return frame


def _exactly(stream: BinaryIO, size: int) -> bytes | None:
    parts: list[bytes] = []
    left = size
    while left:
        part = stream.read(left)
        if not part:
            if parts:
                raise BrokenFrame("a message broke off")
            return None
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
