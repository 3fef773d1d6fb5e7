"""What the managing pages may ask of the product: a promise per page, kept in `app` and by fakes in tests.

A desk that is not there is None, and its page is not shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from adapters.records import Asker


class DocumentDesk(Protocol):
    """What a knowledge owner does with documents."""

    def summary(self, asker: Asker) -> str: ...


@dataclass(frozen=True)
class Desks:
    """All there are; one field a page."""

    documents: DocumentDesk | None = None


NONE = Desks()
