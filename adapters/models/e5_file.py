"""Read an E5S1 file: the 4-bit weights, vocabulary and sizes of multilingual-e5-small in one binary.

The file comes from outside, so every count and offset is held against the file's own length before it is used.
Layout, little endian: "E5S1", u32 version, 7 i32 sizes, f32 epsilon, i32 block size; i32 piece count, 4 i32 token ids,
u64 text length, u32 offsets, f32 scores, text; i32 and u32 count and length of a character map (not used: the full map
comes from SentencePiece); i32 tensor count, then per tensor u16 name length, name, u8 type, u32 values, u64 offset,
u64 bytes. Tensors of type 0 are f32. Type 1 is Q4_0: per 32 weights an fp16 scale and 16 bytes, where byte j holds
weight j in its low half and weight j + 16 in its high half, each as value + 8.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adapters.errors import ModelCorrupt

BLOCK = 32
_block_bytes = 2 + BLOCK // 2


@dataclass(frozen=True)
class E5Sizes:
    """The shape of the network."""

    hidden: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    token_types: int
    epsilon: float


@dataclass(frozen=True)
class _Tensor:
    quantized: bool
    values: int
    offset: int


@dataclass(frozen=True)
class E5Weights:
    """An opened file. Tensors are decoded when asked for."""

    sizes: E5Sizes
    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    data: memoryview
    tensors: dict[str, _Tensor]

    def floats(self, name: str, *shape: int) -> NDArray[np.float32]:
        """Return a tensor as f32 in the shape given. Raises ModelCorrupt when it has another size."""
        tensor = self._find(name, shape)
        if tensor.quantized:
            codes, scales = self.blocks(name, *shape)
            values = codes.astype(np.float32) - 8.0
            return (values * scales.astype(np.float32)[..., None]).reshape(shape)
        return np.frombuffer(self.data, "<f4", tensor.values, tensor.offset).reshape(shape)

    def blocks(self, name: str, *shape: int) -> tuple[NDArray[np.uint8], NDArray[np.float16]]:
        """Return a Q4_0 tensor as codes 0-15 of shape (rows, blocks, 32) and fp16 scales of shape (rows, blocks)."""
        packed, scales = self.packed(name, *shape)
        return np.concatenate([packed & 0x0F, packed >> 4], axis=-1), scales

    def packed(self, name: str, *shape: int) -> tuple[NDArray[np.uint8], NDArray[np.float16]]:
        """Return a Q4_0 tensor as stored: bytes of shape (rows, blocks, 16) and scales of shape (rows, blocks)."""
        tensor = self._find(name, shape)
        if not tensor.quantized:
            raise ModelCorrupt(f"The weights file holds {name} in an unexpected type; fetch it again.")
        raw = np.frombuffer(self.data, np.uint8, tensor.values // BLOCK * _block_bytes, tensor.offset)
        raw = raw.reshape(shape[0], shape[1] // BLOCK, _block_bytes)
        scales = np.ascontiguousarray(raw[..., :2]).view("<f2")[..., 0]
        if not np.isfinite(scales).all():
            raise ModelCorrupt(f"The weights file holds scales of {name} that are no numbers; fetch it again.")
        return raw[..., 2:], scales

    def _find(self, name: str, shape: tuple[int, ...]) -> _Tensor:
        tensor = self.tensors.get(name)
        if tensor is None or tensor.values != int(np.prod(shape)):
            raise ModelCorrupt(f"The weights file lacks {name} in the expected size; fetch it again.")
        return tensor


class _Reader:
    """Takes values off the front; running past the end is an error, never a guess."""

    def __init__(self, data: memoryview) -> None:
        self.data = data
        self.at = 0

    def take(self, size: int) -> memoryview:
        if size < 0 or size > len(self.data) - self.at:
            raise ModelCorrupt("The weights file ends too early or states impossible sizes; fetch it again.")
        self.at += size
        return self.data[self.at - size : self.at]

    def values(self, form: str) -> tuple[Any, ...]:
        return struct.unpack(f"<{form}", self.take(struct.calcsize(f"<{form}")))


def read(path: Path) -> E5Weights:
    """Read a file whole. Raises ModelCorrupt when anything in it points outside it or has an absurd size."""
    return read_bytes(path.read_bytes())


def read_bytes(data: bytes) -> E5Weights:
    """Read a file's bytes; see `read`."""
    reader = _Reader(memoryview(data))
    if bytes(reader.take(4)) != b"E5S1" or reader.values("I") != (1,):
        raise ModelCorrupt("The weights are not an E5S1 file of version 1; fetch them again.")
    sizes = E5Sizes(*reader.values("7if"))
    if reader.values("i") != (BLOCK,) or not _plausible(sizes):
        raise ModelCorrupt("The weights file states impossible sizes; fetch it again.")
    pieces, scores = _read_pieces(reader, sizes)
    _count, map_bytes = reader.values("iI")
    reader.take(map_bytes)
    return E5Weights(sizes, pieces, scores, reader.data, _read_directory(reader))


