"""After installing, nothing needs a network: the product runs in a network namespace that has only loopback."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.service import ROOT, environment

pytestmark = pytest.mark.slow

# Loopback up, and nothing else there is; then prove that nothing else is reachable.
INSIDE = """
import fcntl, socket, struct, sys
probe = socket.socket()
fcntl.ioctl(probe, 0x8914, struct.pack("16sh14x", b"lo", 0x1 | 0x40))
try:
    socket.create_connection(("192.0.2.1", 80), 2)
except OSError:
    pass
else:
    sys.exit("the network is not blocked")
"""
ASK = (
    INSIDE
    + "sys.argv = ['zhiwen', 'ask', '年休假没休完可以结转到什么时候？', '--json']\nfrom ui.cli import main\nmain()\n"
)
PAGE = (
    INSIDE
    + """
import pathlib, httpx
from tests.service import free_port, running
folder = pathlib.Path(sys.argv[1])
with running(folder, {"ZHIWEN_CHAT__ENGINE": "extractive", "ZHIWEN_WEB__PORT": free_port()}) as service:
    with httpx.Client(base_url=service.address, follow_redirects=True) as client:
        assert client.get("/health").status_code == 200
        assert "admin" not in client.get("/").text
        client.get("/login")
        page = client.post("/login", data={"name": "admin", "username": "admin", "password": service.password},
                           headers={"Origin": service.address})
        assert page.status_code == 200 and "gradio" in page.text.lower(), page.text[:500]
print("page served")
"""
)


def unshared(program: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    result = subprocess.run(
        ["unshare", "--net", sys.executable, "-c", program, str(folder)],
        cwd=folder,
        env=environment(folder, **settings),
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    if "unshare failed" in result.stderr:
        pytest.skip("network namespaces need root here")
    return result


@pytest.fixture(scope="module", autouse=True)
def _embedding_model() -> None:
    """The install step: fetch what the product needs while there is a network."""
    program = (
        "import sys; sys.argv = ['zhiwen', 'models', 'pull', 'multilingual-e5-small']\nfrom ui.cli import main\nmain()"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment(ROOT), check=True)


def test_a_question_is_answered_without_a_network(tmp_path: Path) -> None:
    result = unshared(ASK, tmp_path, ZHIWEN_CHAT__ENGINE="extractive")
    assert result.returncode == 0, result.stderr
    answer = json.loads(result.stdout)
    assert "3月31日" in answer["answer"] and answer["citations"]


def test_the_page_is_served_without_a_network(tmp_path: Path) -> None:
    result = unshared(PAGE, tmp_path)
    assert result.returncode == 0 and "page served" in result.stdout, result.stderr + result.stdout
