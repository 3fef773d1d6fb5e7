"""Errors named by what the reader can do next.

`ZhiwenError` messages are written for people: they say what happened and which setting or command helps.
Faces show them as they are; anything else is a defect and is logged with its trace.
"""


class ZhiwenError(Exception):
    """Base of every error whose text may be shown to a person."""


class BadSettings(ZhiwenError):
    """The settings cannot be used as they stand; edit the named file or variable."""


class BadInput(ZhiwenError):
    """What was asked for cannot be done with this input; change the input."""


class NotAllowed(ZhiwenError):
    """Who asks has no right to this; somebody with the right must grant it or do it."""


class DataFolderInUse(ZhiwenError):
    """Another process owns the data folder; stop it or use another folder."""


class DataFolderBroken(ZhiwenError):
    """The data folder cannot be read or written (permissions, full disk, newer version)."""


class ModelMissing(ZhiwenError):
    """The weights are not on this machine and no source could give them."""


class ModelCorrupt(ZhiwenError):
    """Weights are there but do not have the pinned SHA-256, or cannot be read."""


class EngineUnavailable(ZhiwenError):
    """The engine is not loaded, not reachable, or its packages are not installed."""


class EngineOverloaded(ZhiwenError):
    """The engine cannot take this request now (memory, queue, context); a smaller or later one may work."""


class TooLong(EngineOverloaded):
    """The prompt does not fit the model's context or memory; fewer or shorter passages may."""


class UnreadableFile(ZhiwenError):
    """A file cannot become a document; the text says why and what its owner can do."""


class EmptyFile(UnreadableFile):
    """The file holds no text at all; there is nothing to find in it."""


class NeedsOcr(UnreadableFile):
    """The file holds pictures of text only, and no text recognition is installed."""
