"""Rights taken away count within five seconds in the running service, whether of a document or of a person."""

from __future__ import annotations

import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

import httpx
import pytest

from tests.service import ROOT, ZHIWEN, environment, free_port, running

WITHIN = 5.0


@pytest.mark.slow
def test_rights_taken_away_count_within_five_seconds(tmp_path: Path) -> None:
    settings = {
        "ZHIWEN_EMBEDDING__ENGINE": "fake",
        "ZHIWEN_CHAT__ENGINE": "fake",
        "ZHIWEN_KNOWLEDGE__SAMPLE": "false",
        "ZHIWEN_WEB__PORT": free_port(),
    }
    folder = tmp_path / "data" / "knowledge"
    for name, readers in (("hr", "group:hr"), ("open", "public")):
        (folder / name).mkdir(parents=True)
        (folder / name / "rule.txt").write_text(f"The {name} allowance is 4711 yuan.", encoding="utf-8")
        (folder / name / ".zhiwen.toml").write_text(f'readers = ["{readers}"]', encoding="utf-8")
    with ExitStack() as open_things:
        service = open_things.enter_context(running(tmp_path, settings))
        password = _added(tmp_path, settings)
        client = open_things.enter_context(httpx.Client(base_url=service.address))
        assert client.post("/login", data={"name": "ann", "password": password}).status_code == 303
        hr, open_ = (_document(tmp_path, name) for name in ("hr", "open"))

        def status(id: str) -> int:
            return client.get(f"/documents/{id}/1/view?start=0&end=5").status_code

        assert (status(hr), status(open_)) == (200, 200)
        # A person leaves a group: nothing is waited for, groups are read with every request.
        _zhiwen(tmp_path, settings, "users", "groups", "ann")
        assert (status(hr), status(open_)) == (404, 200)
        _zhiwen(tmp_path, settings, "users", "groups", "ann", "--group", "hr")
        assert status(hr) == 200
        # A folder closes.
        (folder / "open" / ".zhiwen.toml").write_text('readers = ["group:board"]', encoding="utf-8")
        _until(lambda: status(open_) == 404)
        (folder / "hr" / ".zhiwen.toml").write_text('[documents]\n"rule.*" = []\n', encoding="utf-8")
        _until(lambda: status(hr) == 404)
        health = client.get("/health").json()
        assert health["documents"]["stored"] == 0 and health["chunks"] == 0


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN
    while not holds():
        assert time.monotonic() < deadline, f"not within {WITHIN:.0f} s"
        time.sleep(0.1)


def _added(folder: Path, settings: dict[str, str]) -> str:
    """Add ann to the group hr and return her password."""
    said = _zhiwen(folder, settings, "users", "add", "ann", "--group", "hr")
    return said.split("/", 1)[1].split("(")[0].strip()


def _zhiwen(folder: Path, settings: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        [*ZHIWEN, *words],
        cwd=ROOT,
        env=environment(folder, **settings),
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.stdout


def _document(folder: Path, name: str) -> str:
    """Wait until the document answers and return its id."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with closing(sqlite3.connect(folder / "data" / "zhiwen.db")) as store:
            row = store.execute(
                "SELECT id FROM documents WHERE path LIKE ? AND state = 'ready'", (f"{name}/%",)
            ).fetchone()
        if row:
            return str(row[0])
        time.sleep(0.2)
    raise AssertionError(f"{name} was not taken in")
