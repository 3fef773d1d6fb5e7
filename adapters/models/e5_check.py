"""Check a converted network and tokenizer by two texts whose answers are known.

The numbers come from the same weights run in plain 32-bit arithmetic (no int8), so a right conversion differs a little.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from adapters.errors import ModelCorrupt
from adapters.models.e5_convert import NETWORK_FILE, TOKENIZER_FILE

_tolerance = 0.02
_known = (
    (
        "query: 年假有几天？",
        [0, 41, 1294, 12, 6, 470, 14654, 465, 66403, 32, 2],
        [0.076, 0.006, -0.005, -0.021, 0.083, -0.034, 0.004, 0.010, 0.095, 0.002, 0.033, -0.018],
    ),
    (
        "passage: Employees have fifteen days of paid leave a year.",
        [0, 46692, 12, 31678, 365, 1033, 90, 765, 809, 18266, 33, 13312, 111, 72090, 31358, 10, 6602, 5, 2],
        [0.030, 0.022, -0.028, -0.058, 0.090, -0.016, -0.043, 0.005, 0.081, 0.046, 0.058, 0.037],
    ),
)


def check(folder: Path) -> None:
    """Raise ModelCorrupt unless both texts are cut into the known tokens and get nearly the known vectors."""
    import onnxruntime
    import sentencepiece

    tokenizer = sentencepiece.SentencePieceProcessor(model_file=str(folder / TOKENIZER_FILE))
    session = onnxruntime.InferenceSession(str(folder / NETWORK_FILE), providers=["CPUExecutionProvider"])
    for text, tokens, start in _known:
        ids = [0, *tokenizer.encode(text), 2]
        (vectors,) = session.run(None, {"input_ids": np.array([ids], np.int64)})
        if ids != tokens or np.abs(vectors[0, : len(start)] - start).max() > _tolerance:
            raise ModelCorrupt(
                f"The embedding model in {folder} was converted wrongly. "
                "Check that onnx, onnxruntime and sentencepiece have this release's versions, then fetch it again."
            )
