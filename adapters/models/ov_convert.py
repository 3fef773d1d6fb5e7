"""Turns a chat model's GGUF file into an OpenVINO folder with int8 weights, once, at install.

Does not know where the file came from or whether its hash is right; the catalogue checks that before. Needs neither
torch nor transformers.
"""

from __future__ import annotations

import json
import shutil
import struct
import tempfile
from collections.abc import Callable
from pathlib import Path

from adapters.errors import DataFolderBroken, EngineUnavailable, ModelCorrupt, ModelMissing
from adapters.models.gguf_weights import GgufWeights
from adapters.models.ov_graph import draw
from adapters.openvino_quiet import apart, silence_openvino

FORMAT = 1  # raise when the graph or the weights are written differently, so that old folders are converted again
ABOUT = "zhiwen.json"  # written last; the engine reads the model's name and context from it


def converted(folder: Path) -> bool:
    """True when `convert` finished in this folder with today's format."""
    try:
        return bool(json.loads((folder / ABOUT).read_text(encoding="utf-8"))["format"] == FORMAT)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def convert(gguf_path: Path, out_folder: Path, say: Callable[[str], None] = lambda text: None, bits: int = 8) -> Path:
    """Write the model, its tokenizer and chat template to `out_folder` and return it.

    `bits` of the weights are 8, 4 or 16. Nothing is there until all is there. Does nothing when it was done before.
    Memory: the int8 weights twice, about 3.2 GB for 1.5 billion parameters. Raises ModelMissing, ModelCorrupt
    (unreadable, or of a kind that cannot be converted), EngineUnavailable (packages missing), DataFolderBroken (disk
    full).
    """
    if converted(out_folder):
        return out_folder
    if not gguf_path.is_file():
        raise ModelMissing(f"{gguf_path} is not there; run `zhiwen models pull` to get it.")
    silence_openvino()
    try:
        out_folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{out_folder.name}-", dir=out_folder.parent) as working:
            finished = Path(working) / "finished"
            finished.mkdir()
            _write(gguf_path, finished, say, bits)
            if out_folder.exists():
                shutil.rmtree(out_folder)
            finished.rename(out_folder)
    except OSError as cause:
        raise DataFolderBroken(f"The converted model cannot be written to {out_folder}: {cause}.") from cause
    return out_folder


def _write(gguf_path: Path, folder: Path, say: Callable[[str], None], bits: int) -> None:
    import openvino

    say("converting the model: reading its weights")
    weights = GgufWeights(gguf_path, bits)
    model = draw(weights.shape(), weights)
    say("converting the model: writing its weights")
    try:
        openvino.save_model(model, folder / "openvino_model.xml", compress_to_fp16=False)
    except RuntimeError as cause:
        raise DataFolderBroken(f"The converted model cannot be written to {folder.parent.parent}: {cause}") from cause
    say("converting the model: writing its tokenizer")
    _write_tokenizer(gguf_path, weights.header_bytes(), folder)
    about = {
        "format": FORMAT,
        "name": weights.text("general.name"),
        "context_tokens": int(weights.number("context_length")),
    }
    (folder / ABOUT).write_text(json.dumps(about), encoding="utf-8")


def _write_tokenizer(gguf_path: Path, header_bytes: int, folder: Path) -> None:
    """Let GenAI build its tokenizer from the file's header alone.

    Given the whole file, GenAI 2026.4 refuses weights that it cannot read (Q5_0), though no tokenizer needs them.
    """
    try:
        import openvino_genai
    except ImportError as cause:
        raise EngineUnavailable("The package openvino-genai is not installed; run `make install`.") from cause
    with gguf_path.open("rb") as file:
        header = bytearray(file.read(header_bytes))
    header[8:16] = struct.pack("<Q", 0)  # the number of tensors
    header += bytes(-len(header) % 64)
    stub = folder / "header.gguf"
    stub.write_bytes(header)
    try:
        apart(lambda: openvino_genai.Tokenizer(stub, enable_save_ov_model=True))
    except RuntimeError as cause:
        raise ModelCorrupt(f"The tokenizer in {gguf_path} cannot be used; choose another chat model.") from cause
    stub.unlink()
