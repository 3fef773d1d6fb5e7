"""Photograph a running page: log in, ask in Chinese, open the first source. `screenshots.py URL USER PASSWORD OUTDIR`.

Writes answer-light.png, answer-dark.png, phone.png, phone-source.png, english.png, refusal.png, documents.png,
welcome.png, login.png and view.png. Needs playwright (dev extra) and the system's Chromium.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1440, "height": 900}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("user")
    parser.add_argument("password")
    parser.add_argument("outdir", type=Path)
    parser.add_argument("--question", default="年假可以结转到次年吗？")
    parser.add_argument("--unanswerable", default="公司的股票代码是多少？")
    parser.add_argument("--english", default="What should I do about VPN error 809?")
    parser.add_argument("--seconds", type=float, default=180, help="how long an answer may take")
    wanted = parser.parse_args()
    wanted.outdir.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_context(viewport=DESKTOP, locale="zh-CN", device_scale_factor=1).new_page()
        page.set_default_timeout(wanted.seconds * 1000)
        photograph(page, wanted)
        browser.close()


def photograph(page: Page, wanted: argparse.Namespace) -> None:
    def shot(name: str) -> None:
        page.wait_for_timeout(400)  # transitions
        page.screenshot(path=wanted.outdir / f"{name}.png")
        print(wanted.outdir / f"{name}.png")

    page.goto(wanted.url)
    shot("login")
    page.fill("#name", wanted.user)
    page.fill("#password", wanted.password)
    page.click("button[type=submit]")
    page.wait_for_selector(".zw-welcome")
    shot("welcome")

    ask(page, wanted.question)
    page.locator("#zw-chat a[href*='/documents/']").first.click()
    page.wait_for_selector("#zw-panel mark")
    shot("answer-light")
    page.click("[data-theme-switch]")
    shot("answer-dark")
    page.click("[data-theme-switch]")

    page.set_viewport_size(PHONE)
    page.keyboard.press("Escape")
    shot("phone")
    page.locator("#zw-chat a[href*='/documents/']").first.click()
    shot("phone-source")
    page.keyboard.press("Escape")
    page.set_viewport_size(DESKTOP)

    page.click("#zw-new")
    page.wait_for_selector(".zw-welcome")
    ask(page, wanted.unanswerable)
    shot("refusal")

    page.click("[data-view=documents]")
    page.wait_for_selector("#zw-table table")
    shot("documents")
    page.click("[data-view=chat]")

    page.click("[data-language]")
    page.wait_for_selector("[data-language=zh]")
    page.click("#zw-new")
    page.wait_for_selector(".zw-welcome")
    ask(page, wanted.english)
    shot("english")

    with page.expect_popup() as opened:
        page.locator("#zw-panel .zw-links a").first.click()
    view = opened.value
    view.wait_for_load_state()
    view.screenshot(path=wanted.outdir / "view.png")


def ask(page: Page, question: str) -> None:
    """Send a question and wait until its answer is over: the box sends again."""
    page.fill("#zw-box textarea", question)
    page.keyboard.press("Enter")
    page.wait_for_selector("#zw-box .stop-button")
    page.wait_for_selector("#zw-box .submit-button")


if __name__ == "__main__":
    main()
