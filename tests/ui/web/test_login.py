import pytest
from fastapi.testclient import TestClient

from ui.web.login import local_path
from ui.web.server import create_app
from ui.web.slowdown import Slowdown

RIGHT = {"name": "li.na", "password": "correct horse"}
WRONG = {"name": "li.na", "password": "wrong"}


def test_the_page_leads_to_the_login_and_the_login_to_the_page(client):
    assert client.get("/").headers["location"] == "/login"
    assert "用户名" in client.get("/login").text
    welcome = client.post("/login", data=RIGHT)
    assert (welcome.status_code, welcome.headers["location"]) == (303, "/")
    assert "gradio" in client.get("/").text


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(client):
    cookie = client.post("/login", data=RIGHT).headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Path=/" in cookie


def test_over_https_the_cookie_never_travels_in_the_clear(app):
    secure = TestClient(app, base_url="https://testserver", follow_redirects=False)
    assert "Secure" in secure.post("/login", data=RIGHT).headers["set-cookie"]


def test_a_wrong_password_and_an_unknown_name_look_the_same(client):
    wrong = client.post("/login", data=WRONG)
    unknown = client.post("/login", data={"name": "nobody", "password": "wrong"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.text.replace("li.na", "") == unknown.text.replace("nobody", "")
    assert "set-cookie" not in wrong.headers


def test_the_name_comes_back_escaped(client):
    page = client.post("/login", data={"name": '"><script>x</script>', "password": "x"}).text
    assert "<script>x" not in page and "&lt;script&gt;x" in page


def test_logging_out_ends_the_session_and_not_only_the_cookie(li_na):
    token = li_na.cookies["zhiwen_session"]
    assert li_na.post("/logout").headers["location"] == "/login"
    li_na.cookies.set("zhiwen_session", token)
    assert li_na.get("/").headers["location"] == "/login"


def test_after_failures_a_name_waits_even_with_the_right_password(product):
    now = [0.0]
    client = TestClient(create_app(product, Slowdown(lambda: now[0], free=3)), follow_redirects=False)
    assert [client.post("/login", data=WRONG).status_code for _ in range(4)] == [401, 401, 401, 429]
    blocked = client.post("/login", data=RIGHT)
    assert blocked.status_code == 429 and blocked.headers["retry-after"] == "2"
    assert client.post("/login", data={"name": "wang.wei", "password": "battery staple"}).status_code == 303
    now[0] = 1.5
    assert client.post("/login", data=RIGHT).status_code == 303


def test_the_login_returns_to_the_document_somebody_was_sent(client):
    sent = client.get("/documents/leave/2/view?start=10&end=20").headers["location"]
    form = client.get(sent).text
    assert "/documents/leave/2/view?start=10&amp;end=20" in form
    data = {**RIGHT, "next": "/documents/leave/2/view?start=10&end=20"}
    assert client.post("/login", data=data).headers["location"] == "/documents/leave/2/view?start=10&end=20"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x", "", "/\tx"]
)
def test_the_login_sends_nobody_to_another_site(elsewhere):
    assert local_path(elsewhere) == "/"


def test_the_form_speaks_the_language_of_the_browser_or_the_one_chosen(client):
    assert "Sign in" in client.get("/login", headers={"Accept-Language": "en-GB"}).text
    chosen = client.get("/login?lang=en")
    assert "Sign in" in chosen.text and "zhiwen_language=en" in chosen.headers["set-cookie"]
    assert "Sign in" in client.get("/login").text
