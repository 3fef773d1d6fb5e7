"""Says what a chat model's files hold: family, size, quantization, context, template, and the memory it needs.

Reads headers and settings, never weights; runs nothing. Knows no engine; characters per token are the caller's to add.
"""

from __future__ import annotations

import json
import struct
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.errors import EngineUnavailable, ModelCorrupt, ModelMissing

# Families that the engines here run without code from the model's folder.
NATIVE = ("qwen2", "qwen2_moe", "qwen3", "qwen3_moe", "glm", "glm4", "glm4_moe", "glm4_moe_lite", "llama", "mistral")
_REMOTE = {
    "chatglm": "GLM-4-9B-0414 or GLM-4-9B-chat-hf (native `glm4`/`glm`), or serve this one by vLLM with engine openai",
    "qwen": "Qwen2.5 or Qwen3 of the same size (native `qwen2`/`qwen3`)",
    "baichuan": "Qwen2.5 or Qwen3 of the same size (native `qwen2`/`qwen3`)",
}
_GB = 1e9


@dataclass(frozen=True)
class ModelFacts:
    """`kv_bytes_per_token` is what one token of one chat keeps in memory; `traps` are warnings for people."""

    family: str
    parameters: int
    weight_bytes: int
    quantization: str
    context_tokens: int
    kv_bytes_per_token: int
    chat_template: bool
    dtype: str = ""
    traps: tuple[str, ...] = ()

    def memory_bytes(self, tokens: int, chats: int = 1) -> int:
        """Return weights x 1.2 (buffers and activations) plus keys and values of so many chats of so many tokens."""
        return int(self.weight_bytes * 1.2) + self.kv_bytes_per_token * tokens * chats

    def fits(self, memory_bytes: int, tokens: int = 4096, chats: int = 4) -> bool:
        return self.memory_bytes(tokens, chats) <= memory_bytes


def inspect_model(folder: Path) -> ModelFacts:
    """Return the facts of a model folder. Raises ModelMissing, ModelCorrupt, EngineUnavailable (needs remote code)."""
    gguf = next(iter(sorted(folder.glob("*.gguf"))), None)
    if gguf is not None:
        return _of_gguf(gguf)
    if (folder / "config.json").is_file():
        return _of_safetensors(folder)
    raise ModelMissing(f"There is no chat model in {folder}: neither a GGUF file nor config.json.")


def machine_memory_bytes() -> int:
    """Return this machine's memory (the container's limit where there is one), 0 when it does not tell."""
    limits = []
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemTotal:"):
                limits.append(int(line.split()[1]) * 1024)
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
        if limit.isdigit():
            limits.append(int(limit))
    except (OSError, ValueError, IndexError):
        pass
    return min(limits, default=0)


def _of_gguf(path: Path) -> ModelFacts:
    try:
        import gguf

        reader = gguf.GGUFReader(path)
        kind = str(reader.fields["general.architecture"].contents())

        def number(name: str, otherwise: int = 0) -> int:
            field = reader.fields.get(f"{kind}.{name}")
            return int(field.contents()) if field is not None else otherwise

        heads = number("attention.head_count", 1)
        kinds = Counter[str]()
        for tensor in reader.tensors:
            kinds[tensor.tensor_type.name] += int(tensor.n_bytes)
        facts = ModelFacts(
            family=kind,
            parameters=sum(int(tensor.n_elements) for tensor in reader.tensors),
            weight_bytes=sum(kinds.values()),
            quantization="GGUF, mostly " + kinds.most_common(1)[0][0],
            context_tokens=number("context_length"),
            kv_bytes_per_token=_kv(
                number("block_count"), number("attention.head_count_kv", heads), number("embedding_length") // heads
            ),
            chat_template="tokenizer.chat_template" in reader.fields,
        )
    except ImportError as cause:
        raise EngineUnavailable(f"The package {cause.name} is not installed; run `make install`.") from cause
    except (ValueError, KeyError, IndexError, UnicodeDecodeError, OverflowError, ZeroDivisionError) as cause:
        raise ModelCorrupt(f"{path} is not a readable GGUF file; delete it and pull it again.") from cause
    return facts


