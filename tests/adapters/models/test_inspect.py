"""What is said of a model before it runs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from adapters.chat.lora import safetensors
from adapters.errors import EngineUnavailable, ModelCorrupt, ModelMissing
from adapters.models.inspect import inspect_model
from app.models import with_model
from tests.adapters.test_ov_convert import KV_HEADS, LAYERS, WIDTH, write_model

CONFIG = {
    "model_type": "qwen2",
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "hidden_size": 64,
    "max_position_embeddings": 4096,
    "dtype": "bfloat16",
}


def write(folder: Path, **config: object) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(CONFIG | config))
    (folder / "model.safetensors").write_bytes(safetensors({"w.qweight": np.zeros((8, 4)), "n": np.zeros(10)}))
    (folder / "tokenizer_config.json").write_text('{"chat_template": "{{ messages }}"}')
    return folder


def test_a_gguf_file_tells_family_size_and_memory(tmp_path: Path):
    write_model(tmp_path / "tiny.gguf")
    facts = inspect_model(tmp_path)
    assert (facts.family, facts.context_tokens, facts.chat_template) == ("qwen2", 128, True)
    assert "F32" in facts.quantization and facts.weight_bytes == 4 * facts.parameters
    assert facts.kv_bytes_per_token == 2 * LAYERS * KV_HEADS * (WIDTH // 4) * 2
    assert facts.memory_bytes(100, 2) == int(facts.weight_bytes * 1.2) + 200 * facts.kv_bytes_per_token
    assert facts.fits(10**9) and not facts.fits(1000)


def test_a_folder_of_safetensors_tells_its_quantization_and_traps(tmp_path: Path):
    facts = inspect_model(write(tmp_path, quantization_config={"quant_method": "gptq", "bits": 4}))
    assert facts.quantization == "gptq 4 bits" and facts.parameters == 8 * 4 * 8 + 10
    assert any("Ampere" in trap for trap in facts.traps)
    assert inspect_model(write(tmp_path, dtype="float16")).traps == ()


def test_what_needs_its_own_code_is_refused_with_the_native_alternative(tmp_path: Path):
    with pytest.raises(EngineUnavailable, match="GLM-4-9B-0414"):
        inspect_model(write(tmp_path, model_type="chatglm"))
    with pytest.raises(EngineUnavailable, match="never run here"):
        inspect_model(write(tmp_path, auto_map={"AutoModel": "x.Y"}))


def test_pickles_and_missing_weights_are_told(tmp_path: Path):
    folder = write(tmp_path)
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelMissing, match="no weights"):
        inspect_model(folder)
    (folder / "pytorch_model.bin").touch()
    with pytest.raises(ModelCorrupt, match="pickles"):
        inspect_model(folder)
    with pytest.raises(ModelMissing, match="neither"):
        inspect_model(tmp_path / "none")


def test_choosing_a_model_changes_one_line_of_the_settings_file():
    old = '[chat]\n# the model\nmodel = "old"   # comment\nthreads = 2\n\n[embedding]\nmodel = "e5"\n'
    assert with_model(old, "chat", "new") == old.replace('"old"', '"new"')
    assert with_model(old, "embedding", "new") == old.replace('"e5"', '"new"')
    assert with_model("[web]\nport = 1\n", "chat", "new") == '[web]\nport = 1\n\n[chat]\nmodel = "new"\n'
    assert with_model("[chat]\nthreads = 2\n", "chat", "new") == '[chat]\nmodel = "new"\nthreads = 2\n'
    assert with_model("", "chat", "new") == '[chat]\nmodel = "new"\n'
