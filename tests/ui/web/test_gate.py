import asyncio

import pytest
from fastapi.testclient import TestClient
from starlette.responses import PlainTextResponse

from adapters.records import Asker
from tests.ui.web.fake_product import FakeProduct
from ui.web.gate import Gate, rule_for
from ui.web.server import create_app

POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "form-action 'self'; frame-ancestors 'self'; object-src 'none'; base-uri 'self'"
)
# Every route that may be reached, of ours and of Gradio's; a new one fails here until somebody decides who may pass.
OPEN = {
    "/health",
    "/login",
    "/login/",
    "/brand/{name}",
    "/favicon.ico",
    "/robots.txt",
    "/assets/{path:path}",
    "/static/{path:path}",
    "/theme.css",
    "/gradio_api/theme.css",
}
SIGNED_IN = {
    "/",
    "/logout",
    "/documents/{document_id}/{version}/view",
    "/documents/{document_id}/{version}/original",
    "/config",
    "/config/",
    "/gradio_api/queue/join",
    "/gradio_api/queue/data",
    "/gradio_api/cancel",
    "/gradio_api/reset",
    "/gradio_api/reset/",
    "/gradio_api/startup-events",
    "/gradio_api/app_id",
    "/gradio_api/app_id/",
    "/gradio_api/heartbeat/{session_hash}",
    "/api/v1/documents",
    "/api/v1/documents/{document_id}",
    "/api/v1/documents/{document_id}/retry",
    "/manage",
    "/manage/documents",
    "/manage/documents/",
    "/manage/documents/assets/{path:path}",
    "/manage/documents/static/{path:path}",
    "/manage/documents/theme.css",
    "/manage/documents/gradio_api/theme.css",
    "/manage/documents/config",
    "/manage/documents/config/",
    "/manage/documents/gradio_api/queue/join",
    "/manage/documents/gradio_api/queue/data",
    "/manage/documents/gradio_api/cancel",
    "/manage/documents/gradio_api/reset",
    "/manage/documents/gradio_api/reset/",
    "/manage/documents/gradio_api/startup-events",
    "/manage/documents/gradio_api/app_id",
    "/manage/documents/gradio_api/app_id/",
    "/manage/documents/gradio_api/heartbeat/{session_hash}",
}


def paths_of(app) -> set[str]:
    found = {getattr(route, "path", "") for route in app.routes}
    for route in app.routes:
        if (mounted := getattr(route, "app", None)) is not None and hasattr(mounted, "routes"):
            found |= {f"{route.path.rstrip('/')}{path}" for path in paths_of(mounted)}
    return {path for path in found if path}


def example(path: str) -> str:
    for name, value in (("{version}", "2"), ("{path:path}", "x.js"), ("{name}", "logo.svg")):
        path = path.replace(name, value)
    return path.replace("{document_id}", "leave").replace("{session_hash}", "abc123")


def test_every_reachable_route_is_one_somebody_decided_on(app):
    reachable = {path for path in paths_of(app) if rule_for(example(path)) is not None}
    assert {path for path in reachable if rule_for(example(path)) == "open"} <= OPEN
    assert {path for path in reachable if rule_for(example(path)) != "open"} <= SIGNED_IN


@pytest.mark.parametrize("path", sorted(SIGNED_IN))
def test_nothing_but_the_login_answers_without_a_session(client, path):
    for method in ("GET", "POST"):
        response = client.request(method, example(path))
        assert response.status_code in (303, 401)


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/upload",
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/proxy=https://evil.example/",
        "/gradio_api/info",
        "/gradio_api/call/ask",
        "/gradio_api/run/ask",
        "/gradio_api/component_server",
        "/gradio_api/vibe-edit",
        "/monitoring",
        "/docs",
        "/openapi.json",
        "/logout/../gradio_api/upload",
    ],
)
def test_what_the_page_does_not_need_is_shut_even_for_those_signed_in(li_na, path):
    for method in ("GET", "POST"):
        assert li_na.request(method, path).status_code == 404


@pytest.mark.parametrize("path", ["/login", "/health", "/", "/nowhere", "/documents/none/1/view", "/brand/logo.svg"])
def test_every_response_carries_the_policy(li_na, path):
    headers = li_na.get(path).headers
    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


def test_health_tells_strangers_only_that_it_lives(client, li_na):
    assert client.get("/health").json() == {"status": "ok", "chat": {"state": "ready"}}
    assert li_na.get("/health").json()["documents"]["stored"] == 18


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}],
)
def test_another_sites_page_can_post_nothing(li_na, headers):
    assert li_na.post("/logout", headers=headers).status_code == 403
    assert li_na.post("/gradio_api/queue/join", headers=headers, json={}).status_code == 403
    assert li_na.get("/").status_code == 200


def test_a_body_over_the_limit_is_refused_whether_announced_or_not(li_na):
    assert li_na.post("/login", content=b"x" * 1_000_001).status_code == 413

    def unannounced():
        for _ in range(20):
            yield b"x" * 100_000

    kind = {"Content-Type": "application/json"}
    assert li_na.post("/gradio_api/queue/join", content=unannounced(), headers=kind).status_code == 413


def test_a_defect_shows_a_number_and_no_trace(caplog):
    class Broken(FakeProduct):
        def view(self, asker, citation, whole=False):
            raise RuntimeError("secret internals")

    product = Broken()
    client = TestClient(create_app(product), cookies={"zhiwen_session": product.log_in("li.na", "correct horse")})
    response = client.get("/documents/leave/2/view")
    assert response.status_code == 500
    assert "secret" not in response.text and "Traceback" not in response.text
    number = response.json()["detail"].partition("number ")[2].rstrip(").")
    assert number in caplog.text and "secret internals" in caplog.text


def test_an_ended_session_passes_no_more(product, app):
    token = product.log_in("wang.wei", "battery staple")
    client = TestClient(app, cookies={"zhiwen_session": token}, follow_redirects=False)
    assert client.get("/").status_code == 200
    product.log_out(token)
    assert client.get("/").status_code == 303
    assert client.post("/gradio_api/queue/join", json={}).status_code == 401


@pytest.mark.parametrize("path", ["/gradio_api/queue/data?session_hash=tab1", "/gradio_api/heartbeat/tab1"])
def test_nobody_listens_to_another_persons_tab(path):
    people = {"a": Asker("li.na"), "b": Asker("wang.wei")}
    behind = Gate(PlainTextResponse("answers"), people.get, asyncio.Event())

    def seen_by(token):
        return TestClient(behind, cookies={"zhiwen_session": token}).get(path).status_code

    assert [seen_by("a"), seen_by("b"), seen_by("a")] == [200, 403, 200]


def test_the_gate_wraps_the_whole_application(app):
    assert app.user_middleware[0].cls is Gate
