"""Log-ins, keys and administrators' acts on a real store."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from adapters.errors import BadInput, NotAllowed
from adapters.records import Asker, Vouched
from adapters.rights import ROLES, RULES, SCOPES, Target, authorize
from adapters.stores.accounts import Accounts
from adapters.stores.acts import Acts
from adapters.stores.api_keys import ApiKeys
from adapters.stores.database import open_database
from adapters.stores.usage import Usage
from app.people import People

ADMIN = Asker("admin", is_admin=True, role="admin")
RIGHT = "correct horse"


@pytest.fixture(scope="session")
def empty(tmp_path_factory) -> Path:
    """A database with its tables: making one takes longer than most tests."""
    path = tmp_path_factory.mktemp("empty") / "zhiwen.db"
    open_database(f"sqlite:///{path}").dispose()
    return path


@pytest.fixture
def engine(tmp_path: Path, empty: Path):
    shutil.copy(empty, tmp_path)
    engine = open_database(f"sqlite:///{tmp_path / 'zhiwen.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def people(engine) -> People:
    people = People(Accounts(engine, lock_after=3, lock_seconds=900), ApiKeys(engine), Acts(engine))
    people.accounts.create("admin", RIGHT, "admin")
    people.accounts.create("li.na", RIGHT, groups=("hr",))
    return people


def test_failures_from_anywhere_lock_a_person_out_until_an_administrator_unlocks(people):
    for _ in range(3):
        assert people.log_in("li.na", "wrong") is None
    assert people.log_in("li.na", RIGHT) is None
    assert people.log_in("admin", RIGHT) is not None
    people.unlock(ADMIN, "li.na")
    assert people.log_in("li.na", RIGHT) is not None


def test_a_lock_ends_by_itself_and_success_forgets_failures(people, engine):
    for _ in range(3):
        people.log_in("li.na", "wrong")
    with engine.begin() as connection:
        connection.execute(text("UPDATE users SET locked_until = 1 WHERE name = 'li.na'"))
    assert people.log_in("li.na", RIGHT) is not None
    for _ in range(2):
        people.log_in("li.na", "wrong")
    assert people.log_in("li.na", RIGHT) is not None
    for _ in range(2):
        people.log_in("li.na", "wrong")
    assert people.log_in("li.na", RIGHT) is not None


def test_sessions_end_at_once_when_revoked_and_roles_count_at_once(people):
    first, second = people.log_in("li.na", RIGHT), people.log_in("li.na", RIGHT)
    assert [len(people.sessions(people.asker(first))), people.asker(first).role] == [2, "reader"]
    people.set_role(ADMIN, "li.na", "owner")
    people.set_groups(ADMIN, "li.na", ("finance",))
    assert (people.asker(first).role, people.asker(first).groups) == ("owner", {"finance"})
    assert people.revoke_sessions(ADMIN, "li.na") == 2
    assert people.asker(first) is None and people.asker(second) is None


def test_the_last_administrator_can_be_neither_shut_out_nor_demoted(people):
    for attempt in (
        lambda: people.set_disabled(ADMIN, "admin", True),
        lambda: people.set_role(ADMIN, "admin", "reader"),
    ):
        with pytest.raises(BadInput, match="last administrator"):
            attempt()
    people.set_role(ADMIN, "li.na", "admin")
    people.set_role(ADMIN, "admin", "reader")


def test_only_administrators_change_people(people):
    reader = Asker("li.na")
    for attempt in (
        lambda: people.add(reader, "x"),
        lambda: people.set_role(reader, "li.na", "admin"),
        lambda: people.set_groups(reader, "li.na", ("board",)),
        lambda: people.reset(reader, "admin"),
        lambda: people.everyone(reader),
        lambda: people.history(reader),
        lambda: people.revoke_sessions(reader, "admin"),
        lambda: people.add_key(reader, "admin", "", ["admin"]),
        lambda: people.keys_of(reader, None),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    people.revoke_sessions(reader, "li.na")


def test_a_key_is_shown_once_and_kept_as_a_hash(people, engine):
    key, token = people.add_key(ADMIN, "li.na", "crm", ["ask"])
    assert token.startswith(f"zw_{key.id}_") and people.keys_of(ADMIN, "li.na") == [key]
    with engine.connect() as connection:
        kept = str(connection.execute(text("SELECT * FROM api_keys")).all()) + str(people.acts.recent())
    assert token.rpartition("_")[2] not in kept


def test_a_key_asks_in_its_persons_name_within_its_scopes_and_ends_with_them(people, engine):
    key, token = people.add_key(ADMIN, "li.na", "crm", ["ask"], days=1)
    asker = people.asker_of_key(token)
    assert (asker.user, asker.groups, asker.scopes, asker.key) == ("li.na", {"hr"}, {"ask"}, key.id)
    assert authorize(asker, "ask") and not authorize(asker, "search")
    assert people.keys_of(ADMIN, "li.na")[0].last_used_at == pytest.approx(time.time(), abs=5)
    assert people.asker_of_key(token + "x") is None and people.asker_of_key(token[:-1] + "~") is None
    people.set_disabled(ADMIN, "li.na", True)
    assert people.asker_of_key(token) is None
    people.set_disabled(ADMIN, "li.na", False)
    assert people.asker_of_key(token) is not None
    with engine.begin() as connection:
        connection.execute(text("UPDATE api_keys SET expires_at = 1"))
    assert people.asker_of_key(token) is None


def test_a_revoked_key_opens_nothing(people):
    key, token = people.add_key(ADMIN, "li.na", "crm", ["ask"])
    assert people.revoke_key(ADMIN, key.id) and not people.revoke_key(ADMIN, key.id)
    assert people.asker_of_key(token) is None


def test_a_key_is_no_session_and_a_session_no_key(people):
    _, token = people.add_key(ADMIN, "li.na", "crm", ["ask"])
    session = people.log_in("li.na", RIGHT)
    assert people.asker(token) is None and people.asker_of_key(session) is None


def test_an_administrators_key_reads_as_one_only_with_that_scope(people):
    _, modest = people.add_key(ADMIN, "admin", "", ["search"])
    _, full = people.add_key(ADMIN, "admin", "", ["search", "admin"])
    assert not people.asker_of_key(modest).is_admin and people.asker_of_key(full).is_admin


def test_no_key_makes_keys(people):
    _, token = people.add_key(ADMIN, "admin", "", SCOPES)
    with pytest.raises(NotAllowed):
        people.add_key(people.asker_of_key(token), "admin", "", ["ask"])


@pytest.mark.parametrize("scopes", [[], ["everything"], ["ask", ""]])
def test_a_key_needs_scopes_that_exist(people, scopes):
    with pytest.raises(BadInput, match="scopes"):
        people.add_key(ADMIN, "li.na", "", scopes)


def test_log_ins_and_acts_are_noted_and_a_changed_line_shows(people, engine):
    people.log_in("li.na", RIGHT)
    people.log_in("li.na", "wrong")
    people.log_in("my-secret-password", "x")
    people.add(ADMIN, "wang.wei", groups=("it",))
    lines = people.history(ADMIN)
    assert [(line.user, line.act, line.object) for line in lines] == [
        ("admin", "user.add", "wang.wei"),
        ("", "log-in.failed", ""),
        ("li.na", "log-in.failed", "li.na"),
        ("li.na", "log-in", "li.na"),
    ]
    assert [line.act for line in people.history(ADMIN, act="log-in.")] == ["log-in.failed", "log-in.failed"]
    assert people.acts.first_break() is None
    with engine.begin() as connection:
        connection.execute(text("UPDATE acts SET user = 'nobody' WHERE id = 2"))
    assert people.acts.first_break() == 2


def test_a_removed_line_shows(people, engine):
    for _ in range(3):
        people.log_in("li.na", RIGHT)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM acts WHERE id = 2"))
    assert people.acts.first_break() == 3


def test_somebody_a_directory_vouches_for_is_added_brought_up_to_date_and_still_can_be_shut_out(people):
    token = people.admit(Vouched("zhang.san", "owner", ("it",)), "oidc")
    assert (people.asker(token).role, people.asker(token).groups) == ("owner", {"it"})
    token = people.admit(Vouched("zhang.san", None, ("ops",)), "oidc")
    assert (people.asker(token).role, people.asker(token).groups) == ("owner", {"ops"})
    people.set_disabled(ADMIN, "zhang.san", True)
    assert people.admit(Vouched("zhang.san"), "oidc") is None


def test_a_directory_cannot_take_over_an_account_of_another_source(people):
    assert people.admit(Vouched("admin", "admin"), "oidc") is None
    assert people.admit(Vouched("li.na"), "ldap") is None


def test_a_directory_is_asked_only_for_people_without_a_password_here(people):
    asked = []

    def directory(name: str, password: str) -> Vouched | None:
        asked.append(name)
        return Vouched(name, groups=("it",)) if password == "there" else None

    people = replace(people, directory=directory)
    assert people.log_in("li.na", "there") is None and people.log_in("new.one", "") is None
    token = people.log_in("new.one", "there")
    assert people.asker(token).groups == {"it"} and people.log_in("new.one", "wrong") is None
    assert asked == ["new.one", "new.one"]


def test_questions_are_counted_by_the_day(engine):
    usage = Usage(engine)
    assert [usage.count("a"), usage.count("a"), usage.count("b")] == [1, 2, 1]


def test_whoever_is_unknown_may_nothing_and_what_is_unknown_nobody_may():
    assert not any(authorize(None, action) for action in RULES)
    assert not authorize(ADMIN, "new.action")
    assert not any(authorize(Asker("x", role="guest"), action) for action in RULES)


@pytest.mark.parametrize("action", sorted(RULES))
def test_nothing_of_somebody_elses_opens_by_owning_ones_own(action):
    other = Target(owner="other")
    for role in ROLES:
        me = Asker("me", role=role)
        assert authorize(me, action, other) == (role in RULES[action].roles)
    assert not authorize(Asker("me", scopes=frozenset()), action, Target(owner="me")) or action in (
        "contract.read",
        "status.read",
    )


def test_what_was_shared_opens_to_those_named_and_to_nobody_else():
    shared = Target("other", frozenset({"group:hr"}))
    assert authorize(Asker("me", frozenset({"hr"})), "conversation.read", shared)
    assert not authorize(Asker("me"), "conversation.read", shared)
    assert not authorize(Asker("me", frozenset({"hr"})), "conversation.write", shared)
