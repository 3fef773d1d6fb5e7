"""Reads a LoRA adapter's files and says whether it fits a model, before any engine opens it.

An adapter is a folder as PEFT writes it (`adapter_model.safetensors`, `adapter_config.json`), or one safetensors file
whose metadata carries the same. Safetensors only: a pickle is refused unread. Needs numpy; knows no engine.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from adapters.errors import BadInput

WEIGHTS, CONFIG = "adapter_model.safetensors", "adapter_config.json"
_LARGEST_HEADER = 64 * 1024 * 1024
_WIDTHS = {"F32": 4, "F16": 2, "BF16": 2}
_name = re.compile(r"^(?:base_model\.model\.)?(.+)\.lora_([AB])\.weight$")
_pickles = (".bin", ".pt", ".pth", ".pkl", ".ckpt")
# What an engine that only adds B @ A cannot do; silently left out it would answer wrongly.
_beyond = ("use_dora", "alpha_pattern", "rank_pattern", "modules_to_save", "trainable_token_indices", "fan_in_fan_out")


@dataclass(frozen=True)
class Lora:
    """One adapter: `shapes` are (rank, in) and (out, rank) of A and B by the name of the matrix they change.

    `scale` is what B @ A is multiplied by: alpha / rank (Hu et al. 2021), alpha / sqrt(rank) for rank-stabilised ones.
    `base` is the model it says it was trained on, `base_sha256` that model's hash; both may be empty.
    """

    file: Path
    sha256: str
    rank: int
    scale: float
    shapes: Mapping[str, tuple[tuple[int, int], tuple[int, int]]]
    base: str = ""
    base_sha256: str = ""

    def check(self, model: Mapping[str, tuple[int, int]], base_sha256: str = "") -> None:
        """Raise BadInput with the reason when it does not fit matrices of these (out, in), or is for another base."""
        if self.base_sha256 and base_sha256 and self.base_sha256 != base_sha256:
            raise BadInput(
                f"{self.file} was trained on a model with SHA-256 {self.base_sha256[:12]}…, the model here has "
                f"{base_sha256[:12]}…. Train it again on this model, or use the one it was made for ({self.base})."
            )
        unknown = [name for name in self.shapes if name not in model]
        if unknown:
            raise BadInput(
                f"{self.file} changes {unknown[0]!r} and {len(unknown) - 1} more that this model does not have: "
                f"it is for another kind of model{f' ({self.base})' if self.base else ''}."
            )
        for name, (a, b) in self.shapes.items():
            out, width = model[name]
            if a[1] != width or b[0] != out:
                raise BadInput(
                    f"{self.file} does not fit: {name} is {out} x {width} in this model and {b[0]} x {a[1]} in the "
                    f"adapter; it is for a model of another size{f' ({self.base})' if self.base else ''}."
                )

    def settings(self) -> dict[str, Any]:
        """Return PEFT's settings as far as they are known, for a file that came without."""
        alpha = self.scale * self.rank
        return {"peft_type": "LORA", "r": self.rank, "lora_alpha": alpha, "base_model_name_or_path": self.base}

    def about(self) -> dict[str, Any]:
        """Return what a list of adapters shows."""
        parts = sorted({name.rsplit(".", 1)[-1] for name in self.shapes})
        return {"sha256": self.sha256, "rank": self.rank, "scale": self.scale, "changes": parts, "base": self.base}


def read_lora(path: Path) -> Lora:
    """Read an adapter's header and settings, not its numbers. Raises BadInput with what to do."""
    file = path / WEIGHTS if path.is_dir() else path
    if file.suffix in _pickles or (
        not file.is_file() and any((path / f"adapter_model{end}").exists() for end in _pickles)
    ):
        raise BadInput(f"{path} is a pickle, which can run code when it is opened; save it as safetensors.")
    if not file.is_file():
        raise BadInput(f"There is no adapter in {path}: {WEIGHTS} is missing.")
    header, digest = _header(file)
    config = _config(file, header.pop("__metadata__", {}))
    for key in _beyond:
        if config.get(key):
            raise BadInput(f"{file} uses {key}, which this engine cannot do; train it without, or serve it by vLLM.")
    if config.get("bias", "none") != "none":
        raise BadInput(f"{file} changes biases, which this engine cannot do; train it with bias = 'none'.")
    shapes = _pairs(file, header)
    rank = max(a[0] for a, _ in shapes.values())
    alpha = float(config.get("lora_alpha", rank))
    scale = alpha / (math.sqrt(rank) if config.get("use_rslora") else rank)
    base = str(config.get("base_model_name_or_path") or "")
    return Lora(file, digest, rank, scale, shapes, base, str(config.get("base_sha256") or ""))


