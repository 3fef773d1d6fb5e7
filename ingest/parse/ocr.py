"""Text recognition by RapidOCR, whose models come in its package: Chinese and English, no network.

Optional (extra `ocr`); imported only when a picture is met.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cache
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from ingest.parse.source import Line, Recogniser

_THREADS = 2


class RapidRecogniser:
    """Keeps `Recogniser`."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    def lines(self, picture: bytes) -> Sequence[Line]:
        with Image.open(BytesIO(picture)) as image:
            # RapidOCR expects the channel order of OpenCV.
            pixels = np.asarray(image.convert("RGB"))[:, :, ::-1].copy()
        result = self._engine(pixels)
        if result.txts is None or result.boxes is None:
            return []
        return [
            Line(
                str(text),
                float(min(point[0] for point in box)),
                float(min(point[1] for point in box)),
                float(max(point[0] for point in box)),
                float(max(point[1] for point in box)),
                float(score),
            )
            for text, box, score in zip(result.txts, result.boxes, result.scores, strict=True)
        ]


@cache
def recogniser() -> Recogniser:
    """Load the engine once per process."""
    from rapidocr import RapidOCR

    logging.getLogger("RapidOCR").setLevel(logging.ERROR)
    return RapidRecogniser(
        RapidOCR(params={"Global.log_level": "error", "EngineConfig.onnxruntime.intra_op_num_threads": _THREADS})
    )
