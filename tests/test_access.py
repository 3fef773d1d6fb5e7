"""Nobody sees, counts or infers what they may not read, on any surface, while rights change."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.bench_access import run


@pytest.mark.slow
def test_random_questions_while_rights_change_leak_nothing_and_lose_nothing(tmp_path: Path) -> None:
    report = run(tmp_path, questions=300, documents=60, seed=9)
    assert report["problems"] == [] and report["leaks"] == report["too_few"] == 0
    assert report["recall@10"] >= 0.95
    assert report["cache hits"] > 10 and report["counts"]["changes"] == 12
