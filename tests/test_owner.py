"""A knowledge owner's afternoon in a real browser: send a file, correct a passage, ask, disable it, ask again."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.service import ZHIWEN, Service, environment, free_port, running

pytestmark = pytest.mark.slow
CHROMIUM = "/usr/bin/chromium"
SOON = 60_000
FILE = """# 值班津贴办法

## 第一章 总则

第一条 本办法适用于全体值班人员，由人力资源部负责解释，自发布之日起执行。

## 第二章 标准

第二条 夜间值班津贴为每晚 120 元，节假日夜间值班津贴为每晚 240 元，次月随工资发放。

## 第三章 登记

第三条 值班人员应当在值班本上登记到岗和离岗时间，部门负责人每周核对一次登记内容。
"""
DROP = """([name, text]) => {
  const held = new DataTransfer();
  held.items.add(new File([text], name, {type: "text/markdown"}));
  const zone = document.querySelector("[data-drop]");
  for (const kind of ["dragenter", "dragover", "drop"])
    zone.dispatchEvent(new DragEvent(kind, {bubbles: true, cancelable: true, dataTransfer: held}));
}"""


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900}).new_page()
        page.set_default_timeout(SOON)
        expect.set_options(timeout=SOON)
        yield page
        browser.close()


def owner_of(folder: Path, settings: dict[str, str]) -> str:
    """Add a knowledge owner beside the running service; return the password."""
    command = [*ZHIWEN, "users", "add", "zhao.min", "--role", "owner", "--json"]
    done = subprocess.run(
        command, cwd=folder, env=environment(folder, **settings), check=True, capture_output=True, text=True
    )
    return str(json.loads(done.stdout)["password"])


def ask(page: Page, service: Service, question: str) -> str:
    """Ask on the asking page and return what was answered."""
    page.goto(service.address)
    page.wait_for_function("document.documentElement.classList.contains('zw-ready')")
    page.locator("#zw-box textarea").fill(question)
    page.keyboard.press("Enter")
    page.locator("#zw-chat a[href='#copy'], #zw-chat a[href='#nothing-found']").first.wait_for()
    return page.locator("#zw-chat").inner_text() + page.locator("#zw-panel").inner_text()


def open_document(page: Page, service: Service) -> None:
    page.goto(f"{service.address}/manage/documents/")
    page.locator(".zw-own-name a").first.click()
    page.locator(".zw-own-chunk").first.wait_for()


@pytest.mark.timeout(600)
def test_an_owner_sends_a_file_corrects_it_and_takes_a_passage_out(tmp_path: Path, page: Page) -> None:
    settings = {
        "ZHIWEN_CHAT__ENGINE": "extractive",
        "ZHIWEN_KNOWLEDGE__SAMPLE": "false",
        "ZHIWEN_WEB__PORT": free_port(),
    }
    with running(tmp_path, settings) as service:
        # 1) Log in, and send a file by dropping it on the page.
        page.goto(f"{service.address}/manage/documents/")
        page.locator("input[name=name]").fill("zhao.min")
        page.locator("input[name=password]").fill(owner_of(tmp_path, settings))
        page.locator("button[type=submit]").click()
        page.locator("[data-drop]").wait_for()
        page.evaluate(DROP, ["run.exe", "MZ"])
        expect(page.locator("[data-sent] li").first).to_contain_text("不支持这种文件")
        page.evaluate(DROP, ["值班津贴办法.md", FILE])
        expect(page.locator("[data-sent] li[data-kind=ready]")).to_contain_text("可用")
        expect(page.locator(".zw-own-agree")).to_contain_text("1 个文件 = 1 份文档，0 个孤立")
        # 2) Open it and correct the passage with the figures.
        page.locator("[data-sent] a").click()
        passage = page.locator(".zw-own-chunk", has_text="每晚 120 元")
        passage.locator("[data-edit=open]").click()
        box = passage.locator("textarea")
        box.fill(box.input_value().replace("每晚 120 元", "每晚 180 元"))
        passage.locator("[data-act=save]").click()
        corrected = page.locator(".zw-own-corrected")
        expect(corrected).to_contain_text("每晚 180 元")
        expect(corrected).to_contain_text("zhao.min")
        expect(page.frame_locator("[data-original]").locator("mark")).to_contain_text("每晚 180 元")
        # 3) The corrected words are what is cited, and are said to be corrected.
        said = ask(page, service, "夜间值班津贴每晚多少元？")
        assert "180 元" in said and "120 元" not in said
        assert "由 zhao.min 于" in said
        # 4) Disabled, nothing finds them.
        open_document(page, service)
        page.locator(".zw-own-corrected [data-act=disable]").click()
        expect(page.locator(".zw-own-disabled")).to_contain_text("每晚 180 元")
        said = ask(page, service, "夜间值班津贴每晚多少元？")
        assert "180 元" not in said and "120 元" not in said
    command = [*ZHIWEN, "doctor", "--json"]
    report = subprocess.run(
        command, cwd=tmp_path, env=environment(tmp_path, **settings), capture_output=True, text=True
    )
    assert json.loads(report.stdout)["healthy"], report.stdout
