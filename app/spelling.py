"""Words of a question that no document holds, beside the word they were probably meant to be.

Latin words only: a mistyped Chinese word is another word. What is found is searched besides, never instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from adapters.wanted import wanted

SHORTEST = 4
# From this length on, two slips are forgiven.
LONG = 8


def corrections(
    question: str,
    frequency: Callable[[Sequence[str]], Mapping[str, int]],
    vocabulary: Callable[[str, int, int], Sequence[str]],
) -> dict[str, str]:
    """Return {word as written: word of the documents}, for words of letters that stand in no document.

    `frequency` counts the documents of terms; `vocabulary(prefix, shortest, longest)` lists the index's terms.
    """
    words = [piece.text for piece in wanted(question) if piece.kind == "word" and len(piece.text) >= SHORTEST]
    known = frequency(words)
    found: dict[str, str] = {}
    for word in words:
        if known.get(word) or not word.isascii() or not word.isalpha():
            continue
        slips = 2 if len(word) >= LONG else 1
        # The first letter is rarely the wrong one, and it keeps the list short.
        near = [
            (distance(word, other, slips), other)
            for other in vocabulary(word[0], len(word) - slips, len(word) + slips)
            if other.isalpha()
        ]
        close = [(away, other) for away, other in near if away <= slips]
        if close:
            counts = frequency([other for _, other in close])
            found[word] = min(close, key=lambda pair: (pair[0], -counts.get(pair[1], 0), pair[1]))[1]
    return found


def distance(left: str, right: str, most: int) -> int:
    """Return how many letters were added, left out, changed or swapped with the next; `most + 1` when more.

    Optimal string alignment distance (Boytsov, "Indexing methods for approximate dictionary searching", 2011).
    """
    if abs(len(left) - len(right)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, char in enumerate(left, 1):
        before, last = row, before
        row = [i]
        for j, other in enumerate(right, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (char != other))
            if i > 1 and j > 1 and char == right[j - 2] and left[i - 2] == other:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]
