"""What documents say of their own words and of each other, in the document store's database.

Written before a version answers and read only for the versions that answer, so it switches with them. It decides
nothing about access: what it names is asked of the store like anything else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Engine, delete, insert, select

from adapters.records import Relation
from adapters.stores.ledger import batches
from adapters.stores.schema import documents, relations


class SqlRelations:
    """Keeps `Relation`s by document and version."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(self, new: Mapping[tuple[str, int], Sequence[Relation]]) -> None:
        """Keep the relations of versions that are about to answer; those of the answering version stay meanwhile."""
        ids = [document for document, _ in new]
        with self._engine.begin() as connection:
            known = {
                row.id: row.current_version
                for row in connection.execute(
                    select(documents.c.id, documents.c.current_version).where(documents.c.id.in_(ids))
                )
            }
            rows = []
            for (document, version), found in new.items():
                if document not in known:
                    continue  # forgotten meanwhile
                connection.execute(
                    delete(relations).where(
                        relations.c.document_id == document, relations.c.version != (known[document] or 0)
                    )
                )
                rows += [
                    {
                        "document_id": document,
                        "version": version,
                        "chunk_id": one.chunk_id,
                        "kind": one.kind,
                        "name": one.name,
                        "target": one.target,
                    }
                    for one in found
                ]
            if rows:
                connection.execute(insert(relations), rows)

    def cited(self, chunk_ids: Sequence[str]) -> list[tuple[str, str]]:
        """Return (chunk id, what is cited) of the clauses that these chunks refer to, in their order."""
        found: list[tuple[str, str]] = []
        with self._engine.connect() as connection:
            query = select(relations).where(relations.c.chunk_id.in_(chunk_ids), relations.c.kind == "cites")
            rows = sorted(connection.execute(query), key=lambda row: (chunk_ids.index(row.chunk_id), row.id))
            for row in rows:
                holder = select(relations.c.chunk_id).join(documents, _answers).where(
                    relations.c.kind == "holds", relations.c.name == row.name
                )  # fmt: skip
                if row.target:
                    holder = holder.where(documents.c.title.in_(_titles(row.target)))
                else:
                    holder = holder.where(relations.c.document_id == row.document_id)
                title = f"《{row.target}》" if row.target else ""
                found += [(id, f"{title}{row.name}") for id in connection.execute(holder.limit(2)).scalars()]
        return found

    def defined(self, document_ids: Sequence[str], text: str) -> list[tuple[str, str]]:
        """Return (chunk id, term) of the terms that these documents define and the folded text uses, longest first."""
        found: list[tuple[str, str]] = []
        with self._engine.connect() as connection:
            for some in batches(document_ids):
                query = (
                    select(relations.c.chunk_id, relations.c.name)
                    .join(documents, _answers)
                    .where(relations.c.document_id.in_(some), relations.c.kind == "defines")
                )
                found += [(row.chunk_id, row.name) for row in connection.execute(query) if row.name in text]
        return sorted(found, key=lambda pair: -len(pair[1]))


_answers = (documents.c.id == relations.c.document_id) & (documents.c.current_version == relations.c.version)


def _titles(named: str) -> tuple[str, ...]:
    """Return the titles that a reference by name may mean: laws are cited without the name of the country."""
    return named, f"中华人民共和国{named}", named.removeprefix("中华人民共和国")
