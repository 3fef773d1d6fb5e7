"""Draw a conversation as the messages of Gradio's chatbot. Pure: a conversation and a language in, messages out."""

from __future__ import annotations

from typing import Any, TypedDict
from urllib.parse import quote

from adapters.records import Citation, Language
from app.events import NothingFound, Refused, Turn
from app.talks import REASONS
from ui.text import label, label_or
from ui.web.conversation import Conversation, Exchange
from ui.web.markdown import plain, tame


class Drawn(TypedDict, total=False):
    """A message as `gr.Chatbot` takes it; with metadata it is a collapsible thought."""

    role: str
    content: str
    metadata: dict[str, Any]


def view_link(document_id: str, version: int, start: int, end: int) -> str:
    """Return the address of the page that shows the document with this span marked."""
    return f"/documents/{quote(document_id, safe='')}/{version}/view?start={start}&end={end}"


def place(citation: Citation, language: Language) -> str:
    """Return where in its document a citation stands: page, cell range or slide, and the headings above it."""
    parts = []
    if citation.page is not None:
        parts.append(label("source.page", language, page=citation.page))
    if citation.location:
        parts.append(citation.location)
    if citation.heading_path:
        parts.append(" › ".join(citation.heading_path))
    return " · ".join(parts)


def messages(conversation: Conversation, language: Language) -> list[Drawn]:
    """Return the whole conversation as chatbot messages, oldest first."""
    drawn: list[Drawn] = []
    for index, exchange in enumerate(conversation.exchanges):
        drawn.append({"role": "user", "content": tame(exchange.question)})
        drawn.append(_trace(exchange, language))
        if content := _answer(index, exchange, language):
            drawn.append({"role": "assistant", "content": content})
    return drawn


def _trace(exchange: Exchange, language: Language) -> Drawn:
    turn = exchange.turn
    lines = [_step_line(step.name, step.detail, step.milliseconds, language) for step in turn.steps]
    if turn.passages:
        titles = dict.fromkeys(passage.title for passage in turn.passages)
        lines.append(f"- **{label('trace.passages', language)}** {' · '.join(plain(title) for title in titles)}")
    if turn.done and turn.model:
        lines.append(f"- **{label('trace.model', language)}** {plain(turn.model)}")
    if turn.done and turn.adapter:
        lines.append(f"- **{label('trace.adapter', language)}** {plain(turn.adapter)}")
    return {
        "role": "assistant",
        "content": "\n".join(lines),
        "metadata": {"title": _trace_title(exchange, language), "status": "done" if exchange.over else "pending"},
    }


def _step_line(name: str, detail: str, milliseconds: float, language: Language) -> str:
    return f"- **{label_or(f'step.{name}', plain(name), language)}** {plain(detail)} *{milliseconds:.0f} ms*"


def _trace_title(exchange: Exchange, language: Language) -> str:
    turn = exchange.turn
    if turn.done:
        total = turn.timings_ms.get("total", sum(turn.timings_ms.values())) / 1000
        return label("trace.done", language, count=len(turn.steps), seconds=f"{max(total, 0.1):.1f}")
    if exchange.stopped:
        return label("chat.stopped", language)
    if turn.failure:
        return label("chat.failed", language)
    if turn.text:
        return label("trace.writing", language)
    if turn.passages:
        return label("trace.reading", language, count=len(turn.passages))
    return label("trace.running", language)


# The fragments #nothing-found, #refused, #failed, #notice, #unsupported and #copy lead nowhere: page.css and page.js
# recognise a message's kind by them, since a chatbot message carries no class of its own.
def _answer(index: int, exchange: Exchange, language: Language) -> str:
    turn = exchange.turn
    parts: list[str] = []
    if turn.refusal is not None:
        told = _refusal(turn.refusal, language)
        asks = exchange.over and exchange.key and isinstance(turn.refusal, NothingFound)
        return f"{told}\n\n{_to_owner(index, exchange, language)}" if asks else told
    parts += [
        f"[{plain(label_or(f'notice.{notice.code}', notice.text, language))}](#notice)" for notice in turn.notices
    ]
    if turn.text:
        parts.append(_body(index, turn, language))
    if turn.citations:
        parts.append(_source_list(index, turn.citations, language))
    if turn.failure:
        parts.append(f"[{label('chat.failed', language)}](#failed) {tame(turn.failure)}")
    if exchange.stopped:
        parts.append(f"[{label('chat.stopped', language)}](#stopped)")
    if exchange.over and turn.text:
        copy = f'[{label("chat.copy", language)}](#copy "{label("chat.copied", language)}")'
        parts += [" ".join([copy, *_verdicts(index, exchange, language)]), *_reasons(index, exchange, language)]
    return "\n\n".join(parts)


def _verdicts(index: int, exchange: Exchange, language: Language) -> list[str]:
    """Return the links with which a reader judges an answer; the one chosen is marked."""
    if not exchange.key:
        return []
    chosen = {exchange.verdict: "✓ "}
    return [f"[{chosen.get(act, '')}{label(f'judge.{act}', language)}](#{act}-{index})" for act in ("up", "down")]


def _reasons(index: int, exchange: Exchange, language: Language) -> list[str]:
    """Return what a reader can say besides "not helpful": why, and that the owner should answer."""
    if exchange.verdict != "down":
        return []
    marks = {exchange.reason: "✓ "}
    why = [f"[{marks.get(one, '')}{label(f'judge.{one}', language)}](#down-{index}-{one})" for one in REASONS]
    return [f"{label('judge.why', language)} {' '.join(why)}", _to_owner(index, exchange, language)]


def _to_owner(index: int, exchange: Exchange, language: Language) -> str:
    if exchange.passed:
        return f"*{label('judge.passed', language)}*"
    return f"[{label('judge.owner', language)}](#owner-{index})"


def _refusal(refusal: Refused | NothingFound, language: Language) -> str:
    if isinstance(refusal, Refused):
        return f"[{label('refusal.refused', language)}](#refused)\n\n{tame(refusal.message)}"
    parts = [f"[{label('refusal.nothing', language)}](#nothing-found)", tame(refusal.message)]
    if refusal.nearest:
        titles = "\n".join(f"- {plain(title)}" for title in refusal.nearest)
        parts.append(f"**{label('refusal.nearest', language)}**\n\n{titles}")
    return "\n\n".join(parts)


def _body(index: int, turn: Turn, language: Language) -> str:
    known = {citation.number: citation for citation in turn.citations}

    def link(number: int) -> str | None:
        citation = known.get(number)
        return None if citation is None else f"[{number}]({_target(index, citation)})"

    hint = label("source.unsupported", language)
    pieces: list[str] = []
    start = 0
    for _, end in sorted(turn.unsupported):
        pieces.append(tame(turn.text[start:end], link) + f'[?](#unsupported "{hint}")')
        start = max(start, end)
    return "".join([*pieces, tame(turn.text[start:], link)])


def _source_list(index: int, citations: tuple[Citation, ...], language: Language) -> str:
    lines = [f"[{label('source.under', language)}](#sources)", ""]
    for citation in citations:
        where = place(citation, language)
        name = plain(f"{citation.title} · {where}" if where else citation.title)
        lines.append(f"- [{citation.number} {name}]({_target(index, citation)})")
    return "\n".join(lines)


def _target(index: int, citation: Citation) -> str:
    """The view page; `cite` tells page.js which passage to show beside the answer instead."""
    link = view_link(citation.document_id, citation.version, citation.start, citation.end)
    return f"{link}&cite={index}.{citation.number}#cited"