def _plausible(sizes: E5Sizes) -> bool:
    return (
        0 < sizes.hidden <= 4096
        and 0 < sizes.layers <= 64
        and 0 < sizes.heads <= 64
        and sizes.hidden % sizes.heads == 0
        and sizes.hidden % BLOCK == 0
        and 0 < sizes.inner <= 16384
        and sizes.inner % BLOCK == 0
        and 0 < sizes.vocabulary <= 1_000_000
        and 0 < sizes.positions <= 8192
        and 0 < sizes.token_types <= 16
        and 0 < sizes.epsilon < 1e-3
    )


def _read_pieces(reader: _Reader, sizes: E5Sizes) -> tuple[tuple[str, ...], tuple[float, ...]]:
    count, *special = reader.values("5i")
    if not 4 <= count <= sizes.vocabulary or special != [0, 2, 1, 3]:
        raise ModelCorrupt("The weights file holds an unexpected vocabulary; fetch it again.")
    (length,) = reader.values("Q")
    offsets = np.frombuffer(reader.take(4 * (count + 1)), "<u4").tolist()
    scores = np.frombuffer(reader.take(4 * count), "<f4").tolist()
    if not np.isfinite(scores).all():
        raise ModelCorrupt("The weights file's vocabulary has impossible scores; fetch it again.")
    text = bytes(reader.take(length))
    if offsets[0] != 0 or offsets[-1] != length or any(a > b for a, b in pairwise(offsets)):
        raise ModelCorrupt("The weights file's vocabulary points outside itself; fetch it again.")
    try:
        pieces = tuple(text[a:b].decode("utf-8") for a, b in pairwise(offsets))
    except UnicodeDecodeError as cause:
        raise ModelCorrupt("The weights file's vocabulary is not text; fetch it again.") from cause
    return pieces, tuple(scores)


def _read_directory(reader: _Reader) -> dict[str, _Tensor]:
    (count,) = reader.values("i")
    if not 0 < count <= 4096:
        raise ModelCorrupt("The weights file states an impossible number of tensors; fetch it again.")
    tensors: dict[str, _Tensor] = {}
    for _ in range(count):
        (name_length,) = reader.values("H")
        name = bytes(reader.take(name_length)).decode("ascii", "replace")
        kind, values, offset, size = reader.values("BIQQ")
        expected = values * 4 if kind == 0 else values // BLOCK * _block_bytes
        whole_blocks = kind == 0 or values % BLOCK == 0
        if kind > 1 or size != expected or not whole_blocks or offset + size > len(reader.data):
            raise ModelCorrupt(f"Tensor {name} points outside the weights file; fetch it again.")
        tensors[name] = _Tensor(kind == 1, values, offset)
    return tensors
