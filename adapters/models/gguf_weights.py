"""Reads a chat model's GGUF file as weights by name, dequantised and packed to int8 (or int4, or left at 16 bits).

The file is data: nothing in it is executed, and it is mapped, not loaded. Needs `gguf` (its reader and its
dequantisation, numpy only) and openvino's constants; knows nothing of the graph they go into.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adapters.errors import EngineUnavailable, ModelCorrupt
from adapters.models.ov_graph import Shape

_ROWS = 4096  # dequantised at a time: 4096 x 8960 float32 is 147 MB
_GROUP = 128
_KINDS = ("qwen2", "llama")
_NAMES = {
    "q_proj": "attn_q",
    "k_proj": "attn_k",
    "v_proj": "attn_v",
    "o_proj": "attn_output",
    "gate_proj": "ffn_gate",
    "up_proj": "ffn_up",
    "down_proj": "ffn_down",
    "input_norm": "attn_norm",
    "post_norm": "ffn_norm",
}


class GgufWeights:
    """Keeps the promise of `ov_graph.Weights` from one file. Raises ModelCorrupt, EngineUnavailable.

    `bits` is 8; 4 rounds to groups of 128 weights (embedding and output matrix stay at 8); 16 rounds nothing.
    """

    def __init__(self, path: Path, bits: int = 8) -> None:
        self._bits = bits
        try:
            import gguf
            import openvino
        except ImportError as cause:
            raise EngineUnavailable(f"The package {cause.name} is not installed; run `make install`.") from cause
        self._ov, self._dequantize = openvino, gguf.quants.dequantize
        try:
            self._reader = gguf.GGUFReader(path)
        except (ValueError, IndexError, KeyError, UnicodeDecodeError, OverflowError) as cause:
            raise ModelCorrupt(f"{path} is not a readable GGUF file; delete it and pull it again.") from cause
        self._tensors: dict[str, Any] = {tensor.name: tensor for tensor in self._reader.tensors}
        self._shared: dict[str, Any] = {}
        self._kept: list[Any] = []
        self.kind = self.text("general.architecture")
        if self.kind not in _KINDS:
            raise ModelCorrupt(
                f"{path.name} holds a {self.kind!r} model; only {' and '.join(_KINDS)} can be converted. "
                "Choose another chat model in the settings."
            )

    def text(self, key: str) -> str:
        return str(self._value(key))

    def number(self, key: str) -> float:
        """Return one of the model's own numbers, by its name without the architecture."""
        return float(self._value(f"{self.kind}.{key}"))

    def shape(self) -> Shape:
        heads, width = int(self.number("attention.head_count")), int(self.number("embedding_length"))
        return Shape(
            layers=int(self.number("block_count")),
            heads=heads,
            kv_heads=int(self.number("attention.head_count_kv")),
            head_width=width // heads,
            rope_base=self.number("rope.freq_base"),
            norm_epsilon=self.number("attention.layer_norm_rms_epsilon"),
        )

    def header_bytes(self) -> int:
        """Return where the list of tensors begins: before it stand the metadata and the tokenizer."""
        return min(int(tensor.field.offset) for tensor in self._reader.tensors)

    def vector(self, name: str) -> NDArray[np.float32] | None:
        tensor = self._tensors.get(self._name_in_file(name))
        return None if tensor is None else np.asarray(self._rows(tensor, slice(None)), np.float32).reshape(-1)

    def matrix(self, name: str) -> Any:
        """Return the f32 node of an int8 matrix [out, in] with one scale a row; the tied pair shares its memory."""
        key = self._name_in_file(name)
        if key in self._shared:
            return self._shared[key]
        if key not in self._tensors:
            raise ModelCorrupt(f"The model file lacks {key}; delete it and pull it again.")
        blocks, shape = self._blocks(self._tensors[key], name), self._tensors[key].shape
        if self._bits == 16:
            node = self._half(blocks)
        elif self._bits == 4 and name not in ("embed", "head") and int(shape[0]) % 2 == 0:
            node = self._packed4(blocks, int(shape[0]))
        else:
            node = self._packed(*_int8(blocks, shape))
        if name in ("embed", "head"):
            self._shared[key] = node
        return node

    def _packed(self, whole: NDArray[np.int8], scale: NDArray[np.float16]) -> Any:
        ops = self._ov.opset15
        weights = ops.convert(ops.constant(whole, shared_memory=True), "f16")
        return ops.convert(ops.multiply(weights, ops.constant(scale)), "f32")

    def _half(self, blocks: Iterator[NDArray[np.float32]]) -> Any:
        ops = self._ov.opset15
        whole = np.concatenate([block.astype(np.float16) for block in blocks])
        return ops.convert(ops.constant(whole, shared_memory=True), "f32")

    def _packed4(self, blocks: Iterator[NDArray[np.float32]], width: int) -> Any:
        """Return the f32 node of an int4 matrix with one scale for each group of a row."""
        ops = self._ov.opset15
        group = _GROUP if width % _GROUP == 0 else width
        packed, scales = zip(*(_int4(block, group) for block in blocks), strict=True)
        scale = np.concatenate(scales)
        count = len(scale)
        halves = np.concatenate(packed).reshape(-1)
        self._kept.append(halves)  # the tensor below points into it and does not hold it
        data = self._ov.Tensor(halves, [count, width // group, group], self._ov.Type.i4)
        weights = ops.convert(ops.constant(data), "f16")
        whole = ops.multiply(weights, ops.constant(scale))
        return ops.convert(ops.reshape(whole, np.array([count, width], np.int64), False), "f32")

    def _blocks(self, tensor: Any, name: str) -> Iterator[NDArray[np.float32]]:
        order = self._row_order(tensor, name)
        for start in range(0, len(order), _ROWS):
            yield self._rows(tensor, order[start : start + _ROWS])

    def _rows(self, tensor: Any, rows: Any) -> NDArray[np.float32]:
        data = tensor.data if tensor.data.ndim == 1 else tensor.data[rows]
        return np.asarray(self._dequantize(data, tensor.tensor_type), np.float32)

    def _row_order(self, tensor: Any, name: str) -> NDArray[np.int64]:
        """Return the rows as the graph wants them.

        Llama files interleave the two halves that rotary embedding turns against each other; undo that.
        """
        count = int(tensor.shape[1])
        order = np.arange(count)
        if self.kind != "llama" or not name.endswith(("q_proj", "k_proj")):
            return order
        heads = int(self.number("attention.head_count" if name.endswith("q_proj") else "attention.head_count_kv"))
        return order.reshape(heads, count // heads // 2, 2).swapaxes(1, 2).reshape(-1)

    def _name_in_file(self, name: str) -> str:
        if name in ("embed", "head"):
            # Qwen files keep both, nearly equal (cosine 0.999); the output matrix is the more exact of the two.
            return "output.weight" if "output.weight" in self._tensors else "token_embd.weight"
        if name == "norm":
            return "output_norm.weight"
        _, layer, part, *bias = name.split(".")
        return f"blk.{layer}.{_NAMES[part]}.{'bias' if bias else 'weight'}"

    def _value(self, key: str) -> Any:
        try:
            return self._reader.fields[key].contents()
        except KeyError as cause:
            raise ModelCorrupt(f"The model file lacks {key}; delete it and pull it again.") from cause


def _int8(blocks: Iterator[NDArray[np.float32]], shape: Any) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    """Quantise symmetrically, one scale a row: w = q * s, s = max|w| / 127."""
    width, count = (int(size) for size in shape)
    whole, scales = np.empty((count, width), np.int8), np.empty((count, 1), np.float16)
    at = 0
    for block in blocks:
        scale = np.maximum(np.abs(block).max(axis=1, keepdims=True) / 127, 1e-7).astype(np.float16)
        span = slice(at, at + len(block))
        scales[span] = scale
        whole[span] = np.clip(np.rint(block / scale.astype(np.float32)), -127, 127)
        at = span.stop
    return whole, scales


def _int4(block: NDArray[np.float32], group: int) -> tuple[NDArray[np.uint8], NDArray[np.float16]]:
    """Quantise symmetrically to -8..7, one scale a group: w = q * s, s = max|w| / 7; two to a byte, the first low."""
    parts = block.reshape(len(block), -1, group)
    scale = np.maximum(np.abs(parts).max(axis=2, keepdims=True) / 7, 1e-7).astype(np.float16)
    whole = np.clip(np.rint(parts / scale.astype(np.float32)), -8, 7).astype(np.int8).reshape(len(block), -1)
    low, high = whole[:, 0::2] & 0x0F, whole[:, 1::2] & 0x0F
    return (low | (high << 4)).astype(np.uint8), scale
