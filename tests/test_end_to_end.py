"""The product as a person meets it: started, asked in a browser, killed, started again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from app.beside import ledger_of
from app.settings import DataSettings, Settings
from ingest.progress import progress
from tests.service import Service, free_port, running

pytestmark = pytest.mark.slow
CHROMIUM = "/usr/bin/chromium"
SETTINGS = {"ZHIWEN_CHAT__ENGINE": "extractive"}
SOON = 60_000


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900}).new_page()
        page.set_default_timeout(SOON)
        yield page
        browser.close()


def log_in(page: Page, service: Service, password: str) -> None:
    page.goto(service.address)
    page.locator("input[name=username], input[name=name]").first.fill("admin")
    page.locator("input[type=password]").fill(password)
    page.locator("button[type=submit]").click()


def ask(page: Page, question: str) -> None:
    page.locator("textarea").first.fill(question)
    page.keyboard.press("Enter")


def documents_ready(folder: Path, count: int) -> None:
    """Wait until so many documents answer, as `zhiwen ingest --status` counts them beside a running service."""
    deadline = time.monotonic() + 120
    with ledger_of(Settings(data=DataSettings(folder=folder / "data"))) as ledger:
        while (states := progress(ledger).states).get("ready") != count or sum(states.values()) != count:
            assert time.monotonic() < deadline, f"{count} documents were expected: {states}"
            time.sleep(0.3)


@pytest.mark.timeout(600)
def test_from_the_first_start_to_a_cited_answer_a_kill_and_a_second_start(tmp_path: Path, page: Page) -> None:
    settings = SETTINGS | {"ZHIWEN_WEB__PORT": free_port()}
    with running(tmp_path, settings) as service:
        password = service.password
        documents_ready(tmp_path, 18)
        log_in(page, service, password)
        ask(page, "年休假没休完可以结转到什么时候？")
        page.get_by_text("3月31日").first.wait_for()
        page.locator("mark", has_text="3月31日").first.wait_for()
        # A document dropped into the folder is found within seconds, and gone when it is deleted.
        dropped = tmp_path / "data" / "knowledge" / "食堂管理规定.md"
        dropped.write_text("# 食堂管理规定\n\n员工食堂的早餐时间为七点二十分至八点四十分。", encoding="utf-8")
        documents_ready(tmp_path, 19)
        ask(page, "员工食堂的早餐时间是几点？")
        page.get_by_text("七点二十分").first.wait_for()
        dropped.unlink()
        documents_ready(tmp_path, 18)
        service.kill()
    with running(tmp_path, settings) as service:
        assert not service.password, "the first password is printed once"
        assert " MB" not in service.log.read_text(encoding="utf-8"), "nothing is fetched again"
        # The session outlives the kill: no log-in is asked for.
        page.goto(service.address)
        ask(page, "年休假没休完可以结转到什么时候？")
        page.locator("mark", has_text="3月31日").first.wait_for()