def zeros(model: Mapping[str, tuple[int, int]], open_: Callable[[Any], Any]) -> Any:
    """Return an adapter that changes nothing in all of the model's matrices, opened from memory."""
    import openvino

    tensors = {}
    for name, (out, width) in model.items():
        tensors[f"base_model.model.{name}.lora_A.weight"] = np.zeros((1, width), np.float32)
        tensors[f"base_model.model.{name}.lora_B.weight"] = np.zeros((out, 1), np.float32)
    return open_(openvino.Tensor(np.frombuffer(safetensors(tensors), np.uint8).copy()))


def safetensors(tensors: Mapping[str, np.ndarray], metadata: Mapping[str, str] | None = None) -> bytes:
    """Return float32 tensors in the safetensors format (eight bytes of length, a JSON header, the numbers)."""
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    at = 0
    for name, tensor in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [at, at + 4 * tensor.size]}
        at += 4 * tensor.size
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    numbers = b"".join(np.ascontiguousarray(tensor, np.float32).tobytes() for tensor in tensors.values())
    return struct.pack("<Q", len(head)) + head + numbers


def _header(file: Path) -> tuple[dict[str, Any], str]:
    """Return the JSON header, checked against the file's size, and the file's SHA-256."""
    try:
        size = file.stat().st_size
        with file.open("rb") as stream:
            (length,) = struct.unpack("<Q", stream.read(8).ljust(8, b"\0"))
            if not 2 <= length <= min(_LARGEST_HEADER, size):
                raise BadInput(f"{file} is not a safetensors file.")
            header = json.loads(stream.read(length))
            stream.seek(0)
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        ends = [int(entry["data_offsets"][1]) for name, entry in header.items() if name != "__metadata__"]
    except OSError as cause:
        raise BadInput(f"{file} cannot be read: {cause}.") from cause
    except (ValueError, KeyError, TypeError, IndexError) as cause:
        raise BadInput(f"{file} is not a safetensors file.") from cause
    if not ends or 8 + length + max(ends) != size:
        raise BadInput(f"{file} is truncated; copy it again.")
    return header, digest


def _config(file: Path, metadata: Any) -> dict[str, Any]:
    """Return PEFT's settings beside the file, or those of its metadata."""
    beside = file.with_name(CONFIG)
    try:
        read = json.loads(beside.read_text("utf-8")) if beside.is_file() else dict(metadata)
    except (OSError, ValueError, TypeError) as cause:
        raise BadInput(f"{beside} cannot be read; copy it again beside the weights.") from cause
    if not isinstance(read, dict) or read.get("peft_type", "LORA") != "LORA":
        raise BadInput(f"{file} is not a LoRA adapter; other kinds cannot be switched per question.")
    return read


def _pairs(file: Path, header: Mapping[str, Any]) -> dict[str, tuple[tuple[int, int], tuple[int, int]]]:
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for name, entry in header.items():
        match = _name.match(name)
        shape = entry.get("shape", [])
        if match is None or len(shape) != 2 or entry.get("dtype") not in _WIDTHS:
            raise BadInput(f"{file} holds {name!r}, which is no LoRA matrix of a linear layer; it cannot be used here.")
        found.setdefault(match[1], {})[match[2]] = (int(shape[0]), int(shape[1]))
    for name, pair in found.items():
        if set(pair) != {"A", "B"} or pair["A"][0] != pair["B"][1]:
            raise BadInput(f"{file} is damaged: the two matrices for {name} do not belong together.")
    return {name: (pair["A"], pair["B"]) for name, pair in found.items()}
