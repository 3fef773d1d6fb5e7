from __future__ import annotations

from pathlib import Path

from adapters.ports import NewVersion
from adapters.records import Document, Entry, Relation
from adapters.stores.database import open_database
from adapters.stores.relations import SqlRelations
from app.related import Explaining
from app.search import Search
from ingest.keep import sync
from ingest.pipeline import Parts
from ingest.relations import relations
from tests.parts import BOB, one_chunk_a_block, read_plain, small_parts


def made(text: str, tmp_path: Path, path: str = "manual/rules.md") -> NewVersion:
    file = tmp_path / "rules.md"
    file.write_text(text, encoding="utf-8")
    document: Document = read_plain(file)
    chunks = one_chunk_a_block(document, "d", 1)
    entry = Entry("d", "kb", path, str(file), "rules", "md", "ready", "", 1, 0, "", None, "")
    return NewVersion(entry, 1, document, chunks, None)  # type: ignore[arg-type]


def found(text: str, tmp_path: Path) -> list[Relation]:
    return relations(made(text, tmp_path))


def test_defined_terms_are_found_in_both_languages(tmp_path: Path) -> None:
    text = (
        "本法所称个人信息处理者，是指自主决定处理目的的组织。\n\n（一）网络数据，是指通过网络处理的电子数据。\n\n"
        "职工享受带薪年休假（以下简称年休假）。\n\nEligible Teammate means a full-time employee.\n\n他说的是指南。"
    )
    assert [one.name for one in found(text, tmp_path) if one.kind == "defines"] == [
        "个人信息处理者",
        "网络数据",
        "年休假",
        "eligible teammate",
    ]


def test_clauses_that_stand_and_clauses_that_are_cited_are_told_apart(tmp_path: Path) -> None:
    text = "第十条 依照本法第三条、第四条处罚。\n\n第十一条 按照《劳动法》第四十四条执行，另见《公司章程》。"
    text += "\n\nSee section 3.2."
    places = {(one.kind, one.name, one.target) for one in found(text, tmp_path)}
    assert places == {
        ("holds", "第10条", ""),
        ("cites", "第3条", ""),
        ("cites", "第4条", ""),
        ("holds", "第11条", ""),
        ("cites", "第44条", "劳动法"),
        ("cites", "3.2", ""),
    }


def test_links_lead_to_paths_of_the_knowledge_base(tmp_path: Path) -> None:
    text = "[form](../forms/leave%20form.md#top), [site](https://example.com/a.html), ![picture](a.png)"
    assert [one.name for one in found(text, tmp_path) if one.kind == "links"] == ["forms/leave form.md"]


def related_parts(tmp_path: Path) -> tuple[Parts, SqlRelations]:
    parts = small_parts(tmp_path)
    kept = SqlRelations(open_database(f"sqlite:///{tmp_path / 'zhiwen.db'}"))
    object.__setattr__(parts, "relate", lambda new: kept.keep({(m.entry.id, m.version): relations(m) for m in new}))
    return parts, kept


RULES = (
    "第一条 本办法所称试岗，是指入职头三十日。\n\n第二条 违反第九条的，扣奖金。\n\n第九条 不得泄密。\n\n第十条 附则。"
)


def fillers(docs: Path) -> None:
    """Documents that are nearer to the questions than what the rules refer to."""
    for number in range(6):
        (docs / f"bonus{number}.txt").write_text(f"违反奖金吗{number}", encoding="utf-8")


def why(parts: Parts, kept: SqlRelations, question: str) -> dict[str, str]:
    search = Search(
        parts.library,
        parts.vectors,
        parts.words,
        parts.embedder,
        lambda terms: dict.fromkeys(terms, 1.0),
        related=Explaining(kept),
    )
    return {p.why: p.chunk.text for p in search(question, BOB).passages if p.why}


def test_a_definition_and_a_cited_clause_come_with_the_passage_that_needs_them(tmp_path: Path) -> None:
    parts, kept = related_parts(tmp_path)
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "rules.txt").write_text(RULES, encoding="utf-8")
    fillers(docs)
    list(sync(docs, "kb", parts))
    assert why(parts, kept, "违反的扣奖金吗") == {"cited: 第9条": "第九条 不得泄密。"}
    assert "defines 试岗" in why(parts, kept, "违反的扣奖金吗，试岗")


def test_relations_switch_with_the_version_and_go_with_the_document(tmp_path: Path) -> None:
    parts, kept = related_parts(tmp_path)
    docs = tmp_path / "docs"
    docs.mkdir()
    file = docs / "rules.txt"
    file.write_text(RULES, encoding="utf-8")
    fillers(docs)
    list(sync(docs, "kb", parts))
    file.write_text(RULES.replace("第九条", "第八条"), encoding="utf-8")
    list(sync(docs, "kb", parts))
    assert set(why(parts, kept, "违反的扣奖金吗")) == {"cited: 第8条"}
    file.unlink()
    list(sync(docs, "kb", parts))
    assert kept.cited(sorted(parts.library.chunk_ids()) or ["none"]) == []
