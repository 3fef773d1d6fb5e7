"""ZIP containers opened within limits; every office format is one. Knows nothing of what the members are."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from io import BytesIO
from pathlib import PurePosixPath

from adapters.errors import EmptyFile, UnreadableFile
from ingest.parse.source import MAX_FILES, MAX_UNPACKED

_MAX_RATIO = 150
# What zipfile and the libraries upon it raise for a package that is broken inside.
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    KeyError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)
_SMALL = 20_000_000


def open_zip(data: bytes) -> zipfile.ZipFile:
    """Return data as a ZIP whose members are known to be bounded.

    Raises UnreadableFile when it is damaged, locked by a password, or would unpack to far more than it weighs.
    The sizes in the directory can be trusted: reading a member stops at them.
    """
    try:
        archive = zipfile.ZipFile(BytesIO(data))
    except DAMAGED as cause:
        raise UnreadableFile("The file is damaged or incomplete. Copy or download it again.") from cause
    members = archive.infolist()
    if not members:
        raise EmptyFile("The archive is empty.")
    if len(members) > MAX_FILES * 5:
        raise UnreadableFile(f"It holds {len(members):,} files, too many to read. Unpack it and add what is needed.")
    unpacked = sum(member.file_size for member in members)
    if unpacked > MAX_UNPACKED or (unpacked > _SMALL and unpacked > len(data) * _MAX_RATIO):
        raise UnreadableFile(
            f"It weighs {len(data) / 1e6:.1f} MB but unpacks to {unpacked / 1e6:,.0f} MB, as a zip bomb does. "
            "Unpack it and add what is needed."
        )
    if any(member.flag_bits & 1 for member in members):
        raise UnreadableFile("The archive is protected by a password. Add it unpacked, or packed without a password.")
    return archive


def member(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return one member's bytes. Raises UnreadableFile when it is missing or damaged."""
    try:
        return archive.read(name)
    except DAMAGED as cause:
        raise UnreadableFile(f"A part of the file is missing or damaged ({safe_name(name)}). Save it again.") from cause


def safe_name(name: str) -> str:
    """Return a member's name for display only: no parent folders, drive letters or invisible characters."""
    parts = [part for part in PurePosixPath(name.replace("\\", "/")).parts if part not in {"..", ".", "/"}]
    return "".join(char for char in "/".join(parts) if char.isprintable())[:200] or "unnamed"
