import os
import signal
import socket
import threading
import time

import httpx
import pytest

from adapters.errors import BadInput
from tests.ui.web.fake_product import FakeProduct
from ui.web.server import serve


def test_a_taken_port_names_the_setting_and_another_way():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(BadInput, match=rf"Port {port} .*`web.port`.*--port {port + 1}"):
            serve(FakeProduct(), "127.0.0.1", port, lambda _: None)


def test_an_address_of_another_machine_is_refused_with_the_setting():
    with pytest.raises(BadInput, match=r"`web\.host`"):
        serve(FakeProduct(), "203.0.113.7", 8080, lambda _: None)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_when_it_is_ready_and_a_signal_ends_it_quietly(number):
    seen: list[object] = []

    def visit(address: str) -> None:
        def go() -> None:
            try:
                seen.append(httpx.get(address + "health", timeout=10, trust_env=False).json()["status"])
            finally:
                os.kill(os.getpid(), number)

        threading.Thread(target=go).start()

    before = signal.getsignal(number)
    started = time.monotonic()
    serve(FakeProduct(), "127.0.0.1", 0, visit)
    assert seen == ["ok"] and time.monotonic() - started < 20
    assert signal.getsignal(number) == before


def test_an_open_page_does_not_hold_up_the_stop(caplog):
    ended = []

    def visit(address: str) -> None:
        def go() -> None:
            with httpx.Client(base_url=address, timeout=15, trust_env=False) as client:
                client.post("/login", data={"name": "li.na", "password": "correct horse"})
                with client.stream("GET", "/gradio_api/heartbeat/abc") as stream:
                    lines = stream.iter_lines()
                    next(lines)
                    ended.append(time.monotonic())
                    os.kill(os.getpid(), signal.SIGTERM)
                    list(lines)
                    ended.append(time.monotonic())

        threading.Thread(target=go).start()

    serve(FakeProduct(), "127.0.0.1", 0, visit)
    assert ended[1] - ended[0] < 4
    assert not caplog.records
