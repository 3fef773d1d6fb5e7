"""XML read without entities, external documents or network: the only way any reader here opens XML."""

from __future__ import annotations

from typing import Any

from lxml import etree

from adapters.errors import UnreadableFile

Node = Any


def parse_xml(data: bytes) -> Node:
    """Return the root element. Entities stay unexpanded. Raises UnreadableFile when data is not well formed."""
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as cause:
        raise UnreadableFile("The file is damaged: its XML cannot be read. Save it again.") from cause


def local(node: Node) -> str:
    """Return an element's name without its namespace; "" for entities and other non-elements."""
    tag = node.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""
