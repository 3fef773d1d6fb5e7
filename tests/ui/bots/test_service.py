"""Bots come and go with the settings, none keeps another from running, and addresses in messages are not trusted."""

import asyncio
from dataclasses import replace

import pytest

from tests.platforms import dingtalk
from tests.platforms.bots import account
from tests.platforms.fake import until
from tests.ui.bots.parts import stores
from tests.ui.web.fake_product import YEARLY, FakeProduct
from ui.bots.accounts import secrets_in
from ui.bots.api import allowed
from ui.bots.bucket import Bucket
from ui.bots.options import Options
from ui.bots.service import Bots


@pytest.fixture
def fake():
    with dingtalk.DingTalk() as started:
        yield started


@pytest.fixture
def kept(tmp_path):
    made = stores(tmp_path)
    yield made
    made.engine.dispose()


@pytest.fixture
def service(kept, tmp_path):
    """A service whose settings are the list `wanted`."""
    wanted = []
    options = Options(interval=0.02)
    bots = Bots(
        lambda: list(wanted), FakeProduct(0.02), kept.inbox, kept.directory, options, tmp_path / "bots", look_every=0.05
    )
    bots.wanted = wanted
    bots.start()
    yield bots
    bots.stop()


def state(bots, name):
    return bots.states().get(name, {}).get("state")


def test_bots_start_and_stop_with_the_settings_without_a_restart(service, fake, tmp_path):
    one = account("dingtalk", fake)
    service.wanted.append(one)
    until(lambda: state(service, "kb") == "connected")
    (tmp_path / "bots" / "kb.stopped").touch()
    until(lambda: "kb" not in service.states() and not fake.sockets)
    (tmp_path / "bots" / "kb.stopped").unlink()
    until(lambda: state(service, "kb") == "connected")
    service.wanted.clear()
    until(lambda: "kb" not in service.states())


def test_a_bot_without_secrets_says_so_and_holds_up_no_other(service, fake):
    good = account("dingtalk", fake)
    service.wanted += [replace(good, name="bad", secrets={}), good]
    until(lambda: state(service, "kb") == "connected")
    assert state(service, "bad") == "refused" and "ZHIWEN_BOT_BAD_APP_KEY" in service.states()["bad"]["detail"]
    service.wanted[0] = replace(good, name="bad")
    until(lambda: state(service, "bad") == "connected")


def test_a_bot_that_is_opened_anew_goes_on_with_the_answer_under_way(service, fake):
    one = account("dingtalk", fake)
    service.wanted.append(one)
    fake.say(YEARLY)
    until(lambda: fake.shown)
    service.wanted[0] = replace(one, hosts=("changed.example",))
    until(lambda: any("来源" in shown.text for shown in fake.finals()))
    assert len(fake.shown) == 1


def test_a_connection_that_is_announced_to_end_is_replaced_before_it_does(service, fake):
    service.wanted.append(account("dingtalk", fake))
    until(lambda: fake.sockets)
    old = list(fake.sockets)
    fake.farewell()
    until(lambda: fake.connects == 2)
    assert old[0].state.name == "OPEN"
    fake.say(YEARLY)
    until(lambda: any("来源" in shown.text for shown in fake.finals()))


def test_a_defect_in_the_store_does_not_silence_a_bot(service, fake, kept, monkeypatch, caplog):
    service.wanted.append(account("dingtalk", fake))
    until(lambda: fake.sockets)
    real, failures = kept.inbox.claim, [OSError("disk full"), RuntimeError("locked")]

    def failing(incoming):
        if failures:
            raise failures.pop()
        return real(incoming)

    monkeypatch.setattr(kept.inbox, "claim", failing)
    fake.ack_within = 0.1
    fake.say(YEARLY)
    until(lambda: any("来源" in shown.text for shown in fake.finals()), 20)
    assert len(fake.shown) == 1 and failures == []
    caplog.clear()


@pytest.mark.parametrize(
    ("address", "may"),
    [
        ("https://oapi.dingtalk.com/robot/sendBySession?session=x", True),
        ("http://oapi.dingtalk.com/robot", False),
        ("https://dingtalk.com.evil.example/", False),
        ("https://evil.example/?.dingtalk.com", False),
        ("https://oapi.dingtalk.com@evil.example/", False),
        ("https://oapi.dingtalk.com:8443/", False),
        ("http://169.254.169.254/latest/meta-data", False),
        ("file:///etc/passwd", False),
        ("https://[broken", False),
        ("", False),
        ("http://127.0.0.1:8080/x", True),
        ("http://127.0.0.1:8081/x", False),
    ],
)
def test_only_known_hosts_are_called(address, may):
    assert allowed(address, ("*.dingtalk.com", "http://127.0.0.1:8080")) is may


def test_secrets_are_read_from_a_protected_file_only(tmp_path):
    path = tmp_path / "kb.toml"
    assert secrets_in(path) == {}
    path.write_text('secret = "s"', encoding="utf-8")
    path.chmod(0o600)
    assert secrets_in(path) == {"secret": "s"}


def test_passing_updates_leave_tokens_for_final_ones():
    now = 0.0

    async def pass_time(seconds):
        nonlocal now
        now += seconds

    bucket = Bucket(rate=2, burst=4, kept=2, clock=lambda: now, sleep=pass_time)
    assert [bucket.try_take() for _ in range(4)] == [True, True, False, False]

    async def finals():
        for _ in range(4):
            await bucket.take()

    asyncio.run(finals())
    assert now == 1.0  # two at once, two more at two a second
    bucket.pause(3)
    assert not bucket.try_take()
    asyncio.run(bucket.take())
    assert now == pytest.approx(4.0)
