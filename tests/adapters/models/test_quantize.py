"""Quantizing: measured before and after, refused when it loses too much, gone on with after an interruption."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from adapters.errors import BadInput
from adapters.models.gguf_weights import GgufWeights
from adapters.models.ov_convert import convert
from adapters.models.perplexity import of_openvino, of_scores
from adapters.models.quantize import quantize
from adapters.openvino_quiet import silence_openvino
from tests.adapters.test_ov_convert import write_model


class Steps:
    """Counts what is done; `fail` makes the next measuring of the result stop as a killed process would."""

    def __init__(self, after: float = 10.5) -> None:
        self.done: list[str] = []
        self.after, self.fail = after, False

    def make(self, folder: Path) -> None:
        self.done.append("make")
        folder.mkdir(parents=True)
        (folder / "weights").write_bytes(b"1234")

    def before(self) -> dict[str, float]:
        self.done.append("before")
        return {"zh": 10.0, "en": 10.0}

    def measure(self, folder: Path) -> dict[str, float]:
        if self.fail:
            raise KeyboardInterrupt
        self.done.append("after")
        assert (folder / "weights").exists()
        return {"zh": self.after, "en": 10.0}

    def run(self, out: Path, bits: int = 4):
        return quantize(out, self.make, self.before, self.measure, 0.1, {"bits": bits})


def test_a_good_result_is_kept_with_its_figures(tmp_path: Path):
    result = Steps().run(tmp_path / "small")
    assert result.loss == pytest.approx(0.05) and result.after["bytes"] == 4
    assert [path.name for path in tmp_path.iterdir()] == ["small"]


def test_a_result_that_lost_too_much_is_not_kept(tmp_path: Path):
    with pytest.raises(BadInput, match="20% worse"):
        Steps(after=12.0).run(tmp_path / "small")
    assert not (tmp_path / "small").exists() and not (tmp_path / "small.part").exists()


def test_an_interrupted_run_goes_on_where_it_stopped_and_another_recipe_begins_anew(tmp_path: Path):
    steps = Steps()
    steps.fail = True
    with pytest.raises(KeyboardInterrupt):
        steps.run(tmp_path / "small")
    steps.fail = False
    steps.run(tmp_path / "small")
    assert steps.done == ["before", "make", "after"]
    steps.fail = True
    with pytest.raises(KeyboardInterrupt):
        steps.run(tmp_path / "small", bits=8)
    assert steps.done == ["before", "make", "after", "before", "make"]


def test_perplexity_of_even_odds_is_the_number_of_choices():
    assert of_scores(np.zeros((5, 50)), [1, 2, 3, 4, 5]) == pytest.approx(50)
    sure = np.full((3, 4), -50.0)
    sure[0, 2] = sure[1, 3] = 50.0
    assert of_scores(sure, [0, 2, 3]) == pytest.approx(1.0)


def test_fewer_bits_are_smaller_and_further_from_the_weights(tmp_path: Path):
    silence_openvino()
    import openvino

    source = write_model(tmp_path / "tiny.gguf")
    values = {}
    for bits in (16, 8, 4):
        weights = GgufWeights(source, bits)
        model = openvino.Model([openvino.opset15.result(weights.matrix("layers.0.down_proj"))], [], "one")
        (values[bits],) = openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})([]).values()
    errors = {bits: float(np.abs(values[bits] - values[16]).mean()) for bits in (8, 4)}
    assert 0 < errors[8] < errors[4] < 0.1
    step = np.abs(values[16]).max(axis=1, keepdims=True) / 7
    assert (np.abs(values[4] - values[16]) <= 0.6 * step).all()


def test_the_converted_forms_can_be_measured(tmp_path: Path):
    source = write_model(tmp_path / "tiny.gguf")
    texts = {"en": "abc acb bca cab"}
    found = {bits: of_openvino(convert(source, tmp_path / f"b{bits}", bits=bits), texts)["en"] for bits in (16, 8, 4)}
    assert all(math.isfinite(value) and value > 1 for value in found.values())
    assert abs(found[8] / found[16] - 1) < 0.05
