"""A model's process whose engine does what the question tells it to: the crashes of tests, in a real process.

The last message is a script: "say a b c" gives the words one a step, "die" kills the process, "die once FILE" only when
FILE is not there yet, "hang" never ends a step, "endless" never ends, "refuse" raises.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adapters.chat.batch import Asked, Heard
from adapters.chat.worker import main
from adapters.errors import BadInput, ModelCorrupt, TooLong


class Scripted:
    name = "scripted"
    context_tokens = 100

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = settings
        self._chats: dict[int, list[str]] = {}
        self._adapters: dict[str, str] = {}

    def load(self) -> None:
        if failing := self._settings.get("fails_while_there"):
            count = Path(failing)
            if count.exists():
                raise ModelCorrupt("the weights are broken; pull them again")

    def busy(self) -> bool:
        return bool(self._chats)

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    def begin(self, asked: Asked) -> None:
        script = asked.messages[-1].text.split()
        if script[0] == "refuse":
            raise TooLong("too long for the script")
        if asked.adapter is not None:
            if asked.adapter not in self._adapters:
                raise BadInput(f"There is no adapter {asked.adapter!r}.")
            script.insert(1, self._adapters[asked.adapter])
        self._chats[asked.id] = script

    def cancel(self, id: int) -> None:
        self._chats.pop(id, None)

    def step(self) -> list[Heard]:
        heard: list[Heard] = []
        for id, script in list(self._chats.items()):
            match script:
                case ["die"]:
                    os.kill(os.getpid(), signal.SIGKILL)
                case ["die", "once", file] if not Path(file).exists():
                    Path(file).touch()
                    os.kill(os.getpid(), signal.SIGKILL)
                case ["die", "once", _]:
                    script[:] = ["say", "alive"]
                case ["hang"]:
                    time.sleep(3600)
                case ["endless"]:
                    heard.append(Heard(id, "on "))
                    time.sleep(0.001)
                case ["say", "die", *_]:
                    os.kill(os.getpid(), signal.SIGKILL)
                case ["say", word, *rest]:
                    heard.append(Heard(id, word + " "))
                    script[:] = ["say", *rest]
                case _:
                    heard.append(Heard(id, ended=True, usage={"answer": 1}))
                    del self._chats[id]
        return heard

    def attach(self, name: str, path: Path) -> dict[str, Any]:
        if path.name == "bad":
            raise BadInput("it does not fit")
        self._adapters[name] = path.name
        return {"name": name}

    def detach(self, name: str) -> None:
        self._adapters.pop(name, None)


if __name__ == "__main__":
    main(Scripted)
