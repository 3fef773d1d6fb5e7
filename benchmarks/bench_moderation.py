"""Time the moderation gate: python benchmarks/bench_moderation.py [--terms 100000]

Processor time, so that a busy machine does not blur it: p95 added per streamed piece, p95 of 2,000 characters whole,
and 100 KB made to be slow.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from moderation.guard import Guard
from moderation.moderator import Moderator
from moderation.policy import SURFACES, load_policy
from moderation.render import safe_stream
from moderation.terms import Term

WORDS = [
    "公司",
    "员工",
    "报销",
    "审批",
    "系统",
    "数据库",
    "部署",
    "合同",
    "客户",
    "项目",
    "会议",
    "培训",
    "流程",
    "请假",
    "预算",
    "服务器",
    "我们",
    "可以",
    "需要",
    "进行",
    "the",
    "system",
    "of",
    "data",
    "and",
    "report",
]


def moderator_with(count: int) -> Moderator:
    """Return the default policy with random terms of two to eight characters added."""
    rng = random.Random(0)
    common = [chr(code) for code in range(0x4E00, 0x9000)]
    policy = load_policy()
    terms = {"".join(rng.choices(common, k=rng.randint(2, 8))) for _ in range(count * 4 // 5)}
    terms |= {
        "".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(4, 10))) for _ in range(count - len(terms))
    }
    return Moderator(replace(policy, terms=policy.terms + tuple(Term(term, "fraud") for term in sorted(terms))))


def prose(size: int, rng: random.Random) -> str:
    text = ""
    while len(text) < size:
        text += rng.choice(WORDS) + rng.choice(["", "", "", "，", "。", " ", "\n"])
    return text[:size]


def timed(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1000


def stream(moderator: Moderator, pieces: list[str], times: list[float]) -> None:
    """Feed a stream and note the time that each piece takes."""
    guard = Guard(moderator.screen, "answer", "web", "zh")
    for piece in pieces:
        times.append(timed(partial(guard.feed, piece)))


def beside(moderator: Moderator, rng: random.Random) -> dict[str, float]:
    """What an answer pays beside the checks: six passages made safe, and a piece made safe to render."""
    passages = [[prose(450, rng) for _ in range(6)] for _ in range(30)]
    material = [timed(lambda six=six: [moderator.shown(text) for text in six]) for six in passages]
    renders: list[float] = []
    for text in (prose(1500, rng) for _ in range(20)):
        page = safe_stream(text[start : start + 3] for start in range(0, len(text), 3))
        while True:
            begun = time.process_time()
            if next(page, None) is None:
                break
            renders.append((time.process_time() - begun) * 1000)
    return {
        "six_passages_p95_ms": float(np.percentile(material, 95)),
        "render_piece_p95_ms": float(np.percentile(renders, 95)),
    }


ADVERSARIAL = {
    "digits": "1" * 100_000,
    "letters": "a" * 100_000,
    "mail": "a@" * 50_000,
    "spaced": "1 " * 50_000,
    "prefix": "代开" * 50_000,
    "zero_width": "赌\u200b" * 50_000,
    "brackets": "<[" * 50_000,
    "entities": "&#36172;" * 12_500,
    "provinces": "北京市海淀区" * 16_000,
    "asking": "如何怎么制作" * 16_000,
    "gamble": "如何赌博" * 25_000,
    "pinyin": "赌bo du博 " * 12_500,
    "halves": "贝者十尃" * 25_000,
    "leet": "c0ca1ne c@s1n0 " * 6_700,
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--terms", type=int, default=100_000)
    count = parser.parse_args().terms
    built: list[Moderator] = []
    result = {"terms": count, "build_ms": timed(lambda: built.append(moderator_with(count)))}
    (moderator,) = built
    rng = random.Random(1)
    moderator.check(prose(2000, rng), "answer")
    for surface in SURFACES:
        result[f"whole_2000_{surface}_p95_ms"] = np.percentile(
            [timed(partial(moderator.check, prose(2000, rng), surface)) for _ in range(200)], 95
        )
    stream_times: list[float] = []
    for text in (prose(1500, rng) for _ in range(20)):
        stream(moderator, [text[start : start + 3] for start in range(0, len(text), 3)], stream_times)
    result["piece_p95_ms"] = np.percentile(stream_times, 95)
    result["piece_p50_ms"] = np.percentile(stream_times, 50)
    result |= beside(moderator, rng)
    for name, text in ADVERSARIAL.items():  # printed one by one: a slow one shows itself
        result[f"slow_{name}_ms"] = max(timed(partial(moderator.check, text, surface)) for surface in SURFACES)
    print(json.dumps({key: round(float(value), 3) for key, value in result.items()}, indent=1))


if __name__ == "__main__":
    main()
