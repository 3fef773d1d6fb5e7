"""One person's conversation as the page keeps it: questions and the turns that answer them. It draws nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from adapters.records import Citation, Filing, Message
from app.events import Event, Text, Turn, reduce


@dataclass(frozen=True, eq=False)
class Exchange:
    """A question and its answer so far; `answer` is the answer's own words, without the marks that citing adds.

    `key` is what the turn is kept under, empty when nothing is kept; `verdict` ("up", "down") and `reason` are what the
    reader said of it, `passed` that it went to those who keep the documents.
    """

    question: str
    turn: Turn = field(default_factory=Turn)
    answer: str = ""
    stopped: bool = False
    key: str = ""
    verdict: str = ""
    reason: str = ""
    passed: bool = False

    def after(self, event: Event) -> Exchange:
        """Return the exchange after one more event."""
        said = self.answer + event.text if isinstance(event, Text) else self.answer
        return replace(self, turn=reduce(self.turn, event), answer=said)

    @property
    def over(self) -> bool:
        return self.turn.done or self.stopped or bool(self.turn.failure)


@dataclass(frozen=True, eq=False)
class Conversation:
    """What one browser tab holds, and whose it is: nobody else's requests may continue it.

    `id` is the conversation it is kept as, empty when it is not.
    """

    owner: str = ""
    exchanges: tuple[Exchange, ...] = ()
    id: str = ""

    def of(self, user: str) -> Conversation:
        """Return this conversation if it is the user's, else an empty one of theirs."""
        return self if self.owner == user else Conversation(owner=user)

    def asked(self, question: str) -> Conversation:
        return replace(self, exchanges=(*self.exchanges, Exchange(question)))

    def with_last(self, exchange: Exchange) -> Conversation:
        return replace(self, exchanges=(*self.exchanges[:-1], exchange))

    def with_exchange(self, index: int, exchange: Exchange) -> Conversation:
        """Return the conversation with the exchange at this index replaced."""
        return replace(self, exchanges=(*self.exchanges[:index], exchange, *self.exchanges[index + 1 :]))

    def filed(self, filing: Filing) -> Conversation:
        """Return the conversation with its last exchange kept under these names."""
        return replace(self, id=filing.conversation).with_last(replace(self.exchanges[-1], key=filing.key))

    def stopped(self) -> Conversation:
        """Return the conversation with an unfinished last answer ended where it is."""
        if not self.exchanges or self.exchanges[-1].over:
            return self
        return self.with_last(replace(self.exchanges[-1], stopped=True))

    def history(self) -> tuple[Message, ...]:
        """Return the finished exchanges as messages; refusals and failures say nothing a follow-up could refer to."""
        messages: list[Message] = []
        for exchange in self.exchanges:
            if exchange.answer and exchange.turn.refusal is None and not exchange.turn.failure:
                messages += [Message("user", exchange.question), Message("assistant", exchange.answer)]
        return tuple(messages)

    def citation(self, turn: int, number: int) -> Citation | None:
        """Return what `[number]` stands for in the answer at this index, or None."""
        if not 0 <= turn < len(self.exchanges):
            return None
        citations = self.exchanges[turn].turn.citations
        return next((citation for citation in citations if citation.number == number), None)
