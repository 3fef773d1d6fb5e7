"""Health, metrics, log lines and spans: what operators see, and what nobody may find there."""

from __future__ import annotations

import io
import json
import logging
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from adapters.errors import BadSettings
from tests.ui.web.fake_product import YEARLY, FakeProduct
from ui.logs import set_up, without_secrets
from ui.web.server import create_app
from ui.web.spans import spans_to
from ui.web.trace import part_of


@pytest.fixture
def logged():
    """Lines as written, and the logging set back afterwards."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    to = io.StringIO()
    yield lambda shape: (set_up("INFO", shape, to), to)[1]
    for handler in root.handlers:
        root.removeHandler(handler)
    for handler in before:
        root.addHandler(handler)
    root.setLevel(level)


def test_metrics_count_requests_answers_and_stages_and_hold_no_words(by_key):
    by_key("all").post("/api/v1/ask", json={"question": YEARLY, "stream": False})
    told = by_key("metrics").get("/metrics")
    assert told.headers["content-type"].startswith("text/plain")
    for line in (
        'zhiwen_answers_total{outcome="answered"}',
        'zhiwen_answer_stage_seconds_count{stage="generate"}',
        'zhiwen_requests_total{method="POST",part="/api/ask",status="200"}',
        'zhiwen_documents{state="ready"} 18.0',
        'zhiwen_part_up{part="store"} 1.0',
    ):
        assert line in told.text
    for word in ("年假", "结转", "admin", "zw_", "休假"):
        assert word not in told.text


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("/api/v1/users/li.na/reset", "/api/users"),
        ("/api/v1/secret-name", "unknown"),
        ("/v1/chat/completions", "/v1/chat"),
        ("/documents/leave/2/view", "/documents"),
        ("/", "/"),
        ("/gradio_api/queue/join", "page events"),
        ("/anything", "unknown"),
    ],
)
def test_paths_become_few_parts(path, part):
    assert part_of(path, 200) == part and part_of(path, 404) == "unknown"


def test_a_line_a_request_with_its_number_and_without_what_was_asked(by_key, logged):
    to = logged("json")
    response = by_key("all").post(f"/api/v1/ask?q={YEARLY}", json={"question": YEARLY, "stream": False})
    lines = [json.loads(line) for line in to.getvalue().splitlines()]
    (line,) = (one for one in lines if one["logger"] == "zhiwen.access")
    assert line["request_id"] == response.headers["x-request-id"]
    assert (line["part"], line["status"], line["user"]) == ("/api/ask", 200, "admin")
    assert "年假" not in to.getvalue() and "zw_" not in to.getvalue()


def test_a_proxys_number_is_kept_and_a_strange_one_is_not(running):
    assert running.get("/health", headers={"X-Request-ID": "abcdef-123456"}).headers["x-request-id"] == "abcdef-123456"
    assert running.get("/health", headers={"X-Request-ID": "x\n{}<b>"}).headers["x-request-id"] != "x\n{}<b>"


def test_secrets_are_taken_out_of_log_lines(logged, world):
    to = logged("text")
    logging.getLogger("test").warning("key %s, cookie zhiwen_session=abc; password=hunter2", world.keys["all"])
    assert without_secrets("Authorization: Bearer abc") == "Authorization: [secret]"
    for secret in (world.keys["all"], "abc", "hunter2"):
        assert secret not in to.getvalue()
    assert "[secret]" in to.getvalue()


def test_health_tells_of_each_part_and_fails_without_the_store(world):
    service = replace(world.service, checks={"store": lambda: "", "disk": lambda: "Only 3 MB are left."})
    client = TestClient(create_app(world.product, service=service))
    assert (client.get("/health").status_code, client.get("/health").json()["status"]) == (200, "degraded")
    assert "3 MB" not in client.get("/health").text
    client.cookies.set("zhiwen_session", world.sessions["reader"])
    assert client.get("/health").json()["parts"]["disk"]["detail"] == "Only 3 MB are left."
    service = replace(world.service, checks={"store": lambda: "It cannot be read."})
    client = TestClient(create_app(world.product, service=service))
    assert (client.get("/health").status_code, client.get("/health").json()["status"]) == (503, "down")


def test_a_span_a_request_when_a_collector_is_set():
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    client = TestClient(create_app(FakeProduct(), span=spans_to("http://127.0.0.1:1", exporter)))
    number = client.get("/health?q=secret").headers["x-request-id"]
    (span,) = exporter.get_finished_spans()
    assert dict(span.attributes) == {
        "zhiwen.part": "/health",
        "zhiwen.method": "GET",
        "zhiwen.status": 200,
        "zhiwen.request_id": number,
    }


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(BadSettings, match="zhiwen\\[telemetry\\]"):
        spans_to("http://127.0.0.1:1")
