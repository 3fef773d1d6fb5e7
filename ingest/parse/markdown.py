"""Markdown files: the source text stays as it is, markdown-it only says where blocks begin and end."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from adapters.records import BlockKind
from ingest.clean import visible
from ingest.parse.draft import Draft
from ingest.parse.encodings import decode
from ingest.parse.source import Source

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_FRONT_MATTER = re.compile(r"\A\ufeff?---[ \t]*\n(.*?\n)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_SHORTCODE = re.compile(r"^\{\{[<%].*[>%]\}\}$")
_LONGEST_FRONT_MATTER = 20_000
# PyYAML's time grows with the square of the nesting.
_MOST_BRACKETS = 200
_KINDS: dict[str, BlockKind] = {
    "paragraph_open": "text",
    "blockquote_open": "text",
    "bullet_list_open": "list",
    "ordered_list_open": "list",
    "table_open": "table",
    "fence": "code",
    "code_block": "code",
}


def read(source: Source, draft: Draft) -> None:
    text = visible(decode(source.data))
    metadata, text = front_matter(text)
    draft.metadata.update(metadata)
    add_markdown(text, draft)


def add_markdown(text: str, draft: Draft) -> None:
    """Add the blocks of Markdown text to draft."""
    lines = text.split("\n")
    for token in _blocks(text):
        begin, end = token.map or (0, 0)
        chunk = "\n".join(lines[begin:end])
        if token.type == "heading_open":
            draft.heading(_title(chunk), int(token.tag[1:]))
        elif token.type == "html_block":
            _add_html(chunk, draft)
        elif token.type in {"fence", "code_block"}:
            draft.add(chunk, "code")
        else:
            chunk = _COMMENT.sub("", chunk)
            if not _SHORTCODE.match(chunk.strip()):
                draft.add(chunk, _KINDS[token.type])


def front_matter(text: str) -> tuple[dict[str, str], str]:
    """Return the YAML mapping at the head of text as strings, and the text after it.

    Anything but a plain mapping stays part of the text. Aliases are refused: they are how small YAML grows large.
    """
    match = _FRONT_MATTER.match(text)
    if (
        not match
        or len(match.group(1)) > _LONGEST_FRONT_MATTER
        or sum(map(match.group(1).count, "[{")) > _MOST_BRACKETS
    ):
        return {}, text
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(match.group(1), yaml.SafeLoader)):
            return {}, text
        values = yaml.safe_load(match.group(1))
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}, text
    if not isinstance(values, dict):
        return {}, text
    return {str(key): _plain(value) for key, value in values.items() if value is not None}, text[match.end() :]


def _plain(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(_plain(item) for item in value)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def _blocks(text: str) -> Iterator[Token]:
    """Yield the outermost block tokens; inline text is not parsed."""
    parser = MarkdownIt("commonmark").enable("table")
    parser.core.ruler.enableOnly(["normalize", "block"])
    for token in parser.parse(text):
        if (
            token.level == 0
            and token.nesting >= 0
            and (token.type in _KINDS or token.type in {"heading_open", "html_block"})
        ):
            yield token


def _title(source: str) -> str:
    """Return a heading's text without its marks ("## Title ##", or a line over "====")."""
    source = source.strip()
    if source.startswith("#"):
        source = re.sub(r"(?:^|\s)#+\s*$", "", source.lstrip("#"))
    else:
        source = re.sub(r"\n[ \t]*(?:=+|-+)[ \t]*$", "", source)
    source = _TAG.sub("", _COMMENT.sub("", source))
    source = re.sub(r"\s*\{#[^}]*\}\s*$", "", source)
    source = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", source)
    return re.sub(r"(\*\*|__)(.+?)\1", r"\2", source).strip()


def _add_html(chunk: str, draft: Draft) -> None:
    chunk = _COMMENT.sub("", chunk).strip()
    if not _TAG.search(chunk):
        draft.add(chunk)
        return
    from ingest.parse.web import add_html

    add_html(chunk, draft)
