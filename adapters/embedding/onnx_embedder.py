"""Embed text with multilingual-e5-small on ONNX Runtime.

It knows a folder with `model.onnx` and `tokenizer.model`, not where they came from. Every text runs alone: no padding
is computed, a text's vector never depends on its neighbours, and several texts run at once on threads instead.

Vectors are centred per language: the mean of what the model says to passages (or questions) of a language is taken off.
The model puts texts of one language near each other whatever they say; without centring, a Chinese question would find
an English-only answer in 3 cases of 100 (benchmarks/bench_embed.py).
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from adapters.errors import ModelCorrupt, ModelMissing
from adapters.ports import Vectors
from adapters.terms import language

CENTRING_FILE = Path(__file__).with_name("centring.npz")
Kind = Literal["passage", "query"]
_start, _end = 0, 2
"""The tokens <s> and </s>."""
# A token covers at most 16 characters, so what stands behind 512 of the longest is never read. Without this cut a
# document of characters that each unfold into many (U+FDFA becomes 18) would cost seconds to tokenize.
_most_characters = 512 * 16


class OnnxEmbedder:
    """Keeps the `Embedder` promise. `threads` texts are computed at once; questions never wait behind passages.

    `centring` names the file of mean vectors; None leaves vectors as the model gives them.
    """

    dimensions = 384
    max_tokens = 512

    def __init__(self, folder: Path, threads: int = 2, centring: Path | None = CENTRING_FILE) -> None:
        self._network = folder / "model.onnx"
        self._vocabulary = folder / "tokenizer.model"
        self._name = folder.name
        self._centring = centring
        self._threads = max(1, threads)
        self._lock = threading.Lock()
        self._session: Any = None
        self._tokenizer: Any = None
        self._means: dict[str, Vectors] = {}
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="embed") if self._threads > 1 else None

    @cached_property
    def id(self) -> str:
        """Name, weights and centring. Reads the weights once (about 0.1 s)."""
        self._require_files()
        parts = [self._name, _short_hash(self._network)]
        parts.append(_short_hash(self._centring) if self._centring else "plain")
        return ":".join(parts)

    def load(self) -> None:
        """Open network and tokenizer, about 0.5 s. Raises ModelMissing, ModelCorrupt."""
        with self._lock:
            if self._session is not None:
                return
            self._require_files()
            self._means = _read_means(self._centring, self.dimensions) if self._centring else {}
            self._tokenizer = _open_tokenizer(self._vocabulary)
            self._session = _open_network(self._network)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return float32 of shape (len(texts), 384), rows of length 1, in the order given."""
        self.load()
        vectors = np.empty((len(texts), self.dimensions), np.float32)
        run: Any = map if self._pool is None or len(texts) < 2 else self._pool.map
        for index, row in enumerate(run(self._embed_passage, texts)):
            vectors[index] = row
        return vectors

    def embed_query(self, text: str) -> Vectors:
        """Return float32 of shape (384,), length 1, computed in the caller's thread."""
        self.load()
        return self._embed(text, "query")

    def count_tokens(self, text: str) -> int:
        """Return the tokens of text with the two that mark its ends, however long it is."""
        self.load()
        return len(self._tokenizer.encode(_clean(text))) + 2

    def _embed_passage(self, text: str) -> Vectors:
        return self._embed(text, "passage")

    def _embed(self, text: str, kind: Kind) -> Vectors:
        tokens = self._tokenizer.encode(f"{kind}: {_clean(text)[:_most_characters]}")
        ids = [_start, *tokens[: self.max_tokens - 2], _end]
        (vectors,) = self._session.run(None, {"input_ids": np.array([ids], np.int64)})
        return self._centre(vectors[0], f"{language(text[:_most_characters])}_{kind}")

    def _centre(self, vector: Vectors, mean: str) -> Vectors:
        if mean not in self._means:
            return vector
        centred = vector - self._means[mean]
        return np.asarray(centred / np.linalg.norm(centred), np.float32)

    def _require_files(self) -> None:
        for path in (self._network, self._vocabulary, self._centring):
            if path is not None and not path.is_file():
                raise ModelMissing(f"{path} is not there. Run `zhiwen models pull {self._name}`.")


def _clean(text: str) -> str:
    """Return text without what means nothing to the model: runs of white space, NUL, halves of surrogate pairs."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return " ".join(whole.replace("\0", " ").split())


def _short_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]


def _read_means(path: Path, dimensions: int) -> dict[str, Vectors]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            means = {name: np.asarray(archive[name], np.float32) for name in archive.files}
    except (OSError, ValueError, EOFError) as cause:
        raise ModelCorrupt(f"{path} cannot be read; install Zhiwen again.") from cause
    wanted = {f"{lang}_{kind}" for lang in ("zh", "en") for kind in ("passage", "query")}
    if set(means) != wanted or any(mean.shape != (dimensions,) for mean in means.values()):
        raise ModelCorrupt(f"{path} does not hold the four mean vectors; install Zhiwen again.")
    return means


def _open_tokenizer(path: Path) -> Any:
    import sentencepiece

    try:
        return sentencepiece.SentencePieceProcessor(model_proto=path.read_bytes())
    except RuntimeError as cause:
        raise ModelCorrupt(
            f"{path} cannot be read; delete it and run `zhiwen models pull {path.parent.name}`."
        ) from cause


def _open_network(path: Path) -> Any:
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as errors

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # The network is written with the operators wanted; stronger rewriting would bring back a slow fused one.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except (errors.Fail, errors.InvalidProtobuf, errors.InvalidGraph, errors.NoModel, errors.InvalidArgument) as cause:
        raise ModelCorrupt(
            f"{path} cannot be read; delete it and run `zhiwen models pull {path.parent.name}`."
        ) from cause
