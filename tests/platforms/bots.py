"""The bots' service in front of a fake platform, for tests that talk to it as a person would."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.platforms import dingtalk, feishu, slack, wecom
from tests.platforms.fake import Fake
from tests.ui.bots.parts import Stores
from tests.ui.web.fake_product import FakeProduct
from ui.bots.options import Options
from ui.bots.service import Bots
from ui.bots.wire import Account

FAKES: dict[str, type[Fake]] = {
    "dingtalk": dingtalk.DingTalk,
    "feishu": feishu.Feishu,
    "wecom": wecom.WeCom,
    "slack": slack.Slack,
}
SECRETS = {
    "dingtalk": {"app_key": dingtalk.KEY, "app_secret": dingtalk.SECRET},
    "feishu": {"app_id": feishu.APP, "app_secret": feishu.SECRET},
    "wecom": {"bot_id": wecom.BOT, "secret": wecom.SECRET},
    "slack": {"bot_token": slack.BOT_TOKEN, "app_token": slack.APP_TOKEN},
}


def account(platform: str, fake: Fake, **changes: Any) -> Account:
    base = fake.address if platform == "wecom" else fake.base
    values = {"dingtalk": {"robot_code": dingtalk.ROBOT}, "wecom": {"corp_id": "corp"}}.get(platform, {})
    made = {"name": "kb", "platform": platform, "mode": "stream", "secrets": SECRETS[platform]}
    return Account(**(made | {"values": values, "base": base} | changes))


@contextmanager
def running(platform: str, fake: Fake, kept: Stores, product: Any = None, **options: Any) -> Iterator[Bots]:
    """Run one bot against the fake until the block ends."""
    chosen = Options(**({"interval": 0.02, "page": "https://kb.example.com"} | options))
    one = account(platform, fake)
    bots = Bots(lambda: [one], product or FakeProduct(), kept.inbox, kept.directory, chosen, look_every=0.1)
    bots.start()
    try:
        yield bots
    finally:
        bots.stop()
