"""The sample knowledge base keeps what its questions promise; files are read here without the product's own parsers."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import docx
import lxml.html
import openpyxl
import pypdfium2
import pytest

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "app" / "sample"
SOURCES = ROOT / "benchmarks" / "sample_sources"
DATA = Path(__file__).parent / "data"
DOCUMENTS = sorted(path for path in (SAMPLE / "documents").rglob("*") if path.is_file())


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


GOLD = _lines(DATA / "sample_gold.jsonl")
CHIPS = _lines(DATA / "sample_chips.jsonl")
QUESTIONS = GOLD + CHIPS


def _docx(path: Path) -> Iterator[str]:
    for block in docx.Document(str(path)).iter_inner_content():
        if isinstance(block, docx.table.Table):
            yield from (cell.text for row in block.rows for cell in row.cells)
        else:
            yield block.text


def _xlsx(path: Path) -> Iterator[str]:
    for sheet in openpyxl.load_workbook(path):
        yield sheet.title
        for cell in (cell for row in sheet.iter_rows() for cell in row if cell.value is not None):
            yield f"{cell.value:.0%}" if cell.number_format == "0%" else str(cell.value)


def _pdf(path: Path) -> Iterator[str]:
    with pypdfium2.PdfDocument(path) as document:
        for page in document:
            yield page.get_textpage().get_text_range()


def _html(path: Path) -> Iterator[str]:
    # From bytes, so that the declared encoding is what decides.
    yield lxml.html.document_fromstring(path.read_bytes()).text_content()


READERS = {".docx": _docx, ".xlsx": _xlsx, ".pdf": _pdf, ".html": _html, ".md": lambda path: [path.read_text("utf-8")]}


def _folded(text: str) -> str:
    return re.sub(r"\s+", "", text)


@cache
def _text(path: Path) -> str:
    return _folded("\n".join(READERS[path.suffix](path)))


def _name(question: dict[str, Any]) -> str:
    return str(question["id"])


def test_the_sample_is_small_and_mixed() -> None:
    assert 16 <= len(DOCUMENTS) <= 20
    assert {path.suffix for path in DOCUMENTS} == set(READERS)
    assert sum(path.stat().st_size for path in DOCUMENTS) < 1_000_000
    assert all(400 <= len(_text(path)) <= 5_000 for path in DOCUMENTS)


@pytest.mark.parametrize("question", [q for q in QUESTIONS if q["answerable"]], ids=_name)
def test_every_answer_stands_in_its_document(question: dict[str, Any]) -> None:
    text = _text(SAMPLE / question["doc_id"])
    standing = [_folded(answer) in text for answer in question["answers"]]
    assert any(standing) if question["answers_mode"] == "any" else standing and all(standing)
    assert all(_folded(evidence["quote"]) in text for evidence in question.get("evidence", []))
    assert all((SAMPLE / other).is_file() for other in question["also_ok"])


@pytest.mark.parametrize("question", [q for q in GOLD if not q["answerable"]], ids=_name)
def test_what_cannot_be_answered_is_in_no_document(question: dict[str, Any]) -> None:
    assert question["answers_mode"] == "refuse"
    assert question["doc_id"] is None
    assert question["checked_absent"]
    assert not [
        (path.name, string)
        for path in DOCUMENTS
        for string in question["checked_absent"]
        if _folded(string).lower() in _text(path).lower()
    ]


def test_the_gold_set_is_balanced() -> None:
    assert Counter(question["answerable"] for question in GOLD) == {True: 40, False: 20}
    assert len({question["id"] for question in QUESTIONS}) == len(QUESTIONS)
    kinds = {"fact", "version", "clause", "colloquial", "table", "code", "cross-lingual", "near-miss", "off-topic"}
    assert {question["kind"] for question in GOLD} == kinds
    asked = {question["doc_id"] for question in QUESTIONS if question["answerable"]}
    assert asked == {path.relative_to(SAMPLE).as_posix() for path in DOCUMENTS}


def test_the_chips_of_the_page_are_the_ones_that_were_checked() -> None:
    shown = json.loads((SAMPLE / "questions.json").read_text("utf-8"))
    assert shown == [{key: chip[key] for key in ("lang", "question", "answerable")} for chip in CHIPS]
    assert Counter((chip["lang"], chip["answerable"]) for chip in shown) == {
        ("zh", True): 4,
        ("zh", False): 1,
        ("en", True): 4,
        ("en", False): 1,
    }


def test_a_new_edition_names_the_one_it_replaces() -> None:
    replacing = [path for path in DOCUMENTS if path.suffix == ".md" and "\nreplaces: " in path.read_text("utf-8")]
    assert len(replacing) == 1
    old = re.search(r"^replaces: (.+)$", replacing[0].read_text("utf-8"), re.M)
    assert old
    assert "effective_to: 2024-12-31" in (replacing[0].parent / old[1]).read_text("utf-8")


def test_one_page_declares_gb18030_and_is_not_utf8() -> None:
    data = (SAMPLE / "documents" / "IT" / "值班管理规定.html").read_bytes()
    assert b'charset="gb18030"' in data
    with pytest.raises(UnicodeDecodeError):
        data.decode("utf-8")


@pytest.mark.parametrize("source", sorted(p for p in SOURCES.rglob("*") if p.is_file()), ids=lambda p: p.name)
def test_no_written_document_is_older_than_its_source(source: Path) -> None:
    target = SAMPLE / "documents" / source.relative_to(SOURCES)
    if source.suffix == ".html":
        assert target.read_bytes().decode("gb18030") == source.read_text("utf-8")
        return
    lines = (re.sub(r"^(#+|-) ", "", line) for line in source.read_text("utf-8").splitlines())
    pieces = [_folded(piece) for line in lines for piece in line.split("|") if not re.fullmatch(r"[\s-]*", piece)]
    text = _text(target.with_suffix(""))
    assert not [piece for piece in pieces if piece not in text]
