"""Carries models to a machine without a network: one tar file, with a list of every file's SHA-256 in front.

What is taken in was listed, has the listed hash, and for a pinned file the catalogue's too. Nothing in a bundle is
run, and no member can be written outside the models folder.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

from adapters.errors import BadInput, DataFolderBroken, ModelCorrupt, ModelMissing
from adapters.models.catalogue import Catalogue, Model, ModelFile
from adapters.models.checked import is_checked, mark, sha256_of

LIST = "zhiwen-bundle.json"
FORMAT = 1
_step = 1 << 20
_LARGEST_LIST = 1 << 20


def write_bundle(
    models: Sequence[Model], folder: Path, target: Path, say: Callable[[str], None] = lambda text: None
) -> dict[str, Any]:
    """Write the models' files to `target`; return its list. Raises ModelMissing, BadInput, DataFolderBroken."""
    if target.exists():
        raise BadInput(f"{target} is there already; delete it or name another file.")
    listed: list[dict[str, Any]] = []
    for model in models:
        if not is_checked(model, folder):
            raise ModelMissing(f"{model.name} is not here in full; run `zhiwen models pull {model.name}` first.")
        for file in model.files:
            path = folder / model.name / file.name
            say(f"{model.name}: reading {file.name}")
            digest = sha256_of(path)
            listed.append({"model": model.name, "file": file.name, "bytes": path.stat().st_size, "sha256": digest})
    contents = {"format": FORMAT, "files": listed}
    part = target.with_name(target.name + ".part")
    try:
        with tarfile.open(part, "w") as tar:
            text = json.dumps(contents, indent=1).encode()
            head = tarfile.TarInfo(LIST)
            head.size = len(text)
            tar.addfile(head, io.BytesIO(text))
            for entry in listed:
                say(f"{entry['model']}: writing {entry['file']}")
                member = tarfile.TarInfo(f"{entry['model']}/{entry['file']}")
                member.size = entry["bytes"]
                with (folder / entry["model"] / entry["file"]).open("rb") as source:
                    tar.addfile(member, source)
        part.replace(target)
    except OSError as cause:
        part.unlink(missing_ok=True)
        raise DataFolderBroken(f"{target} cannot be written: {cause}.") from cause
    return contents


def read_bundle(
    source: Path, folder: Path, catalogue: Catalogue, say: Callable[[str], None] = lambda text: None
) -> list[str]:
    """Take the models of a bundle into `folder`; return their names.

    A file gets its name only once its bytes are verified. Raises BadInput (no bundle, unknown model), ModelCorrupt (a
    hash differs), DataFolderBroken.
    """
    try:
        with tarfile.open(source, "r|") as tar:
            wanted = _listed(source, tar, catalogue)
            while (member := tar.next()) is not None:
                entry = wanted.get(member.name)
                content = tar.extractfile(member) if member.isreg() else None
                if entry is None or content is None or entry.get("done"):
                    raise BadInput(f"{source} holds {member.name!r}, which its list does not name; it is not used.")
                say(f"{entry['model'].name}: taking in {entry['file'].name}")
                _take_in(content, folder / entry["model"].name, entry)
                entry["done"] = True
    except (tarfile.TarError, EOFError) as cause:
        raise BadInput(f"{source} is not a bundle of models, or was cut short; copy it again.") from cause
    except OSError as cause:
        raise DataFolderBroken(f"The bundle cannot be taken in: {cause}.") from cause
    missing = [name for name, entry in wanted.items() if not entry.get("done")]
    if missing:
        raise BadInput(f"{source} was cut short: {missing[0]} is missing; copy it again.")
    models = {entry["model"].name: entry["model"] for entry in wanted.values()}
    for model in models.values():
        mark(model, folder)
    return list(models)


def _listed(source: Path, tar: tarfile.TarFile, catalogue: Catalogue) -> dict[str, dict[str, Any]]:
    """Return what the list in front names, by member name: the model, its file, bytes and hash."""
    head = tar.next()
    content = tar.extractfile(head) if head is not None and head.name == LIST and head.isreg() else None
    if head is None or content is None or head.size > _LARGEST_LIST:
        raise BadInput(f"{source} is not a bundle of models; make one with `zhiwen models bundle`.")
    try:
        listed = json.loads(content.read())
        if listed["format"] != FORMAT:
            raise BadInput(f"{source} was made by another version of Zhiwen; make it again with this one.")
        found: dict[str, dict[str, Any]] = {}
        for entry in listed["files"]:
            model = catalogue.find(str(entry["model"]))
            file = next(file for file in model.files if file.name == entry["file"])
            _pinned(source, model, file, str(entry["sha256"]))
            found[f"{model.name}/{file.name}"] = {
                "model": model,
                "file": file,
                "bytes": int(entry["bytes"]),
                "sha256": str(entry["sha256"]),
            }
    except (ValueError, KeyError, TypeError, StopIteration) as cause:
        raise BadInput(f"The list in {source} cannot be read; make the bundle again.") from cause
    for held in {entry["model"].name: entry["model"] for entry in found.values()}.values():
        if any(f"{held.name}/{file.name}" not in found for file in held.files):
            raise BadInput(f"{source} does not hold all of {held.name}; make the bundle again.")
    return found


def _pinned(source: Path, model: Model, file: ModelFile, digest: str) -> None:
    # A converted file's bytes depend on the converter's version: there the list's hash is what can be checked.
    if file.sha256 not in (None, digest) and not model.convert:
        raise ModelCorrupt(f"{source} has other bytes for {model.name}/{file.name} than the catalogue pins.")


def _take_in(content: IO[bytes], home: Path, entry: dict[str, Any]) -> None:
    home.mkdir(parents=True, exist_ok=True)
    target = home / entry["file"].name
    part = target.with_name(target.name + ".bundle-part")
    part.parent.mkdir(parents=True, exist_ok=True)
    seen, size = hashlib.sha256(), 0
    try:
        with part.open("wb") as out:
            while block := content.read(_step):
                size += len(block)
                if size > entry["bytes"]:
                    break
                seen.update(block)
                out.write(block)
        if size != entry["bytes"] or seen.hexdigest() != entry["sha256"]:
            raise ModelCorrupt(f"{target.name} in the bundle is not what its list says; copy the bundle again.")
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
