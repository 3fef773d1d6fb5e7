"""The two long promises, in a bounded form; the full ones are in `benchmarks`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=280)


@pytest.mark.slow
def test_ten_kills_lose_double_and_orphan_nothing() -> None:
    done = bench("benchmarks.bench_kills", "--kills", "10", "--files", "60", "--longest", "3")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_every_change_is_searchable_within_ten_seconds_and_nothing_old_is_found() -> None:
    done = bench("benchmarks.bench_changes", "--changes", "300", "--singles", "16")
    assert done.returncode == 0, done.stdout + done.stderr
