"""Make a follow-up question stand alone, without a model: a question that leans on the last one takes it along.

Asking a small model to rewrite costs seconds before the search can start. Where the follow-up only names another thing
of the same kind (年休假有几天？ 那病假呢？) it takes that thing's place; else the last question is searched beside it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from adapters.records import Message
from adapters.terms import terms
from adapters.wanted import wanted

SHORT = 4
# A question with this much content of its own is not taken for a follow-up because of a weak sign.
FULL = 8
# How many questions back a topic is carried.
DEPTH = 3
_strong = re.compile(
    r"^(那|那么|这|它|其|上述|还有|以及|呢)|(呢|前者|后者)[?？。]?$|^(and|what about|how about|then|so|but|also)\b"
    r"|上面(说|提|讲)|刚才|前面(说|提|讲)",
    re.IGNORECASE,
)
_weak = re.compile(
    r"^(他|她|如果|要是)|(它|这个|那个|上面)|\b(it|its|they|them|those|these|he|she|him|her)\b|^why\b"
    r"|\b(does|is|do|are|was|can|will|if|about|for|of|with)\s+(that|this)\b",
    re.IGNORECASE,
)
_swap_zh = re.compile(r"^(?:那么?|那如果是|如果是|换成|还有)?(?P<thing>[^，。？?、]{1,16}?)(?:又)?呢[？?。]?$")
_swap_en = re.compile(r"^(?:and|but|so)?,?\s*(?:what|how) about (?P<thing>[\w' -]{2,40}?)\s*[?.]?$", re.IGNORECASE)


def standalone(question: str, history: Sequence[Message]) -> str:
    """Return the question as it should be searched: complete, or with the question it leans on before it."""
    asked = [message.text.strip() for message in history if message.role == "user" and message.text.strip()]
    return _standalone(question, asked[-DEPTH:])


def _standalone(question: str, asked: Sequence[str]) -> str:
    if not asked or not leans(question):
        return question
    last = _standalone(asked[-1], asked[:-1])
    return _swapped(question.strip(), last) or f"{last} {question.strip()}"


def leans(question: str) -> bool:
    """True when a question can hardly be understood without the one before it."""
    bare = question.strip()
    own = len(set(terms(bare)))
    if own < SHORT or _strong.search(bare):
        return True
    return bool(_weak.search(bare)) and own < FULL


def _swapped(question: str, last: str) -> str:
    """Return the last question about the new thing, when both name a thing of the same kind; else ""."""
    if found := _swap_zh.match(question):
        thing = found["thing"]
        for piece in wanted(last):
            if piece.kind == "chinese" and thing[-1] == piece.text[-1] and piece.text in last and thing not in last:
                return last.replace(piece.text, thing, 1)
    elif found := _swap_en.match(question):
        thing = found["thing"]
        head = re.escape(thing.split()[-1])
        place = re.search(rf"\b(?:[\w-]+ )?{head}\b", last, re.IGNORECASE)
        if place and thing.lower() not in last.lower():
            words = place.group().split()
            keeps = words[0] + " " if len(words) > 1 and words[0].lower() in _articles else ""
            return f"{last[: place.start()]}{keeps}{thing}{last[place.end() :]}"
    return ""


_articles = frozenset(["the", "a", "an", "my", "our", "your", "of", "for", "any", "on", "in", "about"])
