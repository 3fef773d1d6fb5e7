"""Which reader a file needs: its content decides, its extension only between kinds of text.

Readers are imported when first needed, so that a process that reads only Markdown never loads a PDF library.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from typing import cast

from adapters.errors import UnreadableFile
from ingest.parse import archive
from ingest.parse.draft import Draft
from ingest.parse.encodings import decode
from ingest.parse.source import Source

Reader = Callable[[Source, Draft], None]

_MODULES = {
    "pdf": "pdf",
    "docx": "word",
    "xlsx": "sheet",
    "pptx": "slides",
    "epub": "book",
    "odt": "opendocument",
    "ods": "opendocument",
    "odp": "opendocument",
    "zip": "packed",
    "doc": "legacy",
    "xls": "legacy",
    "ppt": "legacy",
    "msg": "outlook",
    "rtf": "richtext",
    "image": "pictures",
    "html": "web",
    "markdown": "markdown",
    "text": "plain",
    "csv": "delimited",
    "json": "structured",
    "xml": "structured",
    "eml": "mail",
}
_BY_EXTENSION = {
    "md": "markdown",
    "markdown": "markdown",
    "mdx": "markdown",
    "mkd": "markdown",
    "html": "html",
    "htm": "html",
    "xhtml": "html",
    "csv": "csv",
    "tsv": "csv",
    "tab": "csv",
    "eml": "eml",
    "json": "json",
    "jsonl": "json",
    "ndjson": "json",
    "xml": "xml",
}
# What files of these names must be inside; text in their place means a damaged or misnamed file.
_BINARY = frozenset(
    {
        "pdf",
        "docx",
        "xlsx",
        "pptx",
        "doc",
        "xls",
        "ppt",
        "msg",
        "epub",
        "odt",
        "zip",
        "png",
        "jpg",
        "jpeg",
        "tif",
        "tiff",
        "gif",
        "bmp",
        "webp",
    }
)
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*", b"GIF87a", b"GIF89a", b"BM")
_OTHERS = (
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\x00", "a database"),
    (b"ID3", "a sound recording"),
    (b"OggS", "a recording"),
    (b"fLaC", "a recording"),
    (b"%!PS", "a PostScript file"),
    (b"\xca\xfe\xba\xbe", "a program"),
)
_MAIL = re.compile(
    rb"\A(?:(?:From|To|Received|Return-Path|Delivered-To|MIME-Version|Subject|Date|Message-ID|X-[\w-]+|Content-Type)"
    rb":[^\n]*\n(?:[ \t][^\n]*\n)*){3}",
    re.I,
)
_HTML = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S)
_XML = re.compile(r"\s*<\?xml\b")


def reader(format: str) -> Reader:
    """Return the reader of a format named by `format_of`."""
    return cast(Reader, import_module(f"ingest.parse.{_MODULES[format]}").read)


def format_of(source: Source) -> str:
    """Return the name of the format that source really is. Raises UnreadableFile for what no reader reads."""
    data = source.data
    head = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if b"%PDF-" in data[:1024]:
        return "pdf"
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zipped(source)
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _compound(data)
    if head.startswith(b"{\\rtf"):
        return "rtf"
    if data.startswith(_PICTURES[:-1]) or (data.startswith(b"BM") and source.extension == "bmp") or _is_webp(data):
        return "image"
    for magic, name in _OTHERS:
        if data.startswith(magic) and not (magic in {b"MZ", b"BZh", b"ID3"} and _is_text(data)):
            raise UnreadableFile(f"This is {name}, which cannot be read. Unpack or convert it first.")
    if not _is_text(data):
        raise UnreadableFile(
            f"The content is not text and not a known document format{_claimed(source)}. "
            "If it opens on your computer, save it as PDF, Word or text and add that."
        )
    return _text_format(source)


def _zipped(source: Source) -> str:
    with archive.open_zip(source.data) as package:
        names = set(package.namelist())
        if "mimetype" in names and package.getinfo("mimetype").file_size < 200:
            kind = archive.member(package, "mimetype").decode("ascii", "replace").strip()
            if kind == "application/epub+zip":
                return "epub"
            for ending, name in (("text", "odt"), ("spreadsheet", "ods"), ("presentation", "odp")):
                if kind.removesuffix("-template") == f"application/vnd.oasis.opendocument.{ending}":
                    return name
        for folder, name in (("word/", "docx"), ("xl/", "xlsx"), ("ppt/", "pptx")):
            if any(entry.startswith(folder) for entry in names) and (
                "[Content_Types].xml" in names or source.extension == name
            ):
                return name
        if "META-INF/container.xml" in names:
            return "epub"
    return "zip"


def _compound(data: bytes) -> str:
    """Tell apart what Microsoft's compound files hold; names in their directory are UTF-16."""

    def has(stream: str) -> bool:
        return stream.encode("utf-16-le") in data

    if has("EncryptedPackage") or has("EncryptionInfo"):
        raise UnreadableFile(
            "The document is protected by a password. Open it, remove the password, and save it again."
        )
    if has("__properties_version1.0"):
        return "msg"
    for stream, name in (("WordDocument", "doc"), ("PowerPoint Document", "ppt"), ("Workbook", "xls"), ("Book", "xls")):
        if has(stream):
            return name
    raise UnreadableFile("This old Office format is not known. Open it and save it as PDF or in a current format.")


def _text_format(source: Source) -> str:
    start = decode(source.data[:4096])
    if source.extension in {"eml", "mht", "mhtml"} or (
        _MAIL.match(source.data) and source.extension in _BINARY | {"", "txt"}
    ):
        return "eml"
    if _HTML.match(start) and source.extension not in {"md", "markdown", "txt", "json", "csv", "xml"}:
        return "html"
    if source.extension in _BY_EXTENSION:
        return _BY_EXTENSION[source.extension]
    if source.extension in _BINARY:
        raise UnreadableFile(
            f"The file is named .{source.extension} but holds no such document{_plainly(start)}. "
            "Copy it again, or rename it to what it is."
        )
    return "xml" if _XML.match(start) else "text"


def _plainly(start: str) -> str:
    return "; it looks like plain text" if start.strip() else ""


def _claimed(source: Source) -> str:
    return f" (named .{source.extension})" if source.extension else ""


def _is_text(data: bytes) -> bool:
    """True when data reads as writing: few control characters once decoded."""
    sample = data[:8192]
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    text = decode(sample[: len(sample) // 2 * 2] if len(data) > 8192 else sample)
    odd = sum(1 for char in text if (char < " " and char not in "\t\n\r\x0c\x1b") or char == "\ufffd")
    return odd <= 0.02 * len(text)


def _is_webp(data: bytes) -> bool:
    return data.startswith(b"RIFF") and data[8:12] == b"WEBP"
