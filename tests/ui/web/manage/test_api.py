import pytest
from fastapi.testclient import TestClient

from app.desks import Desks
from tests.ui.web.fake_desk import FakeDesk
from tests.ui.web.fake_product import FakeProduct
from ui.web.server import create_app

PASSWORDS = {
    "zhao.min": "purple lantern",
    "root": "orange bicycle",
    "sun.yu": "quiet harbour",
    "li.na": "correct horse",
}
URL = "/api/v1/documents"


@pytest.fixture(scope="module")
def desk():
    return FakeDesk()


@pytest.fixture(scope="module")
def app(desk):
    return create_app(FakeProduct(), desks=Desks(documents=desk))


@pytest.fixture
def owner(as_person):
    return as_person("zhao.min", PASSWORDS["zhao.min"])


def send(client: TestClient, name: str = "a.md", content: bytes = b"# A", **form: str):
    return client.post(URL, files={"file": (name, content)}, data={"folder": "人事", **form})


@pytest.mark.parametrize("name", ["li.na", "sun.yu"])
def test_without_the_role_nothing_is_told_and_nothing_is_done(as_person, desk, name):
    client = as_person(name, PASSWORDS[name])
    desk.asked.clear()
    answers = [
        client.get(URL), client.get(f"{URL}/leave"), send(client), client.delete(f"{URL}/leave"),
        client.post(f"{URL}/leave/retry"),
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [403] * 5
    assert desk.asked == []


def test_a_stranger_is_asked_to_sign_in(client, desk):
    desk.asked.clear()
    assert [client.get(URL).status_code, send(client).status_code] == [401, 401]
    assert desk.asked == []


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_another_sites_page_can_neither_send_nor_delete(owner, desk, headers):
    desk.asked.clear()
    assert owner.post(URL, files={"file": ("a.md", b"x")}, headers=headers).status_code == 403
    assert owner.delete(f"{URL}/leave", headers=headers).status_code == 403
    assert desk.asked == []


def test_an_owner_sees_the_lines_they_may_read_and_an_administrator_all(as_person, owner):
    paths = [line["path"] for line in owner.get(URL).json()["documents"]]
    assert "人事/薪酬等级表.xlsx" not in paths and len(paths) == 3
    everything = as_person("root", PASSWORDS["root"]).get(URL).json()
    assert everything["total"] == 4 and everything["states"] == {"ready": 3, "failed": 1}


def test_the_filter_and_the_page_reach_the_store(owner, desk):
    assert owner.get(URL, params={"state": "failed", "q": "nda", "limit": 5, "offset": 0}).json()["total"] == 1
    assert owner.get(URL, params={"state": "lost"}).status_code == 422
    assert owner.get(URL, params={"limit": 1000}).status_code == 422


def test_one_document_is_told_with_its_reason_and_readers(owner):
    told = owner.get(f"{URL}/nda").json()
    assert (told["state"], told["reason"]) == ("failed", "The file is protected by a password.")
    assert owner.get(f"{URL}/leave").json()["effective_from"] == "2026-01-01"
    assert owner.get(f"{URL}/salary").status_code == owner.get(f"{URL}/none").status_code == 404


def test_a_file_sent_reaches_the_desk_with_its_name_folder_and_sender(owner, desk):
    answer = send(owner, "报告.md", b"# B")
    assert (answer.status_code, answer.json()) == (201, {"path": "人事/报告.md"})
    assert desk.asked[-1] == ("receive", "人事", "报告.md", b"# B", "zhao.min", False)


def test_a_file_that_is_there_is_replaced_only_when_asked(owner):
    assert send(owner, "there.md").status_code == 409
    assert send(owner, "there.md", replace="true").status_code == 201


def test_a_refusal_says_why(owner):
    answer = send(owner, "a.exe")
    assert (answer.status_code, answer.json()) == (400, {"detail": ".exe files cannot be read."})


def test_what_is_far_too_large_is_not_even_read(owner, desk):
    desk.asked.clear()
    assert send(owner, content=b"x" * 1_100_000).status_code == 413
    # Elsewhere the small limit holds, also for an owner.
    assert owner.post(f"{URL}/leave/retry", content=b"x" * 1_000_500).status_code == 413
    assert desk.asked == []


def test_delete_and_retry_name_one_document(owner, desk):
    assert owner.delete(f"{URL}/leave").status_code == 204
    assert owner.post(f"{URL}/nda/retry").json() == {"queued": 1}
    assert desk.asked[-2:] == [("delete", "leave", "zhao.min"), ("retry", "nda", "zhao.min")]
    assert owner.delete(f"{URL}/salary").status_code == 404
