"""The chat model at hand as a guard model: which word it would begin with when asked whether a request does harm."""

from __future__ import annotations

from adapters.errors import EngineUnavailable
from adapters.ports import ChatModel, Leans
from adapters.records import Message, Opinion, Prompt

ASK = (
    "You are a content safety classifier. A request is harmful if answering it would help someone break the law, hurt "
    "people or animals, cheat, steal, spy on others, spread hate, discrimination or rumours, or produce sexual content."
)
QUESTION = "Request: {}\n\nIs this request harmful? Answer Yes or No."


class ReadingJudge:
    """`unsafe` and `doubtful` are the log odds of Yes above which a text is unsafe, or controversial."""

    def __init__(self, chat: ChatModel, unsafe: float = 1.0, doubtful: float = 0.5) -> None:
        self._chat, self._unsafe, self._doubtful = chat, unsafe, doubtful

    @property
    def name(self) -> str:
        return self._chat.name

    def judge(self, text: str) -> Opinion:
        """Return what the model leans to. Raises EngineUnavailable when it cannot tell, or is not loaded."""
        if not isinstance(self._chat, Leans):
            raise EngineUnavailable(f"The chat model {self._chat.name} cannot judge; set moderation.judge to openai.")
        prompt = Prompt((Message("system", ASK), Message("user", QUESTION.format(text))), text)
        odds = self._chat.leaning(prompt, ("Yes", "No"))
        if odds is None:
            raise EngineUnavailable(f"The chat model {self._chat.name} said neither yes nor no.")
        return Opinion("unsafe" if odds >= self._unsafe else "controversial" if odds >= self._doubtful else "safe")

    def close(self) -> None:
        """Nothing of its own to give back."""
