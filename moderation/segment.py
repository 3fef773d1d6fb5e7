"""Where words begin and end in Chinese text. Knows no policy."""

from __future__ import annotations

from functools import lru_cache

import rjieba

_tokens = lru_cache(maxsize=4096)(lambda text: tuple(rjieba.cut(text, False)))

# What a dictionary word may add to a listed word without changing what it is about: 他妈 + 的, 赌博 + 网.
_TAILS = frozenset("的了着过呢吗吧啊呀嘛们网机场站者类")


def _word_at(tokens: tuple[str, ...], index: int) -> tuple[int, int]:
    """Return the span of the token that holds the character at index."""
    position = 0
    for token in tokens:
        if index < position + len(token):
            return position, position + len(token)
        position += len(token)
    return index, index + 1


def cuts_a_word(text: str, start: int, end: int, loose: bool = False) -> bool:
    """Return whether text[start:end] begins or ends inside a dictionary word that means something else.

    `loose`: standing whole inside one longer word is fine.
    """
    tokens = _tokens(text)
    left, right = _word_at(tokens, start), _word_at(tokens, end - 1)
    if left == right and left[0] <= start and right[1] >= end:  # inside one word
        if loose:
            return False
        rest = text[left[0] : start] + text[end : right[1]]
        return bool(rest) and not (end - start >= 3 or (left[0] == start and all(char in _TAILS for char in rest)))
    return left[0] < start or right[1] > end


def words(text: str) -> list[str]:
    """Return text cut into its words, nothing left out."""
    return list(rjieba.cut(text, False))


def is_word(text: str) -> bool:
    """Return whether text is one dictionary word (妈妈, 天天)."""
    return len(_tokens(text)) == 1
