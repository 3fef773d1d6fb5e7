"""Wire the real parts: the one place that reads settings and chooses engines."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from filelock import FileLock, Timeout
from sqlalchemy import Engine

from adapters.chat.extractive import ExtractiveChat
from adapters.chat.served import ServedChat
from adapters.chat.standby import StandbyChat
from adapters.errors import DataFolderBroken, DataFolderInUse
from adapters.ports import ChatModel, Embedder, Ledger, LexicalIndex, VectorIndex
from adapters.records import Chunk, Document, Limits
from adapters.stores.accounts import Accounts
from adapters.stores.acts import Acts
from adapters.stores.api_keys import ApiKeys
from adapters.stores.audit_log import AuditLog, salt_in
from adapters.stores.cited import cited_hashes
from adapters.stores.database import open_database
from adapters.stores.directory import Directory
from adapters.stores.inbox import Inbox
from adapters.stores.journal import Journal
from adapters.stores.library import SqlLibrary, text_hash
from adapters.stores.originals import KeptOriginals
from adapters.stores.vectors import open_chroma
from adapters.stores.words import FtsIndex
from app.answer import Parts as AnswerParts
from app.assistant import SAMPLE, Assistant, ChatState
from app.engines import Say, choose_chat, open_embedder
from app.gate import default_gate
from app.line import Line
from app.metrics import CountedJournal, Metrics
from app.originals import Originals
from app.outside import directory_of, service_of
from app.people import People
from app.search import Search
from app.service import Service
from app.settings import Settings
from app.traffic import Traffic
from ingest.parse.show import Viewer
from ingest.parse.worker import Pool as ParserPool
from ingest.pipeline import Parts as IngestParts
from ingest.scan import Folder, watched
from ingest.split import split
from ingest.templates import Template
from moderation.audit import FIRST, AuditTrail
from moderation.moderator import Moderator
from moderation.policy import DEFAULT_POLICY, load_policy
from moderation.render import known

# Names how files are parsed and split; a new name makes every file be read again.
RECIPE = "1"


@dataclass(frozen=True)
class Built:
    """Everything that belongs to one data folder, wired."""

    settings: Settings
    assistant: Assistant
    people: People
    service: Service
    search: Search
    ingest: IngestParts
    folders: tuple[Folder, ...]
    inbox: Inbox
    directory: Directory


@contextmanager
def build(settings: Settings, say: Say = lambda text: None) -> Iterator[Built]:
    """Open the data folder and wire the parts; everything is closed on leaving.

    `say` hears of long steps. The embedding model is fetched and loaded; the chat model is not until
    `built.assistant.parts.chat.load()`. Raises DataFolderInUse, DataFolderBroken, ModelMissing, ModelCorrupt.
    """
    folder = settings.data.folder
    with ExitStack() as stack:
        stack.enter_context(_owned(folder))
        engine = open_database(f"sqlite:///{folder / 'zhiwen.db'}")
        stack.callback(engine.dispose)
        library = SqlLibrary(engine)
        embedder = open_embedder(settings, say)
        vectors, words = _indexes(settings, folder / "index", embedder, say)
        stack.callback(words.close)
        parser = ParserPool()
        stack.callback(parser.close)
        search = Search(
            library,
            vectors,
            words,
            embedder,
            weigh=lambda terms: inverse_frequencies(terms, words),
            lexical_weight=settings.search.lexical_weight,
            candidates=settings.search.candidates,
            overfetch=settings.search.overfetch,
        )
        audit_log = AuditLog(engine)
        gate = default_gate()
        extract = ExtractiveChat(embedder)
        chat = choose_chat(settings, extract, say)
        if isinstance(chat, StandbyChat):
            stack.callback(chat.close)
        parts = AnswerParts(
            search=lambda question, asker: search(question, asker, settings.search.passages),
            gate=gate,
            weigh=lambda terms: inverse_frequencies(terms, words),
            chat=chat,
            extract=extract,
            moderator=Moderator(
                load_policy(settings.moderation.policy or DEFAULT_POLICY),
                AuditTrail(audit_log, salt_in(folder / "audit.salt"), audit_log.last() or FIRST).record,
            ),
            passage_tokens=settings.chat.passage_tokens,
            quote=settings.chat.quote,
            reads=settings.chat.model == gate.reader,
            limits=Limits(max_tokens=settings.chat.answer_tokens, seconds=settings.chat.seconds),
            line=Line(settings.chat.together, settings.chat.waiting),
            linked=known(settings.moderation.links),
        )
        people = _people(engine, settings)
        traffic, metrics = Traffic(), Metrics()
        journal = CountedJournal(Journal(engine), metrics)
        viewer = Viewer()
        stack.callback(viewer.close)
        kept = KeptOriginals(folder / "originals", settings.knowledge.originals_mb * 1_000_000)
        originals = Originals(library, viewer, kept, lambda: cited_hashes(engine))
        kept.prune(originals.cited_hashes)
        assistant = Assistant(parts, library, people, journal, lambda: _chat_state(chat), originals, traffic)
        yield Built(
            settings=settings,
            assistant=assistant,
            people=people,
            service=service_of(settings, engine, assistant, people, search, embedder, library, metrics),
            search=search,
            ingest=IngestParts(
                library=library,
                vectors=vectors,
                words=words,
                embedder=embedder,
                parse=parser.parse,
                split=lambda document, id, version: _split(document, id, version, embedder),
                hash_text=text_hash,
                yield_to=traffic.let_pass,
                recipe=RECIPE,
            ),
            folders=_folders(settings),
            inbox=Inbox(engine),
            directory=Directory(engine),
        )


@contextmanager
def _owned(folder: Path) -> Iterator[None]:
    """Hold the data folder for this process: the embedded vector index loses rows when two processes write."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "index").mkdir(exist_ok=True)
        lock = FileLock(folder / "zhiwen.lock", timeout=0)
        lock.acquire()
    except Timeout as cause:
        raise DataFolderInUse(
            f"The data folder {folder} is in use by another Zhiwen. Ask in its page, stop it, "
            "or name another folder with --data or ZHIWEN_DATA."
        ) from cause
    except OSError as cause:
        raise DataFolderBroken(_unusable(folder, cause)) from cause
    try:
        yield
    finally:
        lock.release()


