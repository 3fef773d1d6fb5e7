"""The command line: `zhiwen up | ask | search | ingest | models | users | eval`. Every command can print JSON.

Exit code 0: done. 1: it could not be done, and the message says what to do. 2: the input was wrong.
"""

from __future__ import annotations

import json
import logging
import secrets
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from adapters.errors import BadInput, BadSettings, ZhiwenError
from adapters.records import Asker
from app.settings import Settings, read_settings
from ui.cli_answer import as_json, print_turn
from ui.cli_eval import evaluation

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__, pretty_exceptions_enable=False)
models = typer.Typer(no_args_is_help=True, help="The weights: what there is, what is here, fetch and verify.")
users = typer.Typer(no_args_is_help=True, help="Who may log in.")
app.add_typer(models, name="models")
app.add_typer(users, name="users")
app.add_typer(evaluation, name="eval")

errors = Console(stderr=True)
out = Console()
# Whoever runs commands on this machine owns the data folder already.
LOCAL = Asker("local", is_admin=True)

SettingsFile = Annotated[Path | None, typer.Option("--settings", help="settings file; default ./zhiwen.toml")]
DataFolder = Annotated[Path | None, typer.Option("--data", help="data folder, instead of data.folder or ZHIWEN_DATA")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]


def settings_of(file: Path | None, data: Path | None) -> Settings:
    """Return the settings, with the data folder of the command line."""
    settings = read_settings(file)
    return settings.model_copy(update={"data": settings.data.model_copy(update={"folder": data})}) if data else settings


def say(text: str) -> None:
    """Tell of a long step, beside the output."""
    errors.print(text, style="dim", markup=False, highlight=False, soft_wrap=True)


@app.command()
def up(settings: SettingsFile = None, data: DataFolder = None, port: int | None = None) -> None:
    """Start Zhiwen: the page, the watched folders, the model. Ctrl+C stops it."""
    from app.build import build
    from ingest.scan import watched
    from ingest.watch import Watch
    from ui.web.server import serve

    chosen = settings_of(settings, data)
    web = chosen.web.model_copy(update={"port": port}) if port else chosen.web
    say("Zhiwen 知问 is starting ...")
    with build(chosen, say) as built:
        password = _first_password(built.accounts)
        watch = Watch(watched(built.folders), built.ingest, chosen.knowledge.sweep_seconds, _report)
        built.assistant.parts.chat.load()
        watch.start()

        def ready(address: str) -> None:
            out.print(f"\n  Zhiwen 知问:  {address}", style="bold green", highlight=False)
            for folder, name in built.folders:
                out.print(f"  Documents 文档 ({name}):  {folder.resolve()}", highlight=False, soft_wrap=True)
            if password:
                out.print(
                    f"  First log-in 首次登录:  admin / {password}   (shown once 仅显示一次)",
                    style="bold",
                    highlight=False,
                )
            out.print()

        try:
            serve(built.assistant, web.host, web.port, ready)
        finally:
            watch.stop()


def _first_password(accounts: Any) -> str | None:
    if accounts.count():
        return None
    password = secrets.token_urlsafe(9)
    accounts.create("admin", password, role="admin")
    return password


def _report(outcome: object) -> None:
    from ingest.outcomes import Unchanged

    if not isinstance(outcome, Unchanged):
        say(_line(outcome))


def _line(outcome: Any) -> str:
    details = {key: value for key, value in asdict(outcome).items() if key not in ("path", "timings")}
    return f"{type(outcome).__name__.lower():9} {outcome.path}  {', '.join(f'{k}: {v}' for k, v in details.items())}"


@app.command()
def ask(
    question: str,
    settings: SettingsFile = None,
    data: DataFolder = None,
    as_json_: AsJson = False,
) -> None:
    """Ask a question and print the answer with its sources."""
    from app.build import build, chat_loaded
    from app.events import collect

    with build(settings_of(settings, data), say) as built:
        chat_loaded(built, say)
        _in_sync(built)
        events = built.assistant.ask(question, LOCAL)
        turn = collect(events) if as_json_ else print_turn(events, out)
    if as_json_:
        _print_json(as_json(turn))
    if turn.failure:
        raise typer.Exit(2 if not question.strip() else 1)


@app.command()
def search(
    question: str,
    k: int = 8,
    settings: SettingsFile = None,
    data: DataFolder = None,
    as_json_: AsJson = False,
) -> None:
    """Search as the chat does, and show every score."""
    from app.build import build

    if not question.strip():
        raise BadInput("The question is empty; write what you are looking for.")
    with build(settings_of(settings, data), say) as built:
        _in_sync(built)
        found = built.search(question, LOCAL, k)
    if as_json_:
        passages = [
            {
                "doc_id": passage.document_path,
                "title": passage.title,
                "page": passage.chunk.page,
                "heading_path": passage.chunk.heading_path,
                "start": passage.chunk.start,
                "end": passage.chunk.end,
                "text": passage.chunk.text,
                "score": passage.score,
                "scores": dict(passage.scores),
            }
            for passage in found.passages
        ]
        _print_json({"passages": passages, "timings_ms": dict(found.milliseconds)})
        return
    table = Table("#", "score", "dense", "words", "document", "passage")
    for number, passage in enumerate(found.passages, 1):
        scores = passage.scores
        text = " ".join(passage.chunk.text.split())[:120]
        numbers = (f"{passage.score:.3f}", f"{scores['dense']:.3f}", f"{scores['lexical']:.2f}")
        table.add_row(str(number), *numbers, passage.document_path, text)
    out.print(table)
    say(", ".join(f"{stage} {spent:.0f} ms" for stage, spent in found.milliseconds.items()))


