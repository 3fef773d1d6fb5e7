"""Cut a question that asks several things, or compares two, into questions that are searched one by one.

Precision first: a question that is not clearly several stays whole. Two sentences of one question are about one thing
more often than not, and searching them apart found less; they stay together. It knows forms, not meaning.
"""

from __future__ import annotations

import re

from adapters.wanted import wanted

MOST = 3
_asking = r"(?:how|what|when|where|who|which|why|can|do|does|is|are|should|must)"
_and_asks = re.compile(rf"[,;，；]?\s+and\s+(?={_asking}\b)", re.IGNORECASE)
_pair = r"(?P<a>[^，。；？?、]{2,40}?)(?:和|与|跟|及|以及|、)(?P<b>[^，。；？?]{2,60}?)"
_each = re.compile(rf"^{_pair}(?P<rest>(?:分别|各自|各)(?:是|为|有|要|需要)?.{{1,40}})$")
_differ = re.compile(
    rf"^(?:比较一下|比较|对比)?{_pair}(?:之间|相比)?(?:的|有什么|有何|有哪些)*(?:区别|不同|差别|差异|异同)(?P<rest>.{{0,12}})$"
)
_english = re.compile(
    r"(?:differences?\s+between|compare)\s+(?P<a>.{2,60}?)\s+(?:and|with|to)\s+(?P<b>.{2,60}?)(?P<rest>)[?.]?$"
    r"|^(?P<c>.{2,60}?)\s+(?:vs\.?|versus)\s+(?P<d>.{2,60}?)[?.]?$",
    re.IGNORECASE,
)
_edition = re.compile(
    r"^(?P<named>\d{4}年?(?:版|修订版|修正版|修订的?|的)?|旧版?|新版?|第[一二三四五六七八九十\d]+版)(?P<tail>.*)$"
)
_owned = re.compile(r"^(?:《[^》]*》|[^的《》]{1,20})(?P<tail>的.+)$")


def several(question: str) -> tuple[str, ...]:
    """Return the questions that a question consists of, at most MOST; one that is whole comes back alone."""
    question = question.strip()
    for parts in (_compared(question), tuple(_and_asks.split(question))):
        if 1 < len(parts) <= MOST and all(wanted(part) for part in parts):
            return parts
    return (question,)


def is_comparison(question: str) -> bool:
    """True when a question sets two things beside each other."""
    return len(_compared(question.strip())) == 2


def _compared(question: str) -> tuple[str, ...]:
    bare = question.rstrip("？?。.! ")
    found = _each.match(bare) or _differ.match(bare)
    if found:
        first, second = found["a"].strip(), found["b"].strip()
        rest = re.sub(r"^(?:分别|各自|各)", "", found["rest"])
        left, right = _edition.match(first), _edition.match(second)
        if left and right and not left["tail"] and right["tail"]:
            # 2013年版和2024年版《办法》规定的...分别: what follows the second edition belongs to both.
            return first + right["tail"] + rest, second + rest
        shared = _owned.match(second)
        if shared and not _owned.match(first):
            # 年休假和病假的天数分别是多少: so does what belongs to it.
            return first + shared["tail"] + rest, second + rest
        return first + rest, second + rest
    if found := _english.search(bare):
        return (found["a"] or found["c"]).strip(), (found["b"] or found["d"]).strip()
    return ()
