"""What the page does when somebody acts: who asks, what the product says, which parts change.

Handlers keep nothing. They take the conversation and the language as arguments and the person from the request.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import anyio
import gradio as gr

from adapters.errors import ZhiwenError
from adapters.records import Asker, Filing, Language
from app.events import Done, Failed, Sources
from app.faces import DocumentRow, Product
from app.talks import REASONS, Talks, Verdict
from ui.text import label
from ui.web import render
from ui.web.conversation import Conversation, Exchange
from ui.web.draw import messages
from ui.web.gate import session_of
from ui.web.login import language_of
from ui.web.manage.access import Place, open_to
from ui.web.pace import batches
from ui.web.parts import Parts

Updates = dict[Any, Any]
LONGEST_QUESTION = 4000
# At most ten updates a second, and fewer the longer the answer: the browser lays all of it out again each time.
SECONDS_BETWEEN_UPDATES = 0.1
SECONDS_PER_CHARACTER = 0.4 / 14_000
_log = logging.getLogger(__name__)


class Handlers:
    """The page's events; `product` answers, `parts` are what may change, `talks` keeps what was said, if anything."""

    def __init__(
        self,
        product: Product,
        parts: Parts,
        pages: Sequence[Place] = (),
        talks: Talks | None = None,
        bases: Sequence[str] = (),
    ):
        self._product = product
        self._talks = talks
        self._parts = parts
        self._pages = pages
        self._bases = bases

    def open(self, conversation: Conversation, language: Language, base: str, request: gr.Request) -> Updates:
        """Greet: labels in the reader's language, an empty conversation of theirs."""
        asker = self._asker(request)
        return self._in_language(language_of(request.request), conversation.of(asker.user), asker, "", "", base)

    def switch_language(
        self, conversation: Conversation, state: str, words: str, base: str, event: gr.EventData, request: gr.Request
    ) -> Updates:
        """Say everything again in the other language; answers stay in theirs."""
        asker = self._asker(request)
        language: Language = "en" if event.language == "en" else "zh"
        return self._in_language(language, conversation.of(asker.user), asker, state, words, base)

    async def ask_typed(
        self, question: str, conversation: Conversation, language: Language, base: str, request: gr.Request
    ) -> AsyncIterator[Updates]:
        if not question.strip():
            yield {self._parts.box: gr.update()}
            return
        if len(question) > LONGEST_QUESTION:
            gr.Warning(label("chat.too-long", language, length=len(question), limit=LONGEST_QUESTION), title="")
            yield {self._parts.box: gr.update()}
            return
        async for updates in self._ask(question.strip(), conversation, language, base, request):
            yield updates

    async def ask_chosen(
        self, conversation: Conversation, language: Language, base: str, event: gr.EventData, request: gr.Request
    ) -> AsyncIterator[Updates]:
        question = str(event.question)[:LONGEST_QUESTION]
        async for updates in self._ask(question, conversation, language, base, request):
            yield updates

    async def _ask(
        self, question: str, conversation: Conversation, language: Language, base: str, request: gr.Request
    ) -> AsyncIterator[Updates]:
        parts = self._parts
        asker = await anyio.to_thread.run_sync(self._asker, request)
        conversation = conversation.of(asker.user)
        history = conversation.history()
        bases = frozenset({base}) if base in self._bases else None
        # 1) The question stands there at once; the box now stops instead of sending.
        conversation = conversation.asked(question)
        filing = await anyio.to_thread.run_sync(self._file, asker, conversation.id, question)
        conversation = conversation.filed(filing)
        yield {
            **self._drawn(conversation, language),
            parts.box: gr.update(value="", submit_btn=False, stop_btn=True),
            parts.panel: render.panel(language, 0, (), None, None),
        }
        # 2) The answer, a few pieces at a time.
        exchange = conversation.exchanges[-1]
        try:
            stream = batches(
                lambda: self._product.ask(question, asker, history, filing=filing, knowledge_bases=bases),
                lambda: SECONDS_BETWEEN_UPDATES + SECONDS_PER_CHARACTER * len(exchange.turn.text),
            )
            async for batch in stream:
                for event in batch:
                    exchange = exchange.after(event)
                conversation = conversation.with_last(exchange)
                updates: Updates = {parts.conversation: conversation, parts.chat: messages(conversation, language)}
                if any(isinstance(event, Sources) for event in batch):
                    updates[parts.panel] = render.candidates(language, exchange.turn.passages)
                yield updates
        except ZhiwenError as problem:
            exchange = exchange.after(Failed(str(problem)))
        except Exception:
            # The edge of the product: a person gets a number, the log gets the trace under the same number.
            number = secrets.token_hex(4)
            _log.exception("An answer failed (%s)", number)
            exchange = exchange.after(Failed(label("chat.defect", language, number=number)))
        if not exchange.over:
            exchange = exchange.after(Done({}, ""))
        # 3) The first source opens beside the answer.
        conversation = conversation.with_last(exchange)
        index = len(conversation.exchanges) - 1
        yield {
            **self._drawn(conversation, language),
            parts.box: gr.update(submit_btn=True, stop_btn=False),
            parts.panel: await anyio.to_thread.run_sync(self._sources, asker, exchange, index, None, language),
        }

    def stop(self, conversation: Conversation, language: Language, request: gr.Request) -> Updates:
        """End the running answer where it is; what was written stays."""
        conversation = conversation.of(self._asker(request).user).stopped()
        box = gr.update(submit_btn=True, stop_btn=False)
        return {**self._drawn(conversation, language), self._parts.box: box}

    def new_chat(self, language: Language, request: gr.Request) -> Updates:
        """Start over with an empty conversation."""
        return {
            **self._drawn(Conversation(owner=self._asker(request).user), language),
            self._parts.box: gr.update(value="", submit_btn=True, stop_btn=False),
            self._parts.panel: render.panel(language, 0, (), None, None),
        }

    def cite(self, conversation: Conversation, language: Language, event: gr.EventData, request: gr.Request) -> str:
        """Show the passage behind one number of one answer."""
        asker = self._asker(request)
        conversation = conversation.of(asker.user)
        turn, number = int(event.turn), int(event.number)
        if conversation.citation(turn, number) is None:
            return render.panel(language, 0, (), None, None)
        return self._sources(asker, conversation.exchanges[turn], turn, number, language)

    def judge(
        self, conversation: Conversation, language: Language, event: gr.EventData, request: gr.Request
    ) -> Updates:
        """Keep what a reader says of an answer, or pass its question on to those who keep the documents."""
        asker = self._asker(request)
        conversation = conversation.of(asker.user)
        turn, act = int(event.turn), str(event.act)
        if self._talks is None or not 0 <= turn < len(conversation.exchanges):
            return {self._parts.conversation: conversation}
        exchange = conversation.exchanges[turn]
        if act == "owner":
            if not exchange.passed and self._talks.ask_owner(asker, "", "", exchange.key):
                exchange = replace(exchange, passed=True)
        elif act in ("up", "down"):
            reason = str(event.reason or "")
            reasons = [reason] if act == "down" and reason in REASONS else []
            verdict: Verdict | None = "up" if act == "up" else "down"
            if exchange.verdict == act and not reasons:
                verdict = None  # a second click takes it back
            if self._talks.rate(asker, exchange.key, verdict, reasons):
                exchange = replace(exchange, verdict=verdict or "", reason="".join(reasons))
        return self._drawn(conversation.with_exchange(turn, exchange), language)

    def _file(self, asker: Asker, id: str, question: str) -> Filing:
        """Return where the next turn is kept; a conversation removed meanwhile begins anew."""
        key = secrets.token_hex(12)
        if self._talks is None:
            return Filing()
        filed = self._talks.file(asker, id, key) if id else None
        if filed is None:
            filed = self._talks.file(asker, self._talks.begin(asker, question).id, key)
        return filed[0] if filed else Filing()

    def list_documents(self, language: Language, state: str, words: str, request: gr.Request) -> Updates:
        return self._listed(language, self._product.documents(self._asker(request)), state, words)

    def look(self, language: Language, request: gr.Request) -> tuple[str, str]:
        """Return the banner and the status line as of now, counting what this person may see."""
        return self._look(language, self._asker(request))

    def _look(self, language: Language, asker: Asker) -> tuple[str, str]:
        status = self._product.status(asker)
        return render.banner(language, status), render.status_line(language, status)

    def _asker(self, request: gr.Request) -> Asker:
        """Return who holds the session of this request now; one that was ended asks no more."""
        asker = self._product.asker(session_of(request.request)) if request.request is not None else None
        if asker is None:
            raise gr.Error(label("chat.ended", "zh") + " " + label("chat.ended", "en"), print_exception=False)
        return asker

    def _drawn(self, conversation: Conversation, language: Language) -> Updates:
        parts, begun = self._parts, bool(conversation.exchanges)
        return {
            parts.conversation: conversation,
            parts.chat: gr.update(value=messages(conversation, language), visible=begun),
            parts.welcome: gr.update(visible=not begun),
            parts.new: gr.update(visible=begun),
        }

    def _sources(self, asker: Asker, exchange: Exchange, turn: int, number: int | None, language: Language) -> str:
        """Return the panel with the citation of this number open; None opens the first."""
        citations = exchange.turn.citations
        chosen = next((citation for citation in citations if number in (None, citation.number)), None)
        view = self._product.view(asker, chosen) if chosen else None
        return render.panel(language, turn, citations, chosen, view)

    def _listed(self, language: Language, rows: Sequence[DocumentRow], state: str, words: str) -> Updates:
        choices = render.state_choices(language, rows)
        state = state if state in {value for _, value in choices} else ""
        return {
            self._parts.states: gr.update(choices=choices, value=state),
            self._parts.table: render.document_table(language, rows, state, words),
        }

    def _in_language(
        self, language: Language, conversation: Conversation, asker: Asker, state: str, words: str, base: str
    ) -> Updates:
        parts, product = self._parts, self._product
        banner, status = self._look(language, asker)
        last = len(conversation.exchanges) - 1
        updates = self._drawn(conversation, language)
        updates[parts.chat] = gr.update(**_props(updates[parts.chat]), label=label("chat.label", language))
        updates[parts.welcome] = gr.update(
            **_props(updates[parts.welcome]), value=render.welcome(language, product.sample_questions())
        )
        updates[parts.new] = gr.update(**_props(updates[parts.new]), value=label("chat.new", language))
        sources = (
            self._sources(asker, conversation.exchanges[last], last, None, language)
            if last >= 0
            else render.panel(language, 0, (), None, None)
        )
        return {
            **updates,
            **self._listed(language, product.documents(asker), state, words),
            parts.language: language,
            parts.header: render.header(language, asker.user, open_to(asker, self._pages)),
            parts.banner: banner,
            parts.status: status,
            parts.box: gr.update(label=label("chat.box", language), placeholder=label("chat.placeholder", language)),
            parts.bases: gr.update(
                choices=base_choices(self._bases, language), value=base, label=label("chat.bases", language)
            ),
            parts.foot: render.fill("foot.html", language),
            parts.panel: sources,
            parts.filter: gr.update(
                label=label("documents.search", language), placeholder=label("documents.search", language)
            ),
            parts.refresh: gr.update(value=label("documents.refresh", language)),
        }


def base_choices(bases: Sequence[str], language: Language) -> list[tuple[str, str]]:
    """Return what the chooser of knowledge bases offers: all of them (empty), or one."""
    return [(label("chat.bases.all", language), ""), *((name, name) for name in bases)]


def _props(update: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in update.items() if name != "__type__"}