@app.command()
def ingest(
    folder: Annotated[Path | None, typer.Argument(help="a folder to bring in; default: the watched ones")] = None,
    settings: SettingsFile = None,
    data: DataFolder = None,
    as_json_: AsJson = False,
) -> None:
    """Bring the store to what is on disk, and say what became of each file."""
    from app.build import build
    from ingest.keep import sync_all
    from ingest.pipeline import tend
    from ingest.scan import watched

    chosen = settings_of(settings, data)
    if folder is not None:
        if not folder.is_dir():
            raise BadInput(f"{folder} is not a folder; name the folder the documents are in.")
        knowledge = chosen.knowledge.model_copy(update={"folders": (folder,)})
        chosen = chosen.model_copy(update={"knowledge": knowledge})
    outcomes: list[Any] = []
    with build(chosen, say) as built:
        tend(built.ingest)
        for outcome in sync_all(watched(built.folders), built.ingest):
            outcomes.append(outcome)
            if not as_json_:
                out.print(_line(outcome), highlight=False, markup=False, soft_wrap=True)
    if as_json_:
        _print_json([{"outcome": type(one).__name__.lower(), **asdict(one)} for one in outcomes])


def _in_sync(built: Any) -> None:
    """Commands answer from what is on disk now, as the running service does."""
    from ingest.keep import sync_all
    from ingest.pipeline import tend
    from ingest.scan import watched

    tend(built.ingest)
    for outcome in sync_all(watched(built.folders), built.ingest):
        _report(outcome)


@models.command("list")
def models_list(settings: SettingsFile = None, as_json_: AsJson = False) -> None:
    """Show every model of the catalogue and whether it is here."""
    from app.build import known_models

    rows = known_models(read_settings(settings))
    if as_json_:
        _print_json(rows)
        return
    table = Table("name", "kind", "engine", "MB", "licence", "here", "used")
    for row in rows:
        size = f"{row['bytes'] / 1e6:.0f}"
        here, used = ("yes" if row["here"] else ""), ("yes" if row["used"] else "")
        table.add_row(row["name"], row["kind"], row["engine"], size, row["licence"], here, used)
    out.print(table)


@models.command("pull")
def models_pull(
    names: Annotated[list[str] | None, typer.Argument(help="default: the configured ones")] = None,
    settings: SettingsFile = None,
    as_json_: AsJson = False,
) -> None:
    """Fetch and verify models, and prepare them for their engine."""
    from app.build import pull

    chosen = read_settings(settings)
    wanted = names or [chosen.embedding.model, chosen.chat.model]
    folders = {name: str(pull(chosen, name, say)) for name in wanted}
    if as_json_:
        _print_json(folders)
        return
    for name, folder in folders.items():
        out.print(f"{name}: {folder}", highlight=False, soft_wrap=True)


@models.command("verify")
def models_verify(name: str, settings: SettingsFile = None, as_json_: AsJson = False) -> None:
    """Read every byte of a model again and compare with the catalogue."""
    from app.build import verify_model

    folder = verify_model(read_settings(settings), name)
    if as_json_:
        _print_json({"name": name, "folder": str(folder), "verified": True})
        return
    out.print(f"{name}: every file is what the catalogue says.", highlight=False)


@users.command("list")
def users_list(settings: SettingsFile = None, data: DataFolder = None, as_json_: AsJson = False) -> None:
    """Show everyone who may log in."""
    from app.build import accounts_of

    with accounts_of(settings_of(settings, data)) as accounts:
        rows = accounts.list()
    if as_json_:
        _print_json([{"name": name, "role": role, "disabled": disabled} for name, role, disabled in rows])
        return
    table = Table("name", "role", "disabled")
    for name, role, disabled in rows:
        table.add_row(name, role, "yes" if disabled else "")
    out.print(table)


@users.command("add")
def users_add(
    name: str,
    role: str = "reader",
    group: Annotated[list[str] | None, typer.Option(help="may be given several times")] = None,
    settings: SettingsFile = None,
    data: DataFolder = None,
    as_json_: AsJson = False,
) -> None:
    """Add a person with a generated password, printed once."""
    from app.build import accounts_of

    password = secrets.token_urlsafe(9)
    with accounts_of(settings_of(settings, data)) as accounts:
        accounts.create(name, password, role, tuple(group or ()))
    _print_password(name, password, as_json_)


@users.command("reset")
def users_reset(name: str, settings: SettingsFile = None, data: DataFolder = None, as_json_: AsJson = False) -> None:
    """Give a person a new generated password and end their sessions."""
    from app.build import accounts_of

    password = secrets.token_urlsafe(9)
    with accounts_of(settings_of(settings, data)) as accounts:
        accounts.set_password(name, password)
    _print_password(name, password, as_json_)


def _print_password(name: str, password: str, as_json_: bool) -> None:
    if as_json_:
        _print_json({"name": name, "password": password})
    else:
        out.print(f"{name} / {password}   (shown once)", highlight=False)


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def main() -> None:
    """Run the command line; an error becomes its message and an exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        app()
    except (BadInput, BadSettings) as problem:
        errors.print(str(problem), style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(2)
    except ZhiwenError as problem:
        errors.print(str(problem), style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)
