"""Makes a smaller form of a chat model, measures what it lost, and refuses it when that is too much.

Knows how to go on after an interruption: every finished stage is noted in `<out>.stages.json` and not done again. How
weights are rounded and perplexity is measured comes in as functions; nothing here needs torch.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.errors import BadInput, DataFolderBroken

Say = Callable[[str], None]
Measures = Mapping[str, float]


@dataclass(frozen=True)
class Quantized:
    """`before` and `after` are perplexities by language and bytes on disk (`bytes`); `loss` is the worst growth."""

    folder: Path
    before: Measures
    after: Measures
    loss: float


def quantize(
    out: Path,
    make: Callable[[Path], None],
    measure_before: Callable[[], Measures],
    measure_after: Callable[[Path], Measures],
    most_loss: float,
    recipe: Mapping[str, Any],
    say: Say = lambda text: None,
) -> Quantized:
    """Return the finished model in `out`, doing only what an earlier run with the same recipe did not finish.

    `make` writes the model to the folder it is given. Perplexity may grow by `most_loss` (0.1: ten per cent) in each
    language; otherwise the result is deleted and BadInput says by how much it failed. Raises DataFolderBroken.
    """
    notes = _Stages(out.with_name(out.name + ".stages.json"), recipe)
    before = notes.once("before", measure_before, "measuring the model as it is", say)
    working = out.with_name(out.name + ".part")

    def write() -> Measures:
        shutil.rmtree(working, ignore_errors=True)
        make(working)
        return {"bytes": float(sum(path.stat().st_size for path in working.rglob("*") if path.is_file()))}

    if not working.is_dir():
        notes.forget("made", "after")
    made = notes.once("made", write, "quantizing", say)
    after = notes.once("after", lambda: {**measure_after(working), **made}, "measuring the result", say)
    languages = [name for name in before if name != "bytes"]
    loss = max(after[name] / before[name] - 1 for name in languages)
    if loss > most_loss:
        shutil.rmtree(working, ignore_errors=True)
        notes.forget("made", "after")
        figures = ", ".join(f"{name} {before[name]:.1f} -> {after[name]:.1f}" for name in languages)
        raise BadInput(
            f"The quantized model is {loss:.0%} worse in perplexity ({figures}), more than the {most_loss:.0%} "
            "allowed; it is not kept. Use 8 bits, another method or more calibration text, or allow more by "
            "--most-loss."
        )
    try:
        if out.exists():
            shutil.rmtree(out)
        working.rename(out)
    except OSError as cause:
        raise DataFolderBroken(f"{out} cannot be written: {cause}.") from cause
    notes.path.unlink(missing_ok=True)
    return Quantized(out, before, after, loss)


class _Stages:
    """What is finished, kept beside the result; another recipe begins anew."""

    def __init__(self, path: Path, recipe: Mapping[str, Any]) -> None:
        self.path = path
        self._recipe = json.loads(json.dumps(recipe, default=str))
        self._done: dict[str, dict[str, float]] = {}
        try:
            read = json.loads(path.read_text("utf-8"))
            if read["recipe"] == self._recipe:
                self._done = read["done"]
        except (OSError, ValueError, KeyError, TypeError):
            pass

    def once(self, stage: str, work: Callable[[], Measures], text: str, say: Say) -> dict[str, float]:
        if stage in self._done:
            say(f"{text}: done before")
            return self._done[stage]
        say(text)
        self._done[stage] = dict(work())
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_text(json.dumps({"recipe": self._recipe, "done": self._done}), "utf-8")
        except OSError as cause:
            raise DataFolderBroken(f"{self.path} cannot be written: {cause}.") from cause
        return self._done[stage]

    def forget(self, *stages: str) -> None:
        for stage in stages:
            self._done.pop(stage, None)
