"""What in a document a person should look at before it is trusted: text that readers do not see, orders to a machine.

Both stay data: nothing is left out of the document here, and nothing in it is obeyed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from adapters.records import Document, Note
from adapters.sentences import sentences

HIDDEN, INSTRUCTIONS = "hidden", "instructions"
KINDS = (HIDDEN, INSTRUCTIONS)
MOST, LONGEST_QUOTE, LONGEST_BLOCK = 20, 200, 20_000
# Who gives a machine orders names it, or what it was told; everything else is not looked at any closer.
_speaks_to_a_machine = re.compile(
    r"instruction|prompt|\bai\b|assistant|language model|\bllm\b|chatbot|jailbreak|developer mode|\bdan\b|guidelines"
    r"|previous|system message|指令|提示词|提示语|系统消息|人工智能|大模型|语言模型|助手|机器人|忽略|无视|越狱"
    r"|开发者模式",
    re.IGNORECASE,
)
# Parsers warn in these words of text that nobody sees.
_HIDDEN_WARNING = re.compile(r"invisible|hidden|not shown|white on white", re.IGNORECASE)


def flags_of(document: Document, is_order: Callable[[str], bool]) -> tuple[Note, ...]:
    """Return the flags of a document, few of them; `is_order` judges a sentence that may speak to a machine."""
    warned = [Note(HIDDEN, "", text, "", 0, 0) for text in document.warnings if _HIDDEN_WARNING.search(text)]
    return (*warned, *_orders(document, is_order))[:MOST]


def _orders(document: Document, is_order: Callable[[str], bool]) -> Iterator[Note]:
    for block in document.blocks:
        text = block.text[:LONGEST_BLOCK]
        if not _speaks_to_a_machine.search(text):
            continue
        for start, end in _spans(text):
            if _speaks_to_a_machine.search(text, start, end) and is_order(text[start:end]):
                where = block.location or (f"p. {block.page}" if block.page else " > ".join(block.heading_path[-1:]))
                quote = " ".join(text[start:end].split())[:LONGEST_QUOTE]
                yield Note(INSTRUCTIONS, "", quote, where, block.start + start, block.start + end)


def _spans(text: str) -> Sequence[tuple[int, int]]:
    return sentences(text) or [(0, len(text))]
