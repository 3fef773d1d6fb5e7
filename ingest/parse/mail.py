"""E-mail (EML): who, when and what about, the text, and the attachments read as files of their own."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

from adapters.errors import UnreadableFile
from ingest.parse.draft import Draft
from ingest.parse.encodings import decode
from ingest.parse.packed import add_member
from ingest.parse.plain import add_plain
from ingest.parse.source import Source

_HEADERS = ("subject", "from", "to", "cc", "date")
_MAX_PARTS = 500


def read(source: Source, draft: Draft) -> None:
    try:
        message = email.message_from_bytes(source.data, policy=email.policy.default)
        add_headers({name: _header(message, name) for name in _HEADERS}, draft)
        bodies = list(_bodies(message))
        attachments = [part for part in _parts(message) if _is_attachment(part)]
        add_bodies(bodies, draft)
        for part in attachments:
            _add_attachment(part, source, draft)
    except (MessageError, ValueError, LookupError, AttributeError, RecursionError) as cause:
        raise UnreadableFile("The message is damaged. Export it again from the mail program.") from cause


def add_headers(headers: dict[str, str], draft: Draft) -> None:
    """Add a message's subject as its title and the named headers as its first block."""
    shown = {name: " ".join(value.split()) for name, value in headers.items() if value.strip()}
    draft.metadata.update(shown)
    draft.title = shown.get("subject", "")
    draft.add("\n".join(f"{name}: {value}" for name, value in shown.items()))


def add_bodies(bodies: list[tuple[str, str]], draft: Draft) -> None:
    """Add the text of a message given as ("plain" or "html", text) alternatives: all that they say, each thing once."""
    added: set[str] = set()
    # The page comes last: it is mostly the same text, and has headings and tables.
    for kind, text in sorted(bodies, key=lambda body: body[0] == "plain"):
        part = Draft(max_chars=draft.room)
        if kind == "html":
            from ingest.parse.web import add_html

            add_html(text, part)
        else:
            add_plain(text.replace("\r\n", "\n"), part)
        draft.take(part.without(added))
        added |= part.lines


def _bodies(message: EmailMessage) -> Iterator[tuple[str, str]]:
    for part in _parts(message):
        if part.get_content_maintype() == "text" and not _is_attachment(part):
            data = part.get_payload(decode=True)
            if isinstance(data, bytes) and data.strip():
                kind = "html" if part.get_content_subtype() == "html" else "plain"
                yield kind, decode(data, part.get_content_charset())


def _parts(message: EmailMessage) -> Iterator[EmailMessage]:
    """Yield the leaves of a message; an attached message is one leaf."""
    waiting = [message]
    for _ in range(_MAX_PARTS):
        if not waiting:
            return
        part = waiting.pop(0)
        if part.is_multipart() and part.get_content_type() != "message/rfc822":
            waiting[:0] = [inner for inner in part.iter_parts() if isinstance(inner, EmailMessage)]
        else:
            yield part


def _is_attachment(part: EmailMessage) -> bool:
    if part.get_content_type() == "message/rfc822" or part.get_content_disposition() == "attachment":
        return True
    return part.get_content_maintype() != "text" and bool(part.get_filename())


def _add_attachment(part: EmailMessage, source: Source, draft: Draft) -> None:
    name = part.get_filename() or "attachment.eml"
    if part.get_content_type() == "message/rfc822":
        inner = part.get_content()
        data = inner.as_bytes() if isinstance(inner, EmailMessage) else b""
        name = name if name.lower().endswith(".eml") else f"{name}.eml"
    else:
        payload = part.get_payload(decode=True)
        data = payload if isinstance(payload, bytes) else b""
    if data:
        add_member(source, data, _clean_name(name), draft)


def _clean_name(name: str) -> str:
    from ingest.parse.archive import safe_name

    return safe_name(name).replace("/", "_")


def _header(message: EmailMessage, name: str) -> str:
    value = str(message.get(name) or "")
    if name == "date" and value:
        try:
            return parsedate_to_datetime(value).isoformat(" ", "minutes")
        except ValueError:
            return value
    return value
