"""What the embedder says when its files are not as they should be."""

from pathlib import Path

import numpy as np
import pytest

from adapters.embedding.onnx_embedder import CENTRING_FILE, OnnxEmbedder
from adapters.errors import ModelCorrupt, ModelMissing


def test_missing_weights_name_the_command_that_gets_them(tmp_path: Path) -> None:
    embedder = OnnxEmbedder(tmp_path / "multilingual-e5-small")
    with pytest.raises(ModelMissing, match="zhiwen models pull multilingual-e5-small"):
        embedder.load()


def test_a_broken_tokenizer_is_reported_as_corrupt(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"not a network")
    (tmp_path / "tokenizer.model").write_bytes(b"not a tokenizer")
    with pytest.raises(ModelCorrupt, match=r"tokenizer\.model"):
        OnnxEmbedder(tmp_path).load()


def test_a_centring_file_with_objects_in_it_is_refused(tmp_path: Path) -> None:
    for name in ("model.onnx", "tokenizer.model"):
        (tmp_path / name).write_bytes(b"x")
    np.savez(tmp_path / "centring.npz", zh_passage=np.array([object()]))
    with pytest.raises(ModelCorrupt, match=r"centring\.npz"):
        OnnxEmbedder(tmp_path, centring=tmp_path / "centring.npz").load()


def test_the_shipped_means_are_of_both_languages_and_both_roles() -> None:
    with np.load(CENTRING_FILE, allow_pickle=False) as means:
        assert set(means.files) == {"zh_passage", "zh_query", "en_passage", "en_query"}
        # Means of unit vectors are shorter than 1; these are long, which is why centring matters.
        assert all(0.8 < np.linalg.norm(means[name]) < 1.0 for name in means.files)
