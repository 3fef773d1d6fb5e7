"""Measures what the model's own process costs and gives, side by side in one run on the same weights.

    python -m benchmarks.bench_serving models/NAME-int8 --rounds 3 --json figures.json     (one chat, taking turns)
    python -m benchmarks.bench_serving models/NAME-int8 --chats 20 --users 20              (many at once)

"bare" is OpenVINO GenAI's `LLMPipeline` in this process, the engine below; "served" is our engine, with the process and
its messages between. Both are asked the same questions by turns, so that other load on the machine disturbs both alike;
the best of each figure counts. Run it on a quiet machine.
"""

from __future__ import annotations

import argparse
import json
import statistics
import threading
import time
from pathlib import Path
from typing import Any

from adapters.chat.openvino_tokens import OpenVinoTokens
from adapters.chat.served import ServedChat
from adapters.openvino_quiet import silence_openvino
from adapters.records import Limits, Message, Prompt
from app.line import Line
from benchmarks.bench_chat import CHINESE, ENGLISH, prompt

TOKENS = 48


class Bare:
    """The engine below, as its own samples use it."""

    def __init__(self, path: Path, threads: int, lookup: bool) -> None:
        silence_openvino()
        import openvino_genai as genai

        scheduler = genai.SchedulerConfig()
        scheduler.cache_size, scheduler.enable_prefix_caching = 1, True
        extra = {"prompt_lookup": True} if lookup else {}
        self._genai, self._lookup = genai, lookup
        self._pipe = genai.LLMPipeline(path, "CPU", scheduler_config=scheduler, INFERENCE_NUM_THREADS=threads, **extra)

    def ask(self, messages: list[dict[str, str]]) -> dict[str, float]:
        first: list[float] = []
        genai = self._genai

        class Streamer(self._genai.StreamerBase):  # type: ignore[misc, name-defined]
            running = genai.StreamingStatus.RUNNING

            def write(self, token: Any) -> Any:
                if not first:
                    first.append(time.perf_counter())
                return self.running

            def end(self) -> None:
                return

        config = self._genai.GenerationConfig(max_new_tokens=TOKENS)
        config.ignore_eos = True
        if self._lookup:
            config.num_assistant_tokens, config.max_ngram_size = 5, 3
        began = time.perf_counter()
        self._pipe.generate(self._genai.ChatHistory(messages), config, Streamer())
        ended = time.perf_counter()
        return {"first_s": first[0] - began, "tokens_s": (TOKENS - 1) / (ended - first[0])}


class Served:
    """Our engine in its own process."""

    def __init__(self, path: Path, threads: int, lookup: bool, **more: Any) -> None:
        engine = {"kind": "openvino", "path": str(path), "threads": threads, "prompt_lookup": lookup, **more}
        self.chat = ServedChat(engine, path.name, OpenVinoTokens(path).count)
        self.chat.load()

    def ask(self, messages: list[dict[str, str]], line: Line | None = None, user: str = "") -> dict[str, float]:
        asked = Prompt(tuple(Message(one["role"], one["content"]) for one in messages), "")  # type: ignore[arg-type]
        began = time.perf_counter()
        first, text = 0.0, ""
        if line is not None:
            with line.join(user) as turn:
                turn.wait()
                first, text = self._read(asked, began)
        else:
            first, text = self._read(asked, began)
        ended = time.perf_counter()
        tokens = self.chat.count_tokens(text)
        return {"first_s": first, "tokens_s": max(tokens - 1, 1) / (ended - began - first), "total_s": ended - began}

    def _read(self, asked: Prompt, began: float) -> tuple[float, str]:
        first, text = 0.0, ""
        for piece in self.chat.stream(asked, limits=Limits(max_tokens=TOKENS, seconds=3600)):
            first = first or time.perf_counter() - began
            text += piece
        return first, text


def side_by_side(path: Path, threads: int, rounds: int, lookup: bool) -> dict[str, dict[str, float]]:
    """Return the best first-token time (fresh and repeated documents) and tokens a second of each way."""
    ways: dict[str, Any] = {"bare": Bare(path, threads, lookup), "served": Served(path, threads, lookup)}
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in ways}
    for name, way in ways.items():
        way.ask(prompt(ENGLISH, 0, f"warm {name}"))
    for number in range(rounds):
        for language in (ENGLISH, CHINESE):
            for question in (0, 1):
                for name, way in ways.items():
                    run = way.ask(prompt(language, question, f"{number} "))
                    runs[name].append(run | {"fresh": float(question == 0)})
    for way in ways.values():
        if isinstance(way, Served):
            way.chat.close()
    return {
        name: {
            "first_s": min(run["first_s"] for run in made if run["fresh"]),
            "cached_first_s": min(run["first_s"] for run in made if not run["fresh"]),
            "tokens_s": max(run["tokens_s"] for run in made),
            "median_tokens_s": statistics.median(run["tokens_s"] for run in made),
        }
        for name, made in runs.items()
    }


def together(path: Path, threads: int, chats: int, users: int, slots: int) -> dict[str, Any]:
    """Let `users` people ask `chats` questions at the same time, each the next one when theirs is answered."""
    served = Served(path, threads, True, together=slots)
    served.ask(prompt(ENGLISH, 0, "warm"))
    line = Line(slots=slots, longest=max(chats, users))
    waited: dict[str, list[float]] = {f"user{number}": [] for number in range(users)}
    failures: list[str] = []
    each = -(-chats // users)

    def person(user: str, number: int) -> None:
        for turn in range(each):
            language = (ENGLISH, CHINESE)[(number + turn) % 2]
            try:
                waited[user].append(served.ask(prompt(language, turn % 3, f"{user} "), line, user)["total_s"])
            except Exception as problem:  # counted: the table must show it
                failures.append(repr(problem))

    began = time.perf_counter()
    people = [threading.Thread(target=person, args=pair) for pair in zip(waited, range(users), strict=True)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    means = [statistics.mean(times) for times in waited.values() if times]
    figures = {
        "chats": each * users,
        "errors": len(failures),
        "seconds": time.perf_counter() - began,
        "shortest_mean_wait_s": min(means),
        "longest_mean_wait_s": max(means),
        "ratio": max(means) / min(means),
        "memory_mb": served.chat.health().memory_mb,
        "failures": failures[:3],
    }
    figures["chats_per_minute"] = 60 * figures["chats"] / figures["seconds"]
    served.chat.close()
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--plain", action="store_true", help="without prompt lookup: the same tokens, one by one")
    parser.add_argument("--chats", type=int, default=0)
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--slots", type=int, default=4)
    parser.add_argument("--json", type=Path)
    wanted = parser.parse_args()
    if wanted.chats:
        figures: dict[str, Any] = together(wanted.model, wanted.threads, wanted.chats, wanted.users, wanted.slots)
        for name, value in figures.items():
            print(f"{name}: {value:.2f}" if isinstance(value, float) else f"{name}: {value}")
    else:
        figures = side_by_side(wanted.model, wanted.threads, wanted.rounds, not wanted.plain)
        print("| way | first token s | documents known | tokens/s best | median |\n| --- | --- | --- | --- | --- |")
        for name, row in figures.items():
            print(f"| {name} | " + " | ".join(f"{value:.2f}" for value in row.values()) + " |")
    if wanted.json:
        wanted.json.write_text(json.dumps(figures, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
