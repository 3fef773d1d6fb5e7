"""Tries the prompt templates on the configured model: a few questions with known answers, and what changed since.

Prompts do not carry over between models: run it after changing the model, a template or an engine.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter

from adapters.errors import BadInput, DataFolderBroken
from adapters.ports import ChatModel
from adapters.records import Chunk, Language, Limits, Passage
from app.prompts import FOLDER, write_prompt

CASES = FOLDER / "cases.json"


class Case(BaseModel):
    """A question, its one passage, what the answer must hold (regular expressions) and what it must not."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    language: Language
    question: str
    title: str
    text: str
    expect: tuple[str, ...]
    forbid: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What the model said to one case; `before` is what it said in the run compared with, None when there is none."""

    name: str
    right: bool
    answer: str
    seconds: float
    before: str | None = None
    was_right: bool | None = None

    @property
    def changed(self) -> bool:
        return self.before is not None and self.before != self.answer


def read_cases(path: Path = CASES) -> list[Case]:
    """Raises BadInput when the file is not a list of cases."""
    try:
        return TypeAdapter(list[Case]).validate_json(path.read_bytes())
    except (OSError, ValueError) as cause:
        raise BadInput(f"{path} cannot be used as test cases: {cause}") from cause


def try_prompts(
    chat: ChatModel, cases: list[Case], before: dict[str, Outcome], say: Callable[[str], None] = lambda text: None
) -> list[Outcome]:
    """Ask every case and judge the answer; `before` are the outcomes of an earlier run by name."""
    outcomes = []
    for case in cases:
        say(case.name)
        prompt = write_prompt("answer", case.question, [_passage(case)], case.language, chat.count_tokens, 2_000)
        began = time.monotonic()
        answer = "".join(chat.stream(prompt, None, Limits(max_tokens=120))).strip()
        old = before.get(case.name)
        outcomes.append(
            Outcome(
                case.name,
                judged(case, answer),
                answer,
                round(time.monotonic() - began, 2),
                old.answer if old else None,
                old.right if old else None,
            )
        )
    return outcomes


def judged(case: Case, answer: str) -> bool:
    """True when the answer holds everything expected and nothing forbidden."""
    return all(re.search(wanted, answer, re.IGNORECASE) for wanted in case.expect) and not any(
        re.search(wrong, answer, re.IGNORECASE) for wrong in case.forbid
    )


def templates_hash() -> str:
    """Return a short name of the templates as they are, kept beside the answers."""
    texts = b"".join(path.read_bytes() for path in sorted(FOLDER.glob("*.txt")))
    return hashlib.sha256(texts).hexdigest()[:12]


def keep(path: Path, model: str, outcomes: list[Outcome]) -> None:
    """Write a run to be compared with later. Raises DataFolderBroken."""
    run = {"model": model, "templates": templates_hash(), "outcomes": [asdict(outcome) for outcome in outcomes]}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(run, ensure_ascii=False, indent=1), "utf-8")
    except OSError as cause:
        raise DataFolderBroken(f"{path} cannot be written: {cause}.") from cause


def kept(path: Path) -> dict[str, Outcome]:
    """Return the outcomes of a kept run by name, none when there is no readable one."""
    try:
        outcomes = json.loads(path.read_text("utf-8"))["outcomes"]
        return {one["name"]: Outcome(one["name"], one["right"], one["answer"], one["seconds"]) for one in outcomes}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _passage(case: Case) -> Passage:
    size = len(case.text)
    chunk = Chunk("case:1:0", "case", 0, case.text, case.text, 0, size, 0, size, case.language)
    return Passage(chunk, case.title, case.title, 1, 1.0, case.text)
