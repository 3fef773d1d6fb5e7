"""Models carried in one file: what arrives is what was sent, or nothing is taken."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from adapters.errors import BadInput, ModelCorrupt, ModelMissing
from adapters.models.bundle import LIST, read_bundle, write_bundle
from adapters.models.catalogue import Catalogue, FolderSource, Model, ModelFile
from adapters.models.checked import is_checked, mark

CONTENT = {"weights.gguf": b"w" * 5_000, "sub/config.json": b"{}"}


def model(name: str = "tiny") -> Model:
    files = tuple(
        ModelFile(name=file, bytes=len(data), sha256=hashlib.sha256(data).hexdigest()) for file, data in CONTENT.items()
    )
    return Model(
        name=name,
        kind="chat",
        engine="openvino",
        title="Tiny",
        licence="MIT",
        bytes=5_002,
        files=files,
        sources=(FolderSource(kind="folder"),),
    )


CATALOGUE = Catalogue(model=(model(), model("other")))


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    for file, data in CONTENT.items():
        path = tmp_path / "here" / "tiny" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    mark(model(), tmp_path / "here")
    write_bundle([model()], tmp_path / "here", tmp_path / "models.tar")
    return tmp_path / "models.tar"


def rewritten(bundle: Path, change: dict[str, bytes | None], extra: dict[str, bytes] | None = None) -> Path:
    """Return a copy of the bundle with members changed (None: left out) or added."""
    target = bundle.with_name("changed.tar")
    with tarfile.open(bundle) as old, tarfile.open(target, "w") as new:
        members = {member.name: old.extractfile(member).read() for member in old}  # type: ignore[union-attr]
        for name, data in {**members, **change, **(extra or {})}.items():
            if data is not None:
                info = tarfile.TarInfo(name)
                info.size = len(data)
                new.addfile(info, io.BytesIO(data))
    return target


def test_a_bundle_arrives_whole_and_checked(bundle: Path, tmp_path: Path):
    assert read_bundle(bundle, tmp_path / "there", CATALOGUE) == ["tiny"]
    assert is_checked(model(), tmp_path / "there")
    assert (tmp_path / "there/tiny/sub/config.json").read_bytes() == b"{}"
    assert read_bundle(bundle, tmp_path / "there", CATALOGUE) == ["tiny"]


def test_what_is_not_here_in_full_is_not_bundled_and_no_file_is_overwritten(bundle: Path, tmp_path: Path):
    with pytest.raises(ModelMissing, match="zhiwen models pull other"):
        write_bundle([model("other")], tmp_path / "here", tmp_path / "more.tar")
    with pytest.raises(BadInput, match="there already"):
        write_bundle([model()], tmp_path / "here", bundle)


def test_changed_bytes_are_refused_and_leave_nothing_behind(bundle: Path, tmp_path: Path):
    changed = rewritten(bundle, {"tiny/weights.gguf": b"x" * 5_000})
    with pytest.raises(ModelCorrupt, match="copy the bundle again"):
        read_bundle(changed, tmp_path / "there", CATALOGUE)
    assert not [path for path in (tmp_path / "there").rglob("*") if path.is_file()]


def test_a_list_that_agrees_with_changed_bytes_is_still_held_against_the_catalogue(bundle: Path, tmp_path: Path):
    bad = b"x" * 5_000
    with tarfile.open(bundle) as tar:
        listed = json.loads(tar.extractfile(LIST).read())  # type: ignore[union-attr]
    listed["files"][0]["sha256"] = hashlib.sha256(bad).hexdigest()
    changed = rewritten(bundle, {LIST: json.dumps(listed).encode(), "tiny/weights.gguf": bad})
    with pytest.raises(ModelCorrupt, match="catalogue pins"):
        read_bundle(changed, tmp_path / "there", CATALOGUE)


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "tiny/../../evil", "tiny/unlisted"])
def test_nothing_is_written_that_the_list_does_not_name(bundle: Path, tmp_path: Path, name: str):
    with pytest.raises(BadInput, match="does not name"):
        read_bundle(rewritten(bundle, {}, {name: b"evil"}), tmp_path / "there", CATALOGUE)
    assert not list(tmp_path.rglob("*evil*"))


def test_a_short_or_foreign_file_is_refused(bundle: Path, tmp_path: Path):
    short = tmp_path / "short.tar"
    short.write_bytes(bundle.read_bytes()[:4_000])
    text = tmp_path / "text.tar"
    text.write_text("no tar")
    for path in (short, text, rewritten(bundle, {"tiny/weights.gguf": None}), rewritten(bundle, {LIST: None})):
        with pytest.raises((BadInput, ModelCorrupt)):
            read_bundle(path, tmp_path / "there", CATALOGUE)
