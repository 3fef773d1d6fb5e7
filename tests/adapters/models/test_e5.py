"""The embedding weights: read without trust, converted without torch, equal to plain arithmetic."""

import math
import struct
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import sentencepiece
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.errors import ModelCorrupt
from adapters.models import e5_check, e5_convert, e5_file

HIDDEN, INNER, VOCABULARY, POSITIONS = 64, 128, 40, 32
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "a", "b", "年", "假", "▁ab", *"</>smk", "<mask>"]
HEADER_BYTES = 700


def tensors() -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {
        "emb.word": (VOCABULARY, HIDDEN),
        "emb.pos": (POSITIONS, HIDDEN),
        "emb.type": (2, HIDDEN),
        "emb.ln.w": (HIDDEN,),
        "emb.ln.b": (HIDDEN,),
    }
    for name in ("q", "k", "v", "ao"):
        shapes |= {f"l0.{name}.w": (HIDDEN, HIDDEN), f"l0.{name}.b": (HIDDEN,)}
    shapes |= {"l0.fi.w": (INNER, HIDDEN), "l0.fi.b": (INNER,), "l0.fo.w": (HIDDEN, INNER), "l0.fo.b": (HIDDEN,)}
    for name in ("aln", "oln"):
        shapes |= {f"l0.{name}.w": (HIDDEN,), f"l0.{name}.b": (HIDDEN,)}
    return shapes


