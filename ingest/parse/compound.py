"""Microsoft's compound files (OLE), opened safely: the container of MSG and of the old Office formats."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import olefile

from adapters.errors import UnreadableFile

Container = Any
_DAMAGED = "The file is damaged or incomplete. Copy it again."
MAX_STREAM = 200_000_000


def open_compound(data: bytes) -> Container:
    """Return the opened container. Raises UnreadableFile when it is damaged."""
    try:
        return olefile.OleFileIO(BytesIO(data))
    except (OSError, ValueError, IndexError, TypeError) as cause:
        raise UnreadableFile(_DAMAGED) from cause


def stream(container: Container, *path: str) -> bytes:
    """Return one stream; b"" when there is none. Raises UnreadableFile when it is damaged."""
    try:
        if not container.exists(list(path)) or container.get_size(list(path)) > MAX_STREAM:
            return b""
        return bytes(container.openstream(list(path)).read())
    except (OSError, ValueError, IndexError, TypeError) as cause:
        raise UnreadableFile(_DAMAGED) from cause
