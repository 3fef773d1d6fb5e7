"""Wire the real parts: the one place that reads settings and chooses engines."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from filelock import FileLock, Timeout
from sqlalchemy import Engine

from adapters.chat.extractive import ExtractiveChat
from adapters.chat.standby import StandbyChat
from adapters.errors import DataFolderBroken, DataFolderInUse
from adapters.ports import ChatModel, Embedder, Ledger, LexicalIndex, Listing, VectorIndex
from adapters.records import Chunk, Document, Limits
from adapters.stores.accounts import Accounts
from adapters.stores.audit_log import AuditLog, salt_in
from adapters.stores.database import open_database
from adapters.stores.filters import SqlFilters
from adapters.stores.journal import Journal
from adapters.stores.library import SqlLibrary, text_hash
from adapters.stores.listing import SqlListing
from adapters.stores.relations import SqlRelations
from adapters.stores.vectors import open_chroma
from adapters.stores.words import FtsIndex
from app.answer import Parts as AnswerParts
from app.asked import Understand
from app.assistant import SAMPLE, Assistant, ChatState
from app.desks import Desks
from app.documents import Documents
from app.engines import Say, choose_chat, open_embedder
from app.explain import SearchTest
from app.gate import default_gate
from app.related import Explaining
from app.rerank import default_reranker
from app.search import Search
from app.settings import Settings
from app.spelling import corrections
from app.synonyms import EVERYDAY, Synonyms
from app.synonyms import NAME as SYNONYMS
from app.traffic import Traffic
from ingest.parse.worker import Pool as ParserPool
from ingest.pipeline import Parts as IngestParts
from ingest.relations import relations as find_relations
from ingest.scan import Folder, watched
from ingest.split import split
from ingest.templates import Template
from moderation.audit import FIRST, AuditTrail
from moderation.moderator import Moderator
from moderation.policy import DEFAULT_POLICY, load_policy

# Names how files are parsed and split; a new name makes every file be read again.
RECIPE = "2"


@dataclass(frozen=True)
class Built:
    """Everything that belongs to one data folder, wired."""

    settings: Settings
    assistant: Assistant
    accounts: Accounts
    search: Search
    search_test: SearchTest
    ingest: IngestParts
    folders: tuple[Folder, ...]
    listing: Listing

    def desks(self, ask: Callable[[Path], None]) -> Desks:
        """Return what the managing pages work on; `ask` makes the ingesting look at a place at once."""
        most_bytes = self.settings.web.upload_mb * 1_000_000
        return Desks(Documents(self.listing, self.ingest, self.folders, ask, most_bytes), self.search_test)


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
        vectors, words = _indexes(folder / "index", embedder, say)
        stack.callback(words.close)
        parser = ParserPool()
        stack.callback(parser.close)
        folders = _folders(settings)
        relations = SqlRelations(engine)
        search = _search(settings, library, vectors, words, embedder, folders, relations)
        audit_log = AuditLog(engine)
        gate = default_gate()
        extract = ExtractiveChat(embedder)
        chat = choose_chat(settings, extract, say)
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
        )
        accounts = Accounts(engine, settings.web.session_hours * 3600)
        traffic = Traffic()
        yield Built(
            settings=settings,
            assistant=Assistant(parts, library, accounts, Journal(engine), lambda: _chat_state(chat), traffic),
            accounts=accounts,
            search=search,
            search_test=SearchTest(search, SqlFilters(engine), settings.search.passages),
            ingest=IngestParts(
                library=library,
                vectors=vectors,
                words=words,
                embedder=embedder,
                parse=parser.parse,
                split=lambda document, id, version: _split(document, id, version, embedder),
                hash_text=text_hash,
                yield_to=traffic.let_pass,
                relate=lambda new: relations.keep({(m.entry.id, m.version): find_relations(m) for m in new}),
                recipe=RECIPE,
            ),
            folders=folders,
            listing=SqlListing(engine),
        )


def _search(
    settings: Settings,
    library: SqlLibrary,
    vectors: VectorIndex,
    words: FtsIndex,
    embedder: Embedder,
    folders: Sequence[Folder],
    relations: SqlRelations,
) -> Search:
    chosen = settings.search
    synonyms = Synonyms((EVERYDAY, *(folder.root / SYNONYMS for folder in folders)))
    return Search(
        library,
        vectors,
        words,
        embedder,
        weigh=lambda terms: inverse_frequencies(terms, words),
        reranker=default_reranker() if chosen.rerank else None,
        reranked=chosen.reranked,
        lexical_weight=chosen.lexical_weight,
        candidates=chosen.candidates,
        overfetch=chosen.overfetch,
        understand=Understand(
            synonyms=synonyms.expand if chosen.synonyms else None,
            correct=(lambda question: corrections(question, words.document_frequency, words.vocabulary))
            if chosen.spelling
            else None,
            split=chosen.split,
        ),
        continues=chosen.continues,
        related=Explaining(relations) if chosen.related else None,
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


def _indexes(folder: Path, embedder: Embedder, say: Say) -> tuple[VectorIndex, FtsIndex]:
    """Open both indexes; one that cannot be read is thrown away and filled again from the store."""
    name = "".join(char if char.isalnum() else "-" for char in embedder.id)[:200]
    try:
        vectors = open_chroma(folder / "vectors", name)
    except DataFolderBroken as problem:
        say(str(problem))
        shutil.rmtree(folder / "vectors", ignore_errors=True)
        vectors = open_chroma(folder / "vectors", name)
    try:
        words = FtsIndex(folder / "words.db")
    except DataFolderBroken as problem:
        say(str(problem))
        for leftover in folder.glob("words.db*"):
            leftover.unlink()
        words = FtsIndex(folder / "words.db")
    return vectors, words


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
        return watched(pairs, knowledge.include, knowledge.ignore, knowledge.polling)
    folder = settings.data.folder / "knowledge"
    if not folder.exists():
        if knowledge.sample:
            shutil.copytree(SAMPLE / "documents", folder)
        else:
            folder.mkdir()
    return watched([(folder, knowledge.name)], knowledge.include, knowledge.ignore)


def _chat_state(chat: ChatModel) -> ChatState:
    if isinstance(chat, StandbyChat):
        return ChatState(chat.name, chat.state.kind, chat.state.text)
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
def accounts_of(settings: Settings) -> Iterator[Accounts]:
    """Open the accounts of a data folder; safe beside a running service."""
    with _database(settings) as engine:
        yield Accounts(engine, settings.web.session_hours * 3600)


def folders_of(settings: Settings) -> tuple[Folder, ...]:
    """Return the watched folders of settings, as a running service has them."""
    return _folders(settings)


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