def small_file() -> bytes:
    """Write a file in the format with one layer and random weights."""
    random = np.random.default_rng(7)
    out = bytearray(b"E5S1" + struct.pack("<I7ifi", 1, HIDDEN, 1, 2, INNER, VOCABULARY, POSITIONS, 2, 1e-12, 32))
    blob = [piece.encode() for piece in PIECES]
    offsets = np.cumsum([0, *map(len, blob)])
    out += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, offsets[-1])
    out += offsets.astype("<u4").tobytes() + np.linspace(-2, -9, len(PIECES)).astype("<f4").tobytes() + b"".join(blob)
    out += struct.pack("<iI", 0, 0)
    shapes = tensors()
    start = len(out) + 4 + sum(2 + len(name) + 21 for name in shapes)
    directory, body = bytearray(struct.pack("<i", len(shapes))), bytearray()
    for name, shape in shapes.items():
        count = math.prod(shape)
        if len(shape) == 2 and name not in ("emb.pos", "emb.type"):
            scales = random.uniform(0.01, 0.03, (count // 32, 1)).astype("<f2").view(np.uint8)
            data = np.hstack([scales, random.integers(0, 256, (count // 32, 16), dtype=np.uint8)]).tobytes()
            kind = 1
        else:
            data, kind = (random.normal(0, 0.2, count) + name.endswith("ln.w")).astype("<f4").tobytes(), 0
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", kind, count, start + len(body), len(data))
        body += data
    return bytes(out + directory + body)


SMALL = small_file()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "small.bin"
    path.write_bytes(SMALL)
    return path


def normalise(x: np.ndarray, weights: e5_file.E5Weights, name: str) -> np.ndarray:
    spread = np.sqrt(x.var(-1, keepdims=True) + weights.sizes.epsilon)
    scale, shift = weights.floats(f"{name}.w", HIDDEN), weights.floats(f"{name}.b", HIDDEN)
    return (x - x.mean(-1, keepdims=True)) / spread * scale + shift


def plain(weights: e5_file.E5Weights, ids: list[int]) -> np.ndarray:
    """Run the network in plain arithmetic, as BERT's paper has it."""

    def linear(x: np.ndarray, name: str, out: int, into: int) -> np.ndarray:
        return x @ weights.floats(f"l0.{name}.w", out, into).T + weights.floats(f"l0.{name}.b", out)

    x = weights.floats("emb.word", VOCABULARY, HIDDEN)[ids] + weights.floats("emb.type", 2, HIDDEN)[0]
    x = normalise(x + weights.floats("emb.pos", POSITIONS, HIDDEN)[: len(ids)], weights, "emb.ln")
    q, k, v = (linear(x, n, HIDDEN, HIDDEN).reshape(len(ids), 2, 32).transpose(1, 0, 2) for n in "qkv")
    share = np.exp(q @ k.transpose(0, 2, 1) / math.sqrt(32))
    share /= share.sum(-1, keepdims=True)
    attended = (share @ v).transpose(1, 0, 2).reshape(len(ids), HIDDEN)
    x = normalise(x + linear(attended, "ao", HIDDEN, HIDDEN), weights, "l0.aln")
    inner = linear(x, "fi", INNER, HIDDEN)
    inner = inner * 0.5 * (1 + np.vectorize(math.erf)(inner / math.sqrt(2)))
    mean = normalise(x + linear(inner, "fo", HIDDEN, INNER), weights, "l0.oln").mean(0)
    return np.asarray(mean / np.linalg.norm(mean))


def test_the_converted_network_says_what_plain_arithmetic_says(source: Path, tmp_path: Path) -> None:
    e5_convert.convert(source, tmp_path)
    session = onnxruntime.InferenceSession(str(tmp_path / "model.onnx"), providers=["CPUExecutionProvider"])
    for ids in ([0, 4, 7, 8, 2], [0, 2], [0, *range(4, 34), 2]):
        (vectors,) = session.run(None, {"input_ids": np.array([ids], np.int64)})
        assert vectors[0] @ plain(e5_file.read(source), ids) > 0.998


def test_the_same_file_converts_to_the_same_bytes(source: Path, tmp_path: Path) -> None:
    e5_convert.convert(source, tmp_path / "one")
    e5_convert.convert(source, tmp_path / "two")
    for name in ("model.onnx", "tokenizer.model"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_four_bit_codes_unpack_low_half_first(tmp_path: Path) -> None:
    weights = e5_file.read_bytes(SMALL)
    codes, _scales = weights.blocks("emb.word", VOCABULARY, HIDDEN)
    packed, _ = weights.packed("emb.word", VOCABULARY, HIDDEN)
    assert codes[3, 1, 5] == packed[3, 1, 5] % 16
    assert codes[3, 1, 21] == packed[3, 1, 5] // 16


@pytest.fixture
def tokenizer() -> sentencepiece.SentencePieceProcessor:
    return sentencepiece.SentencePieceProcessor(model_proto=e5_convert.write_tokenizer(e5_file.read_bytes(SMALL)))


def test_pieces_keep_their_numbers(tokenizer: sentencepiece.SentencePieceProcessor) -> None:
    assert tokenizer.encode("ab年假") == [PIECES.index(piece) for piece in ("▁ab", "年", "假")]


def test_markers_written_in_a_text_do_not_become_markers(tokenizer: sentencepiece.SentencePieceProcessor) -> None:
    assert not {0, 1, 2, len(PIECES) - 1} & set(tokenizer.encode("a</s>b<mask><s>"))


def test_width_and_spaces_are_folded_before_cutting(tokenizer: sentencepiece.SentencePieceProcessor) -> None:
    assert tokenizer.encode("ａｂ   年") == tokenizer.encode("ab 年")


@pytest.mark.parametrize("length", [0, 3, 4, 20, 44, 100, HEADER_BYTES, len(SMALL) - 1])
def test_a_file_cut_short_is_refused(length: int) -> None:
    with pytest.raises(ModelCorrupt):
        e5_file.read_bytes(SMALL[:length])


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, HEADER_BYTES), st.binary(min_size=1, max_size=8))
def test_changed_counts_and_offsets_are_refused_or_harmless(at: int, change: bytes) -> None:
    data = SMALL[:at] + change + SMALL[at + len(change) :]
    try:
        weights = e5_file.read_bytes(data)
        for name, shape in tensors().items():
            weights.floats(name, *shape)
    except ModelCorrupt:
        pass


def test_a_conversion_that_answers_wrongly_is_refused(source: Path, tmp_path: Path) -> None:
    e5_convert.convert(source, tmp_path)
    with pytest.raises(ModelCorrupt, match="converted wrongly"):
        e5_check.check(tmp_path)
