"""How surprised a chat model is by ordinary text in Chinese and English: exp of the mean negative log likelihood.

On short texts it ranks forms of one model and nothing else (a lower figure of another model means little).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from adapters.errors import EngineUnavailable, ModelCorrupt
from adapters.openvino_quiet import apart, silence_openvino

TEXTS: Mapping[str, str] = {
    "en": (
        "Employees who travel within the country may spend up to 120 euros per night on a hotel; in the two largest "
        "cities the limit is 160 euros. Trains are booked in second class, and first class is allowed for journeys of "
        "more than four hours. Expense reports are handed in within thirty days after the trip, with all receipts. "
        "Reports handed in later need the written approval of the head of finance before they are paid. A lost laptop "
        "is reported to the service desk within four hours, at any time of day."
    ),
    "zh": (
        "员工在国内出差，住宿标准为每晚不超过四百五十元；北京、上海、深圳三地每晚不超过六百元。火车票按二等座报销，"
        "行程超过四小时的可以乘坐一等座。出差结束后三十天内须提交报销单，并附上全部发票。逾期提交的报销单，须经财务"
        "负责人书面批准后方可支付。笔记本电脑或手机丢失后，须在四小时内向服务台报告，任何时间都可以报告。"
    ),
}


def of_openvino(folder: Path, texts: Mapping[str, str] = TEXTS, threads: int = 2) -> dict[str, float]:
    """Return the perplexity by language of a converted folder. Raises ModelCorrupt, EngineUnavailable."""
    silence_openvino()
    try:
        import openvino
        import openvino_genai
    except ImportError as cause:
        raise EngineUnavailable(f"The package {cause.name} is not installed; run `make install`.") from cause
    try:
        tokenizer = apart(lambda: openvino_genai.Tokenizer(folder))
        properties = {"INFERENCE_NUM_THREADS": threads}
        model = apart(lambda: openvino.Core().compile_model(folder / "openvino_model.xml", "CPU", properties))
        request = model.create_infer_request()
        found = {}
        for language, text in texts.items():
            ids = np.asarray(tokenizer.encode(text, add_special_tokens=False).input_ids.data, np.int64)
            request.reset_state()
            request.infer(
                {
                    "input_ids": ids,
                    "attention_mask": np.ones_like(ids),
                    "position_ids": np.arange(ids.shape[1], dtype=np.int64)[None],
                    "beam_idx": np.zeros(1, np.int32),
                }
            )
            found[language] = of_scores(request.get_tensor("logits").data[0], ids[0])
    except RuntimeError as cause:
        raise ModelCorrupt(f"The model in {folder} cannot be measured; delete it and convert it again.") from cause
    return found


def of_torch(model: Any, tokenizer: Any, texts: Mapping[str, str] = TEXTS) -> dict[str, float]:
    """Return the same of a transformers model."""
    import torch

    found = {}
    for language, text in texts.items():
        ids = tokenizer(text, return_tensors="pt", add_special_tokens=False)["input_ids"].to(model.device)
        with torch.inference_mode():
            scores = model(ids).logits[0].float().cpu().numpy()
        found[language] = of_scores(scores, ids[0].cpu().numpy())
    return found


def of_scores(scores: np.ndarray, ids: Sequence[int] | np.ndarray) -> float:
    """Return exp(-mean log p(next token)) from scores of shape (tokens, vocabulary)."""
    rows = np.asarray(scores[:-1], np.float64)
    rows = rows - rows.max(axis=1, keepdims=True)
    log_sums = np.log(np.exp(rows).sum(axis=1))
    chosen = rows[np.arange(len(rows)), np.asarray(ids[1:], np.int64)]
    return math.exp(float((log_sums - chosen).mean()))
