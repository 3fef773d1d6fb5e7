"""Which adapters are taken, and with which words others are refused; no engine needed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from adapters.chat.lora import CONFIG, WEIGHTS, read_lora, safetensors
from adapters.chat.shelf import Shelf
from adapters.errors import BadInput

MODEL = {"model.layers.0.self_attn.q_proj": (64, 64), "model.layers.0.self_attn.v_proj": (32, 64)}


def write_adapter(
    folder: Path,
    seed: int = 1,
    rank: int = 4,
    model: dict[str, tuple[int, int]] = MODEL,
    size: float = 0.5,
    **config: object,
) -> Path:
    """Write an adapter as PEFT does, with random numbers."""
    random = np.random.default_rng(seed)
    tensors = {}
    for name, (out, width) in model.items():
        tensors[f"base_model.model.{name}.lora_A.weight"] = random.normal(0, size, (rank, width))
        tensors[f"base_model.model.{name}.lora_B.weight"] = random.normal(0, size, (out, rank))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / WEIGHTS).write_bytes(safetensors(tensors))
    settings = {"peft_type": "LORA", "r": rank, "lora_alpha": 2 * rank, "base_model_name_or_path": "tiny", **config}
    (folder / CONFIG).write_text(json.dumps(settings))
    return folder


def test_an_adapter_that_fits_is_read_with_its_scale(tmp_path: Path):
    lora = read_lora(write_adapter(tmp_path))
    lora.check(MODEL)
    assert (lora.rank, lora.scale, lora.base) == (4, 2.0, "tiny")
    assert read_lora(write_adapter(tmp_path, use_rslora=True)).scale == 4.0


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda folder: (folder / WEIGHTS).rename(folder / "adapter_model.bin"), "pickle"),
        (lambda folder: (folder / WEIGHTS).unlink(), "is missing"),
        (lambda folder: (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:-9]), "truncated"),
        (lambda folder: (folder / WEIGHTS).write_bytes(b"\xff" * 99), "not a safetensors"),
        (lambda folder: (folder / CONFIG).write_text("{"), "cannot be read"),
        (lambda folder: write_adapter(folder, use_dora=True), "use_dora"),
        (lambda folder: write_adapter(folder, bias="all"), "biases"),
        (lambda folder: write_adapter(folder, peft_type="PREFIX_TUNING"), "not a LoRA"),
        (lambda folder: write_adapter(folder, base_sha256="a" * 64), "trained on a model with SHA-256 aaaa"),
        (lambda folder: write_adapter(folder, model={"model.layers.9.mlp.up_proj": (8, 8)}), "another kind of model"),
        (lambda folder: write_adapter(folder, model={next(iter(MODEL)): (64, 32)}), "64 x 64 in this model"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_reason(tmp_path: Path, spoil: Callable[[Path], None], reason: str):
    folder = write_adapter(tmp_path / "adapter")
    spoil(folder)
    with pytest.raises(BadInput, match=reason):
        read_lora(folder).check(MODEL, base_sha256="b" * 64)


def test_halves_that_do_not_belong_together_and_strange_tensors_are_refused(tmp_path: Path):
    file = tmp_path / "one.safetensors"
    for tensors in (
        {"x.lora_A.weight": np.zeros((4, 8)), "x.lora_B.weight": np.zeros((8, 3))},
        {"x.lora_A.weight": np.zeros((4, 8))},
        {"x.lora_magnitude_vector": np.zeros(8)},
    ):
        file.write_bytes(safetensors(tensors))
        with pytest.raises(BadInput, match=r"damaged|no LoRA matrix"):
            read_lora(file)


def test_the_shelf_keeps_adapters_by_name_and_nothing_outside(tmp_path: Path):
    shelf = Shelf(tmp_path / "shelf")
    assert shelf.names() == [] and shelf.find("legal") is None
    kept = shelf.add("legal", write_adapter(tmp_path / "source"), base_sha256="c" * 64)
    assert kept.base_sha256 == "c" * 64
    shelf.add("legal", write_adapter(tmp_path / "source", seed=2))
    assert shelf.names() == ["legal"] and shelf.find("legal") == shelf.folder / "legal"
    for name in ("../legal", "", ".", "a/b"):
        assert shelf.find(name) is None
        with pytest.raises(BadInput, match="cannot name"):
            shelf.add(name, tmp_path / "source")
    shelf.remove("legal")
    with pytest.raises(BadInput, match="There are: none"):
        shelf.remove("legal")
