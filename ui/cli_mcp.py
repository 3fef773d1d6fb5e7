"""`zhiwen mcp`: the tools for other assistants on standard input and output."""

from __future__ import annotations

from typing import Annotated

import typer

from adapters.errors import BadInput
from ui.terminal import LOCAL, DataFolder, SettingsFile, bring_in_sync, say, settings_of


def mcp(
    user: Annotated[str, typer.Option("--as", help="whose rights count; default: whoever owns this machine")] = "",
    settings: SettingsFile = None,
    data: DataFolder = None,
) -> None:
    """Offer search, ask and open_document to an assistant that starts this command (MCP over stdio).

    Where Zhiwen runs already, connect to its /mcp with an API key instead.
    """
    from app.build import build
    from ui.mcp import mcp_server

    with build(settings_of(settings, data), say) as built:
        asker = LOCAL
        if user:
            found = built.people.asker_named(user)
            if found is None:
                raise BadInput(f"There is no user {user!r}, or they are shut out; `zhiwen users list` shows all.")
            asker = found
        built.assistant.parts.chat.load()
        bring_in_sync(built)
        mcp_server(built.service, lambda context: asker, lambda asker, question: None).run("stdio")
