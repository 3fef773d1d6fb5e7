"""Make `adapters/embedding/centring.npz`: the mean vector of passages and of questions in each language.

    python benchmarks/make_centring.py FOLDER_OF_THE_MODEL

The texts (`adapters/embedding/centring_texts.jsonl`) are the project's own and none of them is used in an evaluation.
The result depends on the weights, so it is made again when they change.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path

import numpy as np

from adapters.embedding.onnx_embedder import CENTRING_FILE, OnnxEmbedder

TEXTS = CENTRING_FILE.with_name("centring_texts.jsonl")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    embedder = OnnxEmbedder(parser.parse_args().folder, centring=None)
    texts: dict[str, list[str]] = defaultdict(list)
    for line in TEXTS.read_text("utf-8").splitlines():
        entry = json.loads(line)
        texts[f"{entry['lang']}_{entry['role']}"].append(entry["text"])
    means = {}
    for name, group in sorted(texts.items()):
        vectors = [embedder.embed_query(text) for text in group] if "query" in name else embedder.embed_passages(group)
        means[name] = np.mean(vectors, axis=0, dtype=np.float64).astype(np.float32)
        print(f"{name}: {len(group)} texts, length of the mean {np.linalg.norm(means[name]):.3f}")
    np.savez(CENTRING_FILE, **means)


if __name__ == "__main__":
    main()
