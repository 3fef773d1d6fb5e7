"""Who may read what is one decision, heeded by every way of asking, and counted when it changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from adapters.records import Asker, Bases
from adapters.stores.words import FtsIndex
from ingest.keep import sync
from ingest.pipeline import Parts
from tests.parts import ANN, BOB, small_parts

TODAY = "2026-11-22"


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    stored = small_parts(tmp_path)
    for name, readers in (("hr", ["group:hr"]), ("all", ["public"]), ("nobody", []), ("bob", ["user:bob"])):
        (tmp_path / "docs" / name).mkdir(parents=True)
        (tmp_path / "docs" / name / "rule.txt").write_text(f"the {name} rule\n\nits second part", encoding="utf-8")
        (tmp_path / "docs" / name / ".zhiwen.toml").write_text(f"readers = {readers}", encoding="utf-8")
    list(sync(tmp_path / "docs", "kb", stored))
    return stored


def readable(parts: Parts, asker: Asker) -> set[str]:
    """Return what every way of asking agrees on."""
    library = parts.library
    names = {entry.id: entry.path.split("/")[0] for entry in library.entries()}
    vector = parts.embedder.embed_query("rule")
    ways = [
        {names[entry.id] for entry in library.readable(asker)},
        {names[id.split(":")[0]] for id in library.permitted(sorted(library.chunk_ids()), asker, TODAY)},
        {names[id.split(":")[0]] for id in library.permitted(sorted(library.chunk_ids()) * 300, asker, TODAY)},
        {names[id.split(":")[0]] for id in library.open_chunks(asker, TODAY)},
        {names[id.split(":")[0]] for id in library.nearest_permitted(vector, asker, TODAY, 99)},
        {name for id, name in names.items() if library.version_text(id, 1, asker)},
    ]
    assert all(way == ways[0] for way in ways), ways
    return ways[0]


def test_every_way_of_asking_decides_alike(parts: Parts) -> None:
    assert readable(parts, ANN) == {"hr", "all"}
    assert readable(parts, BOB) == {"all", "bob"}
    assert readable(parts, Asker("root", is_admin=True)) == {"all"}


def test_people_who_read_together_see_what_each_of_them_may(parts: Parts) -> None:
    assert readable(parts, Asker("ann", frozenset({"hr"}), others=(BOB,))) == {"all"}
    colleague = Asker("eve", frozenset({"hr"}))
    assert readable(parts, Asker("ann", frozenset({"hr"}), others=(colleague,))) == {"hr", "all"}


def found_in(parts: Parts, asker: Asker, bases: Bases) -> set[str]:
    """Return what every way of searching agrees on."""
    library = parts.library
    names = {entry.id: entry.path.split("/")[0] for entry in library.entries()}
    ids, vector = sorted(library.chunk_ids()), parts.embedder.embed_query("rule")
    ways = [
        {names[id.split(":")[0]] for id in found}
        for found in (
            library.permitted(ids, asker, TODAY, bases),
            library.permitted(ids * 300, asker, TODAY, bases),
            library.open_chunks(asker, TODAY, bases),
            library.nearest_permitted(vector, asker, TODAY, 99, bases),
        )
    ]
    assert all(way == ways[0] for way in ways), ways
    return ways[0]


def test_a_question_to_one_knowledge_base_finds_what_is_in_it_and_may_be_read(parts: Parts, tmp_path: Path) -> None:
    for name, readers in (("plants", ["public"]), ("wages", ["group:hr"])):
        (tmp_path / "other" / name).mkdir(parents=True)
        (tmp_path / "other" / name / "rule.txt").write_text(f"the {name} rule", encoding="utf-8")
        (tmp_path / "other" / name / ".zhiwen.toml").write_text(f"readers = {readers}", encoding="utf-8")
    list(sync(tmp_path / "other", "other", parts))
    assert found_in(parts, ANN, None) == {"hr", "all", "plants", "wages"}
    assert found_in(parts, ANN, frozenset({"kb"})) == {"hr", "all"}
    assert found_in(parts, ANN, frozenset({"other"})) == {"plants", "wages"}
    assert found_in(parts, BOB, frozenset({"other"})) == {"plants"}
    assert found_in(parts, BOB, frozenset({"kb", "other"})) == {"all", "bob", "plants"}
    assert found_in(parts, ANN, frozenset()) == found_in(parts, ANN, frozenset({"no such"})) == set()


def test_a_document_that_moves_to_another_knowledge_base_is_found_there_at_once(parts: Parts) -> None:
    assert found_in(parts, BOB, frozenset({"kb"})) == {"all", "bob"}
    entry = next(entry for entry in parts.library.entries() if entry.path.startswith("all/"))
    parts.library.note(replace(entry, knowledge_base="other"), ("public",))
    assert found_in(parts, BOB, frozenset({"kb"})) == {"bob"}
    assert found_in(parts, BOB, frozenset({"other"})) == {"all"}


def test_a_change_of_readers_counts_at_once_everywhere(parts: Parts) -> None:
    assert readable(parts, BOB) == {"all", "bob"}
    entry = next(entry for entry in parts.library.entries() if entry.path.startswith("all/"))
    parts.library.note(entry, ("group:hr",))
    assert readable(parts, BOB) == {"bob"}


def test_the_scan_follows_new_editions_and_removals(parts: Parts, tmp_path: Path) -> None:
    vector = parts.embedder.embed_query("something else entirely")
    assert len(parts.library.nearest_permitted(vector, BOB, TODAY, 99)) == 4
    (tmp_path / "docs" / "all" / "rule.txt").write_text("something else entirely", encoding="utf-8")
    (tmp_path / "docs" / "bob" / "rule.txt").unlink()
    list(sync(tmp_path / "docs", "kb", parts))
    ((id, cosine),) = parts.library.nearest_permitted(vector, BOB, TODAY, 99).items()
    assert id.split(":")[1] == "2" and cosine > 0.99


def test_the_knowledge_version_moves_with_what_shows_and_with_nothing_else(parts: Parts, tmp_path: Path) -> None:
    def version() -> int:
        return int(parts.library.answers_for(BOB)[1])  # type: ignore[attr-defined]

    before = version()
    list(sync(tmp_path / "docs", "kb", parts))
    entry = parts.library.entries()[0]
    parts.library.note(entry, entry.readers)
    assert version() == before
    (tmp_path / "docs" / "all" / ".zhiwen.toml").write_text('readers = ["group:hr"]', encoding="utf-8")
    list(sync(tmp_path / "docs", "kb", parts))
    assert version() > before


def test_one_signature_for_the_same_rights_only(parts: Parts) -> None:
    def signature(asker: Asker) -> str:
        return str(parts.library.answers_for(asker)[0])  # type: ignore[attr-defined]

    eve = Asker("eve", frozenset({"hr", "a group that no document names"}))
    assert signature(ANN) == signature(eve)
    assert len({signature(asker) for asker in (ANN, BOB, Asker("carl"), Asker("bob", frozenset({"hr"})))}) == 4


def test_single_documents_name_their_readers_and_a_folder_below_starts_anew(tmp_path: Path) -> None:
    parts = small_parts(tmp_path)
    folder = tmp_path / "docs"
    for place in ("pay.txt", "menu.txt", "open/pay.txt"):
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_text(place, encoding="utf-8")
    (folder / ".zhiwen.toml").write_text('[documents]\n"pay*" = ["user:ann"]', encoding="utf-8")
    (folder / "open" / ".zhiwen.toml").write_text('readers = ["public"]', encoding="utf-8")
    list(sync(folder, "kb", parts))
    assert {entry.path for entry in parts.library.readable(BOB)} == {"menu.txt", "open/pay.txt"}
    assert {entry.path for entry in parts.library.readable(ANN)} == {"menu.txt", "open/pay.txt", "pay.txt"}


def test_words_are_ranked_among_the_ids_given_and_common_ones_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    index = FtsIndex(":memory:")
    index.add([f"d:{n}" for n in range(30)], [f"common word{n}" for n in range(30)])
    assert {id for id, _ in index.search("common", 99, ["d:3", "d:7", "unknown"])} == {"d:3", "d:7"}
    assert index.search("common", 99, []) == []
    monkeypatch.setattr("adapters.stores.words.MOST_ROWS", 10)
    assert [id for id, _ in index.search("common word5", 99)] == ["d:5"]
    assert len(index.search("common", 99)) == 30
    index.close()
