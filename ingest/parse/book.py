"""EPUB: the chapters in the order of the spine, each read as the page it is."""

from __future__ import annotations

import posixpath
from urllib.parse import unquote

from adapters.errors import UnreadableFile
from ingest.parse import archive
from ingest.parse.draft import Draft
from ingest.parse.encodings import decode
from ingest.parse.source import Source
from ingest.parse.web import add_html, declared_charset
from ingest.parse.xml_safe import Node, local, parse_xml

_MAX_CHAPTERS = 5_000


def read(source: Source, draft: Draft) -> None:
    with archive.open_zip(source.data) as package:
        names = set(package.namelist())
        if "META-INF/encryption.xml" in names and b"EncryptedKey" in archive.member(package, "META-INF/encryption.xml"):
            raise UnreadableFile("The book is locked to a reading program (DRM). Add a version without protection.")
        container = parse_xml(archive.member(package, "META-INF/container.xml"))
        rootfile = next((node.get("full-path") for node in container.iter() if local(node) == "rootfile"), None)
        if not rootfile:
            raise UnreadableFile("The book is damaged: it names no content. Download it again.")
        opf = parse_xml(archive.member(package, rootfile))
        _metadata(opf, draft)
        for path in _spine(opf, posixpath.dirname(rootfile))[:_MAX_CHAPTERS]:
            if path in names:
                page = archive.member(package, path)
                add_html(decode(page, declared_charset(page)), draft)


def _metadata(opf: Node, draft: Draft) -> None:
    for node in opf.iter():
        name = local(node)
        if name in {"title", "creator", "date", "publisher", "language"} and node.text and name not in draft.metadata:
            draft.metadata[name] = node.text.strip()
    draft.title = draft.metadata.get("title", "")


def _spine(opf: Node, folder: str) -> list[str]:
    """Return the members that hold the text, in reading order."""
    items = {node.get("id"): node.get("href") or "" for node in opf.iter() if local(node) == "item"}
    order = [items.get(node.get("idref"), "") for node in opf.iter() if local(node) == "itemref"]
    return [posixpath.normpath(posixpath.join(folder, unquote(href.partition("#")[0]))) for href in order if href]
