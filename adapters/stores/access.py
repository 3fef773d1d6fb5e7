"""Who may read a document: the one decision, as a condition that every query over documents carries.

Default deny: a document without readers is nobody's, and being an administrator opens none. Several people who read
together (a group chat) see what each of them may read.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, Select, and_, or_, select, true

from adapters.records import Asker, Bases
from adapters.stores.schema import bound_readers, documents, readers


def may_read(asker: Asker) -> ColumnElement[bool]:
    """Return the condition under which this asker, and everyone who reads along, may read a row of `documents`."""
    return and_(
        *(
            select(readers.c.principal)
            .where(readers.c.document_id == documents.c.id, readers.c.principal.in_(sorted(principals)))
            .exists()
            for principals in asker.circle
        )
    )


def readable_ids(asker: Asker) -> Select[tuple[str]]:
    """Return a query of the ids of all documents that `may_read` holds for; its cost follows what may be read."""
    first, *others = (
        select(readers.c.document_id).where(readers.c.principal.in_(sorted(principals))) for principals in asker.circle
    )
    for other in others:
        first = first.where(readers.c.document_id.in_(other))
    return first.distinct()


def within(bases: Bases) -> ColumnElement[bool]:
    """Return the condition under which a row of `documents` is of the knowledge bases named; None names all."""
    return true() if bases is None else documents.c.knowledge_base.in_(sorted(bases))


def in_force(as_of: str) -> ColumnElement[bool]:
    """Return the condition under which a row of `documents` holds on a day (ISO date)."""
    return and_(
        or_(documents.c.effective_from.is_(None), documents.c.effective_from <= as_of),
        or_(documents.c.effective_to.is_(None), documents.c.effective_to > as_of),
    )


def allows(access: str, asker: Asker) -> bool:
    """Make the same decision from a list of readers, one a line, for what is no row of `documents` any more."""
    listed = set(access.split("\n")) if access else set()
    return all(listed & principals for principals in asker.circle)


def signature(connection: Connection, asker: Asker) -> str:
    """Name what an asker may read: two with one signature may read the same documents while no reader list changes.

    Only principals that some document or a part of one names count, so people of the same groups share a signature.
    """

    def is_named(principal: str) -> bool:
        queries = (
            select(of.c.principal).where(of.c.principal == principal).limit(1) for of in (readers, bound_readers)
        )
        return any(connection.execute(query).first() is not None for query in queries)

    return "\n\n".join(sorted("\n".join(filter(is_named, sorted(principals))) for principals in asker.circle))
