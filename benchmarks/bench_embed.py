"""Measure the embedding engine: start, memory, speed, and whether a question finds text in the other language.

    python benchmarks/bench_embed.py FOLDER_OF_THE_MODEL CORPUS [--json FILE]

CORPUS holds parallel passages and questions in Chinese and English (`passages.jsonl`, `questions.jsonl`, matched by
`doc_id`). "Elsewhere" means: half the articles exist in one language only, the rest in the other only, and the
questions asked are those whose answer exists only in the language they are not asked in.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from pathlib import Path
from typing import Any

import numpy as np

from adapters.embedding.onnx_embedder import CENTRING_FILE, OnnxEmbedder
from adapters.ports import Vectors

Rows = list[dict[str, Any]]
_characters = {"zh": 300, "en": 620}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--questions", type=int, default=300, help="questions per language")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    passages, questions = (_rows(arguments.corpus / f"{name}.jsonl") for name in ("passages", "questions"))
    result: dict[str, Any] = {"start": _start(arguments.folder)}
    result["speed"] = [_speed(arguments.folder, threads, passages) for threads in (1, 2)]
    kept = [row for lang in ("zh", "en") for row in _spread(questions, lang, arguments.questions)]
    result["search"] = [_search(arguments.folder, way, passages, kept) for way in (None, CENTRING_FILE)]
    _print(result)
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1) + "\n", "utf-8")


def _rows(path: Path) -> Rows:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _spread(questions: Rows, lang: str, wanted: int) -> Rows:
    own = [row for row in questions if row["lang"] == lang]
    return own[:: max(1, len(own) // wanted)]


def _language(row: dict[str, Any]) -> str:
    return str(row["doc_id"].split("-")[1])


def _article(row: dict[str, Any]) -> str:
    return str(row["doc_id"].split("-")[2])


def _start(folder: Path) -> dict[str, float]:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    embedder = OnnxEmbedder(folder)
    embedder.load()
    loaded = time.perf_counter() - began
    embedder.embed_query("年假有几天？")
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {"load_s": round(loaded, 2), "memory_mb": round(grown / 1024)}


def _speed(folder: Path, threads: int, passages: Rows) -> dict[str, Any]:
    embedder = OnnxEmbedder(folder, threads)
    embedder.load()
    figures: dict[str, Any] = {"threads": threads}
    for lang, size in _characters.items():
        text = "".join(row["text"] for row in passages if _language(row) == lang)
        pieces = [text[start : start + size] for start in range(0, 64 * size, size)]
        embedder.embed_passages(pieces[:4])
        wall, cpu = time.perf_counter(), time.process_time()
        embedder.embed_passages(pieces)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        figures[lang] = {"per_s": round(64 / wall, 1), "per_cpu_s": round(64 / cpu, 1)}
    waits = []
    for _ in range(30):
        began = time.perf_counter()
        embedder.embed_query("工作满十年的员工，年假有几天？可以分几次休？")
        waits.append(time.perf_counter() - began)
    figures["query_ms"] = round(float(np.median(waits)) * 1000, 1)
    return figures


def _search(folder: Path, centring: Path | None, passages: Rows, questions: Rows) -> dict[str, Any]:
    embedder = OnnxEmbedder(folder, 2, centring)
    stored = embedder.embed_passages([row["text"] for row in passages])
    asked = np.stack([embedder.embed_query(row["question"]) for row in questions])
    figures: dict[str, Any] = {"centred": centring is not None}
    for lang in ("zh", "en"):
        own = [index for index, row in enumerate(questions) if row["lang"] == lang]
        same = [index for index, row in enumerate(passages) if _language(row) == lang]
        figures[f"{lang} question, {lang} text"] = _recall(stored, asked, passages, questions, same, own)
        everything = list(range(len(passages)))
        figures[f"{lang} question, both"] = _recall(stored, asked, passages, questions, everything, own)
        # Every second article in the other language only, the rest in this one only; ask about the former.
        away = set(sorted({_article(row) for row in passages})[::2])
        mixed = [i for i, row in enumerate(passages) if (_language(row) == lang) != (_article(row) in away)]
        foreign = [index for index in own if _article(questions[index]) in away]
        figures[f"{lang} question, elsewhere"] = _recall(stored, asked, passages, questions, mixed, foreign)
    return figures


def _recall(
    stored: Vectors, asked: Vectors, passages: Rows, questions: Rows, pool: list[int], own: list[int]
) -> dict[str, float]:
    """Return R@1, R@10 and MRR; a hit is the passage asked about, in any language the pool has it in."""
    places = []
    for index in own:
        wanted = questions[index]["doc_id"].split("-", 2)[2]
        order = np.argsort(-(stored[pool] @ asked[index]), kind="stable")
        ranked = [passages[pool[place]]["doc_id"].split("-", 2)[2] for place in order]
        places.append(ranked.index(wanted))
    array = np.array(places)
    return {
        "r1": round(float(np.mean(array == 0)), 3),
        "r10": round(float(np.mean(array < 10)), 3),
        "mrr": round(float(np.mean(1 / (array + 1))), 3),
    }


def _print(result: dict[str, Any]) -> None:
    print(f"load {result['start']['load_s']} s, memory +{result['start']['memory_mb']} MB\n")
    print("| threads | zh passages/s (per cpu-s) | en passages/s (per cpu-s) | query ms |\n|---|---|---|---|")
    for row in result["speed"]:
        rates = [f"{row[lang]['per_s']} ({row[lang]['per_cpu_s']})" for lang in ("zh", "en")]
        print(f"| {row['threads']} | {rates[0]} | {rates[1]} | {row['query_ms']} |")
    print("\n| R@1 / R@10 / MRR | plain | centred |\n|---|---|---|")
    plain, centred = result["search"]
    for name in [key for key in plain if key != "centred"]:
        cells = [f"{row[name]['r1']:.3f} / {row[name]['r10']:.3f} / {row[name]['mrr']:.3f}" for row in (plain, centred)]
        print(f"| {name} | {cells[0]} | {cells[1]} |")


if __name__ == "__main__":
    main()