def _of_safetensors(folder: Path) -> ModelFacts:
    pickles = sorted(path.name for end in ("*.bin", "*.pt", "*.pth", "*.pkl") for path in folder.glob(end))
    files = sorted(folder.glob("*.safetensors"))
    try:
        config: dict[str, Any] = json.loads((folder / "config.json").read_text("utf-8"))
        family = str(config["model_type"])
    except (OSError, ValueError, KeyError) as cause:
        raise ModelCorrupt(f"{folder / 'config.json'} cannot be read; copy the model again.") from cause
    if "auto_map" in config or family in _REMOTE:
        native = _REMOTE.get(family, "a model of a native family: " + ", ".join(NATIVE))
        raise EngineUnavailable(
            f"The {family!r} model in {folder} needs code from its own folder, which is never run here. Use {native}."
        )
    if not files and pickles:
        raise ModelCorrupt(f"{folder} holds pickles ({pickles[0]}), which can run code; get it as safetensors.")
    if not files:
        raise ModelMissing(f"{folder} has no weights; copy its *.safetensors files.")
    heads = int(config.get("num_attention_heads", 1))
    width = int(config.get("head_dim") or int(config.get("hidden_size", 0)) // heads)
    quantized = config.get("quantization_config") or {}
    bits = quantized.get("bits")
    method = f"{quantized.get('quant_method', '')} {bits} bits".strip() if quantized else "none"
    dtype = str(config.get("dtype") or config.get("torch_dtype") or "")
    count = sum(_elements(file, packed=8 * 4 // int(bits) if bits else 1) for file in files)
    template = (folder / "chat_template.jinja").is_file() or "chat_template" in _text(folder / "tokenizer_config.json")
    return ModelFacts(
        family=family,
        parameters=count,
        weight_bytes=sum(file.stat().st_size for file in files),
        quantization=method,
        context_tokens=int(config.get("max_position_embeddings", 0)),
        kv_bytes_per_token=_kv(
            int(config.get("num_hidden_layers", 0)), int(config.get("num_key_value_heads", heads)), width
        ),
        chat_template=template,
        dtype=dtype,
        traps=tuple(_traps(family, dtype, bool(quantized), template)),
    )


def _traps(family: str, dtype: str, quantized: bool, template: bool) -> list[str]:
    traps = []
    if family not in NATIVE:
        traps.append(f"the family {family!r} was not tried with Zhiwen")
    if dtype == "bfloat16":
        traps.append("bfloat16 needs an Ampere card or newer (compute capability 8.0); on older ones set float16")
    if quantized and dtype == "float32":
        traps.append("float32 keeps quantized weights from their fast kernels; use bfloat16 or float16")
    if not template:
        traps.append("it has no chat template: a base model that was not made for conversations")
    return traps


def _elements(file: Path, packed: int) -> int:
    """Count a safetensors file's numbers; quantized ones are packed several to an integer of 32 bits."""
    try:
        with file.open("rb") as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            header = json.loads(stream.read(min(length, 64 << 20)))
        total = 0
        for name, entry in header.items():
            if name == "__metadata__" or name.endswith(("qzeros", "scales", "g_idx")):
                continue
            size = 1
            for side in entry["shape"]:
                size *= int(side)
            total += size * (packed if name.endswith("qweight") else 1)
    except (OSError, ValueError, KeyError, TypeError, struct.error) as cause:
        raise ModelCorrupt(f"{file} is not a readable safetensors file; copy it again.") from cause
    return total


def _kv(layers: int, heads: int, width: int) -> int:
    """Keys and values of one token at 16 bits."""
    return 2 * layers * heads * width * 2


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
