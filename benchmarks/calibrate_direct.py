"""Choose when a stored answer is given directly: on one half of the queries, told of on the other.

`python -m benchmarks.calibrate_direct REPORT...` reads what `zhiwen eval faq --json` wrote. Of the settings that give
no false answer on the first half it prints the one with the most right answers, and what it does on the second.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Record = dict[str, Any]
GRID = ((0.4, 0.45, 0.5, 0.55, 0.6), (0.85, 0.9, 0.95, 1.0, 1.05, 1.1), (0.1, 0.2, 0.3, 0.4))


def outcome(records: Sequence[Record], near: float, both: float, clear: float) -> dict[str, Any]:
    """Return how many answers are given, rightly and wrongly."""
    given = [
        one
        for one in records
        if not one["contradiction"]
        and one["near"] >= near
        and one["near"] + one["answers"] >= both
        and one["clear"] >= clear
    ]
    right = sum(one["right"] for one in given)
    match = sum(one["expect"] == "match" for one in records)
    return {"right": right, "of": match, "wrong": len(given) - right, "none": len(records) - match}


def main() -> None:
    reports = [json.loads(Path(name).read_text(encoding="utf-8"))["records"] for name in sys.argv[1:]]
    halves = [
        [one for records in reports for one in sorted(records, key=lambda r: r["id"])[start::2]] for start in (0, 1)
    ]
    chosen = max(
        itertools.product(*GRID),
        key=lambda setting: (-outcome(halves[0], *setting)["wrong"], outcome(halves[0], *setting)["right"], *setting),
    )
    print(dict(zip(("near", "both", "clear"), chosen, strict=True)))
    for name, half in zip(("chosen on", "held out"), halves, strict=True):
        print(name, outcome(half, *chosen))


if __name__ == "__main__":
    main()
