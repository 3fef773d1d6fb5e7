"""Make a follow-up question stand alone, without a model: a question that leans on the last one takes it along.

Asking a small model to rewrite costs seconds before the search can start; naming the previous question beside a short
or pointing one finds the same passages.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from adapters.records import Message
from adapters.terms import terms

SHORT = 4
_leaning = re.compile(
    r"^(那|那么|这|它|他|她|其|上述|还有|如果|以及|呢)|(呢|它|这个|那个|上面|前者|后者)[?？。]?$"
    r"|^(and|what about|how about|then|so|but|also|why)\b|\b(it|its|they|them|that|this|those|these|he|she|there)\b",
    re.IGNORECASE,
)


def standalone(question: str, history: Sequence[Message]) -> str:
    """Return the question as it should be searched: with the last question before it when it leans on it."""
    last = next((message.text for message in reversed(history) if message.role == "user"), "")
    if not last or not (_leaning.search(question.strip()) or len(set(terms(question))) < SHORT):
        return question
    return f"{last.strip()} {question.strip()}"
