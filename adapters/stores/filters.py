"""What the rules on reading and validity keep from somebody, for those who test search. Never shown to readers."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Engine, select

from adapters.records import Asker, Bases, KeptOut
from adapters.stores.ledger import batches
from adapters.stores.schema import chunks, documents, memberships, readers, users


class SqlFilters:
    """Explains what `SqlLibrary.permitted` leaves out, by the same columns."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def kept_out(self, ids: Sequence[str], asker: Asker, as_of: str, bases: Bases = None) -> list[KeptOut]:
        """Return those of the ids that do not count for this asker on that day, order kept, each with the rule."""
        found: dict[str, KeptOut] = {}
        query = select(
            chunks.c.id,
            chunks.c.version,
            documents.c.path,
            documents.c.knowledge_base,
            documents.c.current_version,
            documents.c.effective_from,
            documents.c.effective_to,
            select(readers.c.principal)
            .where(readers.c.document_id == documents.c.id, readers.c.principal.in_(sorted(asker.principals)))
            .exists()
            .label("may_read"),
        ).join(documents, documents.c.id == chunks.c.document_id)
        with self._engine.connect() as connection:
            for some in batches(ids):
                for row in connection.execute(query.where(chunks.c.id.in_(some))):
                    if not row.may_read:
                        found[row.id] = KeptOut(row.id, row.path, "access")
                    elif bases is not None and row.knowledge_base not in bases:
                        found[row.id] = KeptOut(row.id, row.path, "knowledge-base")
                    elif row.version != row.current_version:
                        found[row.id] = KeptOut(row.id, row.path, "version")
                    elif (row.effective_from or as_of) > as_of or (row.effective_to or f"{as_of}z") <= as_of:
                        found[row.id] = KeptOut(row.id, row.path, "validity")
        return [found[id] for id in ids if id in found]

    def person(self, name: str) -> Asker | None:
        """Return the account of this name as it would ask, None when there is none or it is disabled."""
        with self._engine.connect() as connection:
            row = connection.execute(
                select(users.c.name, users.c.role).where(users.c.name == name, users.c.disabled.is_(False))
            ).one_or_none()
            if row is None:
                return None
            groups = connection.execute(select(memberships.c.group).where(memberships.c.user == name)).scalars()
            return Asker(row.name, frozenset(groups), is_admin=row.role == "admin", role=row.role)
