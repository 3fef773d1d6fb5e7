"""Bots from the command line: which there are, whether they are good, who is who."""

import json

import pytest

from tests.platforms import dingtalk
from tests.ui.test_cli import documents, run, zhiwen  # noqa: F401  fixtures

SETTINGS = """
[bots.accounts.hr]
platform = "dingtalk"
base = "{base}"
[bots.accounts.it]
platform = "slack"
mode = "webhook"
"""


@pytest.fixture
def fake():
    with dingtalk.DingTalk() as started:
        yield started


@pytest.fixture
def settings(fake, documents):  # noqa: F811
    path = documents.parent / "zhiwen.toml"
    path.write_text(SETTINGS.format(base=fake.base), encoding="utf-8")
    return path


def secrets(settings, mode=0o600, secret=dingtalk.SECRET):
    folder = settings.parent / "data" / "bots"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "hr.toml"
    path.write_text(f'app_key = "{dingtalk.KEY}"\napp_secret = "{secret}"\n', encoding="utf-8")
    path.chmod(mode)


def test_every_bot_is_listed_with_its_state(settings, zhiwen):  # noqa: F811
    code, said, _ = zhiwen("bots", "list", "--json")
    assert code == 0
    assert [(row["name"], row["platform"], row["state"]) for row in json.loads(said)] == [
        ("hr", "dingtalk", "off"),
        ("it", "slack", "off"),
    ]
    assert zhiwen("bots", "stop", "hr")[0] == 0
    assert json.loads(zhiwen("bots", "list", "--json")[1])[0]["state"] == "stopped"
    assert zhiwen("bots", "start", "hr")[0] == 0
    assert json.loads(zhiwen("bots", "list", "--json")[1])[0]["state"] == "off"
    code, _, problem = zhiwen("bots", "stop", "no-such")
    assert code == 2 and "bots list" in problem


def test_credentials_are_tried_and_a_missing_secret_names_its_place(settings, zhiwen, monkeypatch):  # noqa: F811
    code, _, problem = zhiwen("bots", "test", "hr")
    assert code == 2 and "ZHIWEN_BOT_HR_APP_KEY" in problem and "bots/hr.toml" in problem
    secrets(settings)
    code, said, _ = zhiwen("bots", "test", "hr")
    assert code == 0 and "accepts" in said
    monkeypatch.setenv("ZHIWEN_BOT_HR_APP_SECRET", "wrong")
    code, _, problem = zhiwen("bots", "test", "hr")
    assert code == 1 and "check app_key and app_secret" in problem


def test_secrets_that_others_can_read_are_refused(settings, zhiwen):  # noqa: F811
    secrets(settings, mode=0o644)
    code, _, problem = zhiwen("bots", "test", "hr")
    assert code == 2 and "chmod 600" in problem


def test_accounts_are_linked_to_people_one_by_one_and_by_table(settings, zhiwen):  # noqa: F811
    zhiwen("users", "add", "li.na")
    assert zhiwen("bots", "link", "dingtalk", "corp", "u1", "li.na")[0] == 0
    code, _, problem = zhiwen("bots", "link", "dingtalk", "corp", "u2", "nobody")
    assert code == 2 and "users list" in problem
    table = settings.parent / "people.csv"
    table.write_text("platform,tenant,account,user\nslack,T1,U9,li.na\n", encoding="utf-8")
    assert zhiwen("bots", "people", str(table))[0] == 0
    rows = json.loads(zhiwen("bots", "people", "--json")[1])
    assert [(row["platform"], row["account"], row["user"]) for row in rows] == [
        ("dingtalk", "u1", "li.na"),
        ("slack", "U9", "li.na"),
    ]
    assert zhiwen("bots", "unlink", "slack", "T1", "U9")[0] == 0
