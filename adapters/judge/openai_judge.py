"""A guard model behind any OpenAI-compatible server (vLLM, SGLang, llama-server). Knows no policy.

Two ways of asking: "qwen3guard" sends the text alone and reads `Safety: ...` and `Categories: ...`, as that family
answers (QwenLM/Qwen3Guard, README); "chat" asks any chat model for one of three labels.
"""

from __future__ import annotations

import re
from typing import Any, Literal

import httpx

from adapters.errors import EngineUnavailable
from adapters.records import Label, Opinion

Style = Literal["qwen3guard", "chat"]
ASK = (
    "You judge requests sent to a company's assistant. A request is Unsafe if answering it would help someone break "
    "the law, hurt people or animals, deceive, steal, spy on others, spread hate, discrimination or rumours, or would "
    "produce sexual content. It is Controversial if that depends on the reader. Questions about laws, rules, "
    "prevention, history or technical terms are Safe. Answer with one word: Safe, Controversial or Unsafe."
)
_safety = re.compile(r"safety\s*:\s*(safe|controversial|unsafe)", re.IGNORECASE)
_categories = re.compile(r"categories\s*:\s*([^\n]+)", re.IGNORECASE)
_word = re.compile(r"\b(unsafe|controversial|safe)\b", re.IGNORECASE)


class OpenAiJudge:
    """Asks one model; `seconds` bounds the whole request. `address` is the server's `/v1`."""

    def __init__(
        self,
        address: str,
        model: str,
        style: Style = "qwen3guard",
        key: str = "",
        seconds: float = 5.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.name = model
        self._address, self._style = address.rstrip("/"), style
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.Client(timeout=seconds, headers=headers, transport=transport, follow_redirects=False)

    def judge(self, text: str) -> Opinion:
        """Return what the model says. Raises EngineUnavailable when it does not answer, or answers something else."""
        asked = [{"role": "user", "content": text}]
        if self._style == "chat":
            asked.insert(0, {"role": "system", "content": ASK})
        body = {"model": self.name, "messages": asked, "temperature": 0, "max_tokens": 64}
        try:
            answer = self._client.post(f"{self._address}/chat/completions", json=body)
            answer.raise_for_status()
            said: Any = answer.json()["choices"][0]["message"]["content"]
        except (httpx.HTTPError, ValueError, KeyError, IndexError, TypeError) as cause:
            raise EngineUnavailable(
                f"The guard model {self.name} did not answer ({type(cause).__name__}); check moderation.judge_address."
            ) from cause
        return opinion(str(said))

    def close(self) -> None:
        """Give back the connections."""
        self._client.close()


def opinion(said: str) -> Opinion:
    """Read a label, and categories where there are any. Raises EngineUnavailable when there is no label."""
    found = _safety.search(said) or _word.search(said)
    if found is None:
        raise EngineUnavailable(f"The guard model answered {said[:80]!r} instead of a label; check its style.")
    labels: dict[str, Label] = {"safe": "safe", "controversial": "controversial", "unsafe": "unsafe"}
    named = _categories.search(said)
    categories = tuple(part.strip() for part in named.group(1).split(",")) if named else ()
    return Opinion(labels[found.group(1).lower()], tuple(part for part in categories if part.lower() != "none"))
