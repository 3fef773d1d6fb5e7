"""The interface against its own description: requests made up from it, thousands of ways wrong."""

from __future__ import annotations

import os

import hypothesis
import pytest

from tests.ui.web.api.conftest import make_world
from ui.web.server import create_app

pytestmark = pytest.mark.slow
EXAMPLES = int(os.environ.get("ZHIWEN_SCHEMA_EXAMPLES", "12"))


def test_no_made_up_request_makes_the_server_fail(tmp_path):
    schemathesis = pytest.importorskip("schemathesis")
    from starlette.testclient import TestClient

    world = make_world(tmp_path)
    app = create_app(world.product, service=world.service)
    client = TestClient(app, raise_server_exceptions=False)
    headers = {"Authorization": f"Bearer {world.keys['all']}"}
    described = client.get("/api/v1/openapi.json", headers=headers).json()
    answered: dict[int, int] = {}
    for operation in schemathesis.openapi.from_dict(described).get_all_operations():
        for mode in schemathesis.GenerationMode:

            @hypothesis.settings(
                max_examples=EXAMPLES,
                deadline=None,
                database=None,
                suppress_health_check=list(hypothesis.HealthCheck),
                phases=[hypothesis.Phase.generate],
                derandomize=True,
            )
            @hypothesis.given(case=operation.ok().as_strategy(generation_mode=mode))
            def send(case):
                # Built by the generator, sent by our own client: names and bodies arrive as made up.
                kwargs = case.as_transport_kwargs(base_url="http://testserver/api/v1")
                wanted = {name: kwargs.get(name) for name in ("method", "url", "json", "data", "params", "cookies")}
                sent = {name: value for name, value in wanted.items() if value is not None and name != "cookies"}
                if isinstance(sent.get("data"), str | bytes):
                    sent["content"] = sent.pop("data")
                more = {name: value for name, value in (kwargs.get("headers") or {}).items() if _plain(value)}
                response = client.request(**sent, headers=more | headers)
                answered[response.status_code] = answered.get(response.status_code, 0) + 1
                assert response.status_code < 500, (case.method, case.path, response.text)
                if response.status_code >= 400:
                    assert response.headers["content-type"].startswith(("application/problem+json", "application/json"))

            try:
                send()
            except hypothesis.errors.Unsatisfiable:
                continue  # nothing about this operation can be wrong
    print(f"{sum(answered.values())} requests: {dict(sorted(answered.items()))}")
    assert sum(answered.values()) > 300 and not any(status >= 500 for status in answered)


def _plain(value: object) -> bool:
    return isinstance(value, str) and value.isascii() and value.isprintable()
