# ruff: noqa: E501  names of files
"""Train both judges of questions: python benchmarks/train_moderation.py FOLDER [--model models/multilingual-e5-small]

FOLDER holds clones of three public repositories, each at the commit named in SOURCES; every file is checked by its
SHA-256 before it is read. The rest are the project's own texts. Unsafe: JADE (whitzard-ai/jade-db, MIT), benchmarks/
safety_texts.py, tests/data/moderation. Ordinary: inoffensive comments of COLD (thu-coai/COLDataset, Apache-2.0),
safety_texts.py, the policy texts, the questions that the embedding model is centred with. XSTest, CMRC, XQuAD and all
other sets are for judging only and never read here.

Writes default_policy/questions.npz (character n-grams) and tables/meaning.npz (over question vectors). Prints how many
of each held-out kind of JADE the second finds when that kind was not trained on (five folds over its kinds).
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import random
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from adapters.embedding.onnx_embedder import OnnxEmbedder
from benchmarks.safety_texts import ORDINARY, UNSAFE, texts
from moderation.classifier import BUCKETS, features
from moderation.classifier import WEIGHTS as SPELLED
from moderation.meaning import WEIGHTS as MEANT
from moderation.normalise import normalise

ROOT = Path(__file__).parent.parent
SCALE = 12.0  # vectors have length 1 and lie close together


@dataclass(frozen=True)
class Source:
    repository: str
    commit: str
    path: str
    sha256: str


SOURCES = (
    Source("whitzard-ai/jade-db", "812de63691d129757b8a55851d0c3440d2714523", "jade-db-v1.0/jade_benchmark_zh.csv", "4adc1e9a1e18882b7950b81cb8b2f7ecc4cc6e51c7ac8dfb2d9462b7e135dd48"),
    Source("whitzard-ai/jade-db", "812de63691d129757b8a55851d0c3440d2714523", "jade-db-v2.0/jade_benchmark_easy_zh.csv", "25cf893bd90feffc5c8607cd47dbf16707737bdc3d01624d65c1d6d8b2216530"),
    Source("whitzard-ai/jade-db", "812de63691d129757b8a55851d0c3440d2714523", "jade-db-v2.0/jade_benchmark_medium_zh.csv", "fdfc425a821651d70d09fccc85c03a448ff6bad668c5bbfe6d9638751f1588de"),
    Source("thu-coai/COLDataset", "a0c55a945497ab58e94aef491180e1cf88ffb864", "COLDataset/train.csv", "16ca7955bdcaf90f5d8ac39e51eb3eda15320caa1e730ed45cb5e8ca8cd0d5e8"),
)  # fmt: skip


def rows(folder: Path, source: Source) -> list[dict[str, str]]:
    """Return the lines of a file as it was at its commit; `owner+name` and `name` are both found."""
    owner, name = source.repository.split("/")
    clone = next(path for path in (folder / f"{owner}+{name}" / "repo", folder / name) if path.exists())
    shown = subprocess.run(
        ["git", "-C", clone, "show", f"{source.commit}:{source.path}"], capture_output=True, check=True
    )
    if hashlib.sha256(shown.stdout).hexdigest() != source.sha256:
        raise SystemExit(f"{source.path} of {source.repository} is not the file this was trained with.")
    return list(csv.DictReader(io.StringIO(shown.stdout.decode("utf-8-sig"))))


def own(name: str) -> list[str]:
    lines = (ROOT / "tests" / "data" / "moderation" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["text"] for line in lines]


def centring() -> list[str]:
    lines = (ROOT / "adapters" / "embedding" / "centring_texts.jsonl").read_text(encoding="utf-8").splitlines()
    return [entry["text"] for entry in map(json.loads, lines) if entry["role"] == "query"]


def fit(unsafe: np.ndarray, ordinary: np.ndarray, counts: np.ndarray, decay: float = 1e-3) -> tuple[np.ndarray, float]:
    """Logistic regression by Adam, full batches, both sides weighing the same; `counts` are weights of the ordinary."""
    mean = np.vstack([unsafe, ordinary]).mean(axis=0)
    samples = (np.vstack([unsafe, ordinary]) - mean) * SCALE
    labels = np.r_[np.ones(len(unsafe)), np.zeros(len(ordinary))]
    share = np.r_[np.full(len(unsafe), 0.5 / len(unsafe)), 0.5 * counts / counts.sum()]
    both, first, second = np.zeros(samples.shape[1] + 1), 0.0, 0.0
    for step in range(1, 301):
        errors = share * (1 / (1 + np.exp(-(samples @ both[:-1] + both[-1]))) - labels)
        slope = np.r_[samples.T @ errors + decay * both[:-1], errors.sum()]
        first, second = 0.9 * first + 0.1 * slope, 0.999 * second + 0.001 * slope**2
        both = both - 0.05 * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
    return both[:-1] * SCALE, float(both[-1] - both[:-1] @ mean * SCALE)


def spelled(unsafe: list[str], ordinary: list[str], passes: int = 8, decay: float = 2e-5) -> tuple[np.ndarray, float]:
    """The same over hashed character n-grams, one text at a time (AdaGrad)."""
    rng = np.random.default_rng(0)
    samples = [(features(text), label) for part, label in ((unsafe, 1.0), (ordinary, 0.0)) for text in part]
    share = len(unsafe) / len(samples)
    weights, bias = np.zeros(BUCKETS), 0.0
    squares, square = np.full(BUCKETS, 1e-6), 1e-6
    for _ in range(passes):
        for index in rng.permutation(len(samples)):
            found, label = samples[index]
            if not len(found):
                continue
            scale = 1 / np.sqrt(len(found))
            score = 1 / (1 + np.exp(-bias - weights[found].sum() * scale))
            error = (score - label) * (0.5 / share if label else 0.5 / (1 - share))
            slope = error * scale + decay * weights[found]
            squares[found] += slope**2
            weights[found] -= 0.3 * slope / np.sqrt(squares[found])
            square += error**2
            bias -= 0.1 * error / np.sqrt(square)
    return weights, bias


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", type=Path, default=Path("models/multilingual-e5-small"))
    given = parser.parse_args()
    jade = {row["问题"]: row["违规子类"].strip() for source in SOURCES[:3] for row in rows(given.folder, source)}
    comments = [
        row["TEXT"] for row in rows(given.folder, SOURCES[3]) if row["label"] == "0" and 8 < len(row["TEXT"]) < 60
    ]
    unsafe = [*texts(UNSAFE, 3), *own("unsafe_zh"), *own("unsafe_en")]
    weighed = [
        (own("policy_texts"), 3.0),
        (centring(), 4.0),
        (list(texts(ORDINARY, 3)), 3.0),
        (random.Random(0).sample(comments, 1500), 0.5),
    ]
    ordinary = [text for part, _ in weighed for text in part]
    counts = np.concatenate([np.full(len(part), weight) for part, weight in weighed])
    embedder = OnnxEmbedder(given.model)
    embedder.load()

    def vectors(lines: list[str]) -> np.ndarray:
        return np.stack([embedder.embed_query(normalise(line).text) for line in lines])

    own_vectors, plain, theirs = vectors(unsafe), vectors(ordinary), vectors(list(jade))
    kinds = sorted(set(jade.values()))
    fold = np.array([kinds.index(kind) % 5 for kind in jade.values()])
    held = np.zeros(len(jade))
    for number in range(5):
        weights, bias = fit(np.vstack([theirs[fold != number], own_vectors]), plain, counts)
        held[fold == number] = 1 / (1 + np.exp(-(theirs[fold == number] @ weights + bias)))
    print(
        "found of held-out kinds",
        len(held),
        {cut: round(float((held > cut).mean()), 3) for cut in (0.5, 0.8, 0.9, 0.95, 0.98)},
    )
    weights, bias = fit(np.vstack([theirs, own_vectors]), plain, counts)
    np.savez(MEANT, weights=weights.astype(np.float32), bias=np.float32(bias), embedder=np.str_(embedder.id))
    folded = [[normalise(text).text for text in part] for part in ([*jade, *unsafe], ordinary)]
    ngrams, offset = spelled(*folded)
    np.savez_compressed(SPELLED, weights=ngrams.astype(np.float16), bias=np.float32(offset))


if __name__ == "__main__":
    main()
