"""A file that crashes, hangs or swells costs its reader, never the program; the next file goes on."""

import os
import subprocess
import sys
import time

import pytest

from adapters.errors import EmptyFile, UnreadableFile
from ingest.parse import parse_bytes
from ingest.parse.wire import dump, load
from ingest.parse.worker import Pool
from tests.ingest import files


@pytest.fixture
def pool():
    pool = Pool()
    yield pool
    pool.close()


def child(body: str) -> tuple[str, ...]:
    """A reader that does not do as it should."""
    return (sys.executable, "-c", f"import os, sys, time\nsys.stdin.buffer.readline()\n{body}")


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "a.md"
    path.write_text("# 标题\n\n内容。\n", encoding="utf-8")
    return path


def test_a_document_comes_back_whole(pool, text):
    document = pool.parse(text)
    assert document == parse_bytes(text.read_bytes(), "a.md")


def test_one_child_reads_many_files(pool, text):
    pool.parse(text)
    process = pool._idle[False][0]._process.pid
    pool.parse(text)
    assert pool._idle[False][0]._process.pid == process


def test_reasons_and_their_kinds_cross(pool, tmp_path):
    (tmp_path / "empty.txt").write_bytes(b"")
    with pytest.raises(EmptyFile, match="empty"):
        pool.parse(tmp_path / "empty.txt")
    (tmp_path / "locked.pdf").write_bytes(files.pdf(["BT ET"], locked=True))
    with pytest.raises(UnreadableFile, match="password"):
        pool.parse(tmp_path / "locked.pdf")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("time.sleep(60)", "too long"),
        ("os.kill(os.getpid(), 11)", "broke its reader"),
        ("os._exit(3)", "broke its reader"),
        ("sys.stdout.buffer.write((1 << 62).to_bytes(8, 'big')); sys.stdout.flush(); time.sleep(60)", "more text"),
        ("sys.stdout.buffer.write(b'half'); sys.stdout.flush(); time.sleep(60)", "too long"),
        ("sys.stdout.buffer.write((1).to_bytes(8, 'big') + b'M'); sys.stdout.flush(); time.sleep(60)", "memory"),
    ],
)
def test_a_reader_gone_wrong_is_ended_with_a_reason(text, body, reason):
    bad = Pool(command=child(body))
    begun = time.monotonic()
    with pytest.raises(UnreadableFile, match=reason):
        bad.parse(text, seconds=0.5)
    assert time.monotonic() - begun < 10
    assert not bad._idle[False]


def test_after_a_bad_file_the_next_one_is_read(pool, text, tmp_path):
    big = tmp_path / "big.md"
    big.write_text("# 标题\n\n" + "正文。\n\n" * 400_000, encoding="utf-8")
    with pytest.raises(UnreadableFile, match="too long"):
        pool.parse(big, seconds=0.2)
    assert pool.parse(text).title == "标题"


def test_a_file_that_needs_more_memory_than_allowed_is_refused(pool, text, tmp_path):
    big = tmp_path / "big.md"
    big.write_bytes(b"x" * 60_000_000)
    with pytest.raises(UnreadableFile, match=r"memory|broke"):
        pool.parse(big, memory_mb=200, max_chars=100_000_000)
    assert pool.parse(text).title == "标题"


def test_names_that_are_no_unicode_cross(pool, tmp_path):
    path = os.fsencode(tmp_path) + b"/\xff\xfe.md"
    with open(path, "wb") as file:  # noqa: PTH123
        file.write("文字。".encode())
    assert pool.parse(os.fsdecode(path)).text == "文字。"


def test_the_pool_brings_no_engine_along():
    heavy = "{'gradio', 'torch', 'chromadb', 'numpy', 'lxml', 'docx', 'openpyxl', 'pypdfium2'}"
    code = f"import sys, ingest.parse.worker, ingest.parse.child; print(sorted(set(sys.modules) & {heavy}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_document_survives_the_wire_in_every_detail():
    document = parse_bytes(
        files.pdf([files.lines([(72, 700, 24, "Title"), (72, 650, 12, "Some words here.")])]), "a.pdf"
    )
    assert load(dump(document)) == document
    assert document.blocks[0].box is not None
    assert b"\n" not in dump(document)


def test_a_wire_message_that_lies_is_refused():
    with pytest.raises(ValueError, match="outside"):
        load(
            b'{"title":"t","text":"abc","format":"md","metadata":{},"warnings":[],"paths":[[]],'
            b'"blocks":[["text",0,99,0,null,null,null]]}'
        )
