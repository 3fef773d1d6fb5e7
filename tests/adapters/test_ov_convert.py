"""Conversion of a tiny made-up model: what is promised of the folder, and that the graph computes a decoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from adapters.errors import DataFolderBroken, ModelCorrupt, ModelMissing
from adapters.models.gguf_weights import GgufWeights
from adapters.models.ov_convert import convert, converted
from adapters.models.ov_graph import draw
from adapters.openvino_quiet import silence_openvino

gguf = pytest.importorskip("gguf")
WIDTH, HEADS, KV_HEADS, INNER, LAYERS, WORDS = 64, 4, 2, 96, 2, 300


def write_model(path: Path, kind: str = "qwen2") -> Path:
    random = np.random.default_rng(1)
    writer = gguf.GGUFWriter(path, kind)
    writer.add_name("Tiny")
    writer.add_block_count(LAYERS)
    writer.add_context_length(128)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_rope_freq_base(10000.0)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    visible = [chr(code) for code in (*range(33, 127), *range(256, 418))]
    words = [*visible, "ab", "cd", *(f"w{number}" for number in range(WORDS))][: WORDS - 1]
    writer.add_token_list([*words, "<|im_end|>"])
    writer.add_token_types([1] * (WORDS - 1) + [3])
    writer.add_token_merges(["a b", "c d"])
    writer.add_eos_token_id(WORDS - 1)
    writer.add_pad_token_id(WORDS - 1)
    writer.add_chat_template("{% for message in messages %}{{ message['content'] }}{% endfor %}")

    def add(name: str, *shape: int) -> None:
        writer.add_tensor(name, (random.standard_normal(shape) * 0.3).astype(np.float32))

    add("token_embd.weight", WORDS, WIDTH)
    add("output_norm.weight", WIDTH)
    for layer in range(LAYERS):
        kv = WIDTH // HEADS * KV_HEADS
        for name, rows in (("attn_q", WIDTH), ("attn_k", kv), ("attn_v", kv)):
            add(f"blk.{layer}.{name}.weight", rows, WIDTH)
            if kind == "qwen2":
                add(f"blk.{layer}.{name}.bias", rows)
        add(f"blk.{layer}.attn_output.weight", WIDTH, WIDTH)
        add(f"blk.{layer}.ffn_gate.weight", INNER, WIDTH)
        add(f"blk.{layer}.ffn_up.weight", INNER, WIDTH)
        add(f"blk.{layer}.ffn_down.weight", WIDTH, INNER)
        add(f"blk.{layer}.attn_norm.weight", WIDTH)
        add(f"blk.{layer}.ffn_norm.weight", WIDTH)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def compiled(source: Path):
    import openvino

    weights = GgufWeights(source)
    exact = {"INFERENCE_PRECISION_HINT": "f32", "KV_CACHE_PRECISION": "f32", "DYNAMIC_QUANTIZATION_GROUP_SIZE": "0"}
    model = draw(weights.shape(), weights)
    return openvino.Core().compile_model(model, "CPU", exact).create_infer_request()


def run(request, *parts: list[int]) -> np.ndarray:
    """Return the scores of all positions, the tokens given part by part as in generation."""
    request.reset_state()
    scores, seen = [], 0
    for part in parts:
        ids = np.array([part], np.int64)
        positions = np.arange(seen, seen + len(part), dtype=np.int64)[None]
        seen += len(part)
        request.infer(
            {
                "input_ids": ids,
                "attention_mask": np.ones((1, seen), np.int64),
                "position_ids": positions,
                "beam_idx": np.zeros(1, np.int32),
            }
        )
        scores.append(request.get_tensor("logits").data[0].copy())
    return np.concatenate(scores)


@pytest.mark.parametrize("kind", ["qwen2", "llama"])
def test_remembered_tokens_give_the_scores_of_reading_all_at_once_and_later_ones_change_nothing(tmp_path, kind):
    silence_openvino()
    model = compiled(write_model(tmp_path / "tiny.gguf", kind))
    whole = run(model, [1, 2, 3, 4, 5])
    assert np.abs(whole).max() > 0.1
    np.testing.assert_allclose(run(model, [1, 2, 3], [4], [5]), whole, atol=1e-4)
    np.testing.assert_allclose(run(model, [1, 2, 3, 9, 9])[:3], whole[:3], atol=1e-4)
    assert np.abs(run(model, [2, 1, 3, 4, 5])[-1] - whole[-1]).max() > 1e-3


def test_the_folder_is_complete_and_a_second_conversion_changes_nothing(tmp_path):
    source = write_model(tmp_path / "tiny.gguf")
    steps: list[str] = []
    folder = convert(source, tmp_path / "out" / "tiny", steps.append)
    assert converted(folder) and len(steps) == 3
    names = {file.name for file in folder.iterdir()}
    assert {"openvino_model.xml", "openvino_tokenizer.xml", "openvino_detokenizer.xml", "zhiwen.json"} <= names
    assert not [name for name in names if name.endswith(".gguf")]
    assert [path.name for path in folder.parent.iterdir()] == ["tiny"]
    source.unlink()
    assert convert(source, folder) == folder


def test_a_broken_file_leaves_nothing_behind(tmp_path):
    source = write_model(tmp_path / "tiny.gguf")
    source.write_bytes(source.read_bytes()[:3000])
    for path in (source, write_model(tmp_path / "other.gguf", "gemma3")):
        with pytest.raises(ModelCorrupt, match=r"pull it again|another chat model"):
            convert(path, tmp_path / "out" / "tiny")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_missing_file_and_an_unwritable_folder_are_told_apart(tmp_path):
    with pytest.raises(ModelMissing, match="zhiwen models pull"):
        convert(tmp_path / "none.gguf", tmp_path / "out")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataFolderBroken, match="cannot be written"):
        convert(write_model(tmp_path / "tiny.gguf"), tmp_path / "file" / "out")


def test_int8_weights_stay_within_half_a_step_of_the_file(tmp_path):
    silence_openvino()
    source = write_model(tmp_path / "tiny.gguf")
    weights = GgufWeights(source)
    import openvino

    node = weights.matrix("layers.0.up_proj")
    model = openvino.Model([openvino.opset15.result(node)], [], "one")
    (packed,) = openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})([]).values()
    exact = next(t for t in gguf.GGUFReader(source).tensors if t.name == "blk.0.ffn_up.weight").data
    step = np.abs(exact).max(axis=1, keepdims=True) / 127
    assert (np.abs(packed - exact) <= 0.6 * step).all()
