"""Slack on loopback: Socket Mode and the web methods that bots use."""

from __future__ import annotations

import itertools
import json
import time
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from websockets.asyncio.server import ServerConnection

from tests.platforms.fake import Fake, Shown

BOT_TOKEN, APP_TOKEN = "xoxb-1", "xapp-1"


class Slack(Fake):
    """One team; a message is final when it has buttons or was never edited."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.numbers = itertools.count(100)
        self.kept: dict[str, dict[str, Any]] = {}
        self.members: list[str] = []
        self.whispers: list[str] = []

    async def web(self, request: Request, body: bytes) -> Response:
        name = request.url.path.removeprefix("/api/")
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if "form" in request.headers.get("content-type", ""):
            values: dict[str, Any] = {key: one[0] for key, one in parse_qs(body.decode()).items()}
        else:
            values = json.loads(body or b"{}")
        if token != (APP_TOKEN if name == "apps.connections.open" else BOT_TOKEN):
            return JSONResponse({"ok": False, "error": "invalid_auth"})
        return JSONResponse(self._method(name, values))

    def _method(self, name: str, values: dict[str, Any]) -> dict[str, Any]:
        match name:
            case "apps.connections.open":
                return {"ok": True, "url": f"{self.address}/link?ticket=t"}
            case "auth.test":
                return {"ok": True, "user_id": "UBOT", "bot_id": "B1", "team_id": "T1", "url": "https://t.slack.com/"}
            case "chat.postMessage":
                stamp = f"{next(self.numbers)}.1"
                self.kept[stamp] = values
                self.shown[stamp] = Shown(values["channel"], "", True, values.get("thread_ts", ""), at=time.time())
                self._show(self.shown[stamp], values)
                return {"ok": True, "ts": stamp, "channel": values["channel"]}
            case "chat.update":
                self._show(self.shown[values["ts"]], values)
                return {"ok": True, "ts": values["ts"]}
            case "conversations.replies" | "conversations.history":
                found = [values | {"ts": stamp} for stamp, values in self.kept.items()]
                return {"ok": True, "messages": found}
            case "conversations.members":
                return {"ok": True, "members": [*self.members, "UBOT"]}
            case "chat.postEphemeral":
                self.whispers.append(values["text"])
                return {"ok": True}
            case "chat.startStream":
                stamp = f"{next(self.numbers)}.1"
                self.shown[stamp] = Shown(values["channel"], _streamed(values), False, at=time.time())
                return {"ok": True, "ts": stamp, "channel": values["channel"]}
            case "chat.appendStream" | "chat.stopStream":
                shown = self.shown[values["ts"]]
                shown.text += _streamed(values)
                shown.final = name == "chat.stopStream"
                return {"ok": True, "ts": values["ts"], "channel": values["channel"]}
        self.problems.append(f"unknown method {name}")
        return {"ok": False, "error": "unknown_method"}

    def _show(self, shown: Shown, values: dict[str, Any]) -> None:
        blocks = values.get("blocks") or []
        blocks = json.loads(blocks) if isinstance(blocks, str) else blocks
        texts = [block["text"] for block in blocks if block["type"] == "markdown"]
        shown.text = texts[0] if texts else values.get("text", "")
        if len(shown.text) > 12_000:
            self.problems.append("more than 12,000 characters of Markdown")
        shown.texts.append(shown.text)
        pressable = [one for block in blocks if block["type"] == "actions" for one in block["elements"]]
        shown.buttons = [(one["text"]["text"], one["value"]) for one in pressable]

    async def welcome(self, socket: ServerConnection) -> bool:
        hello = {"type": "hello", "num_connections": 1, "debug_info": {}, "connection_info": {"app_id": "A1"}}
        await socket.send(json.dumps(hello))
        return True

    async def hear(self, socket: ServerConnection, raw: str | bytes) -> None:
        if isinstance(raw, str) and raw.startswith("{"):
            self.acked(json.loads(raw)["envelope_id"].partition("#")[0])

    async def push(self, socket: ServerConnection, event: dict[str, Any]) -> None:
        frame = {
            "envelope_id": f"{event['key']}#{next(self.numbers)}",
            "type": event["TYPE"],
            "accepts_response_payload": False,
            "retry_attempt": 0,
            "retry_reason": "",
            "payload": event["PAYLOAD"],
        }
        await socket.send(json.dumps(frame))

    def event(self, text: str, sender: str = "u-li", group: str = "", **changes: Any) -> dict[str, Any]:
        stamp = f"{next(self.numbers)}.5"
        event = {
            "type": "app_mention" if group else "message",
            "user": sender,
            "text": f"<@UBOT> {text}" if group else text,
            "ts": stamp,
            "channel": group or f"D{sender}",
            "channel_type": "channel" if group else "im",
            "event_ts": stamp,
        } | changes
        return {"token": "x", "team_id": "corp", "api_app_id": "A1", "event": event, "type": "event_callback",
                "event_id": f"Ev{stamp}", "event_time": int(time.time())}  # fmt: skip

    def say(self, text: str, sender: str = "u-li", group: str = "", **changes: Any) -> str:
        payload = self.event(text, sender, group, **changes)
        self.deliver(payload["event_id"], {"TYPE": "events_api", "PAYLOAD": payload})
        if group and not changes:
            # Slack tells of one post twice: as a mention and as a message.
            twin = payload | {"event": payload["event"] | {"type": "message"}, "event_id": payload["event_id"] + "m"}
            self.deliver(twin["event_id"], {"TYPE": "events_api", "PAYLOAD": twin})
        return str(payload["event"]["ts"])

    def press(self, shown: str, action: str, sender: str = "u-li") -> None:
        payload = {
            "type": "block_actions",
            "user": {"id": sender},
            "team": {"id": "corp"},
            "channel": {"id": self.shown[shown].place},
            "actions": [{"value": action, "action_id": "zhiwen-0"}],
        }
        self.deliver(f"press{next(self.numbers)}", {"TYPE": "interactive", "PAYLOAD": payload})


def _streamed(values: dict[str, Any]) -> str:
    """Return the text a call appends: given whole, or in chunks."""
    chunks = values.get("chunks") or []
    chunks = json.loads(chunks) if isinstance(chunks, str) else chunks
    return str(values.get("markdown_text") or "") + "".join(chunk.get("text", "") for chunk in chunks)