def _unusable(folder: Path, cause: OSError) -> str:
    return f"The data folder {folder} cannot be used ({cause}). Make it writable, or name another with --data."


def _indexes(settings: Settings, folder: Path, embedder: Embedder, say: Say) -> tuple[VectorIndex, FtsIndex]:
    """Open both indexes; one that cannot be read is thrown away and filled again from the store."""
    return _vector_index(settings, folder, embedder, say), _word_index(folder, say)


def _vector_index(settings: Settings, folder: Path, embedder: Embedder, say: Say) -> VectorIndex:
    if settings.search.index == "exact":
        from adapters.stores.exact import ExactVectors

        return ExactVectors()
    name = "".join(char if char.isalnum() else "-" for char in embedder.id)[:200]
    try:
        return open_chroma(folder / "vectors", name)
    except DataFolderBroken as problem:
        say(str(problem))
        shutil.rmtree(folder / "vectors", ignore_errors=True)
        return open_chroma(folder / "vectors", name)


def _word_index(folder: Path, say: Say) -> FtsIndex:
    try:
        return FtsIndex(folder / "words.db")
    except DataFolderBroken as problem:
        say(str(problem))
        for leftover in folder.glob("words.db*"):
            leftover.unlink()
        return FtsIndex(folder / "words.db")


def inverse_frequencies(terms: Sequence[str], words: LexicalIndex) -> Mapping[str, float]:
    """Weigh terms by how rare they are: ln(1 + (N - n + 0.5) / (n + 0.5)), as BM25 does (Robertson, 2009)."""
    found, total = words.document_frequency(terms), max(words.count(), 1)
    return {term: math.log(1 + (total - found.get(term, 0) + 0.5) / (found.get(term, 0) + 0.5)) for term in set(terms)}


def _split(document: Document, document_id: str, version: int, embedder: Embedder) -> list[Chunk]:
    return split(
        document,
        document_id=document_id,
        version_label=str(version),
        count_tokens=embedder.count_tokens,
        template=cast(Template, document.metadata.get("template", "auto")),
    )


def _folders(settings: Settings) -> tuple[Folder, ...]:
    """Return the watched folders; without any, the one in the data folder, made with the sample documents in it."""
    knowledge = settings.knowledge
    if knowledge.folders:
        pairs = [(folder, knowledge.name) for folder in knowledge.folders]
        return watched(pairs, knowledge.include, knowledge.ignore, knowledge.polling, knowledge.readers)
    folder = settings.data.folder / "knowledge"
    if not folder.exists():
        if knowledge.sample:
            shutil.copytree(SAMPLE / "documents", folder)
        else:
            folder.mkdir()
    return watched([(folder, knowledge.name)], knowledge.include, knowledge.ignore, (), knowledge.readers)


def _chat_state(chat: ChatModel) -> ChatState:
    if isinstance(chat, StandbyChat):
        detail = chat.state.text
        if chat.state.kind == "ready" and isinstance(chat.primary, ServedChat):
            health = chat.primary.health()
            detail = f"{health.state}, {health.memory_mb} MB, {health.chats} chats, {health.restarts} restarts"
            if health.state != "ready":
                return ChatState(chat.primary.name, "loading", health.text)
        return ChatState(chat.name, chat.state.kind, detail)
    return ChatState(chat.name, "ready")


def chat_loaded(built: Built, say: Say) -> None:
    """Wait until the configured chat model answers, or has failed and extracts do."""
    chat = built.assistant.parts.chat
    chat.load()
    if isinstance(chat, StandbyChat):
        state = chat.wait()
        if state.kind == "failed":
            say(state.text)


@contextmanager
def people_of(settings: Settings) -> Iterator[People]:
    """Open the accounts of a data folder; safe beside a running service."""
    with _database(settings) as engine:
        yield _people(engine, settings)


def _people(engine: Engine, settings: Settings) -> People:
    web = settings.web
    accounts = Accounts(engine, web.session_hours * 3600, web.lock_after, web.lock_minutes * 60)
    return People(accounts, ApiKeys(engine), Acts(engine), directory_of(settings))


@contextmanager
def messengers_of(settings: Settings) -> Iterator[Directory]:
    """Open the table of messenger accounts of a data folder; safe beside a running service."""
    with _database(settings) as engine:
        yield Directory(engine)


@contextmanager
def ledger_of(settings: Settings) -> Iterator[Ledger]:
    """Open the ledger of a data folder; safe beside a running service."""
    with _database(settings) as engine:
        yield SqlLibrary(engine)


@contextmanager
def _database(settings: Settings) -> Iterator[Engine]:
    try:
        settings.data.folder.mkdir(parents=True, exist_ok=True)
    except OSError as cause:
        raise DataFolderBroken(_unusable(settings.data.folder, cause)) from cause
    engine = open_database(f"sqlite:///{settings.data.folder / 'zhiwen.db'}")
    try:
        yield engine
    finally:
        engine.dispose()
