"""WeCom's AI bot gateway on loopback: subscribe, callbacks, streams, one live connection a bot."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from websockets.asyncio.server import ServerConnection

from tests.platforms.fake import Fake, Shown

BOT, SECRET = "AIB", "wecom-secret"


class WeCom(Fake):
    """A stream is a card whose text is replaced until it is finished."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.numbers = itertools.count(1)
        self.requests: dict[str, dict[str, Any]] = {}
        self.pings = 0

    async def web(self, request: Request, body: bytes) -> Response:
        return JSONResponse({"errcode": 0})

    async def welcome(self, socket: ServerConnection) -> bool:
        frame = json.loads(await asyncio.wait_for(socket.recv(), 5))
        good = frame["cmd"] == "aibot_subscribe" and frame["body"] == {"bot_id": BOT, "secret": SECRET}
        code = 0 if good else 853000
        await socket.send(json.dumps({"headers": frame["headers"], "errcode": code, "errmsg": "ok" if good else "bad"}))
        return good

    async def hear(self, socket: ServerConnection, raw: str | bytes) -> None:
        frame = json.loads(raw)
        code = self._take(frame)
        await socket.send(
            json.dumps({"headers": frame["headers"], "errcode": code, "errmsg": "ok" if not code else "no"})
        )

    def _take(self, frame: dict[str, Any]) -> int:
        command, request, body = frame["cmd"], frame["headers"]["req_id"], frame.get("body") or {}
        if command == "ping":
            self.pings += 1
            return 0
        if self.faults.throttle and self.random.random() < self.faults.throttle:
            return 45009
        if command == "aibot_send_msg":
            text = body["markdown"]["content"]
            self.shown[f"out{next(self.numbers)}"] = Shown(body["chatid"], text, True, texts=[text], at=time.time())
            return 0
        if command != "aibot_respond_msg" or request not in self.requests:
            return 846605
        asked, stream = self.requests[request], body["stream"]
        if len(stream["content"].encode()) > 20_480:
            self.problems.append("more than 20,480 bytes in a stream")
        shown = self.shown.setdefault(
            stream["id"],
            Shown(asked.get("chatid") or asked["from"]["userid"], "", False, asked["msgid"], at=time.time()),
        )
        if shown.final:
            if stream["content"] != shown.text:
                self.problems.append("a finished stream was written to")
            return 0
        shown.text, shown.final = stream["content"], stream["finish"]
        shown.texts.append(stream["content"])
        return 0

    async def push(self, socket: ServerConnection, event: dict[str, Any]) -> None:
        # The gateway does not wait for an acknowledgement of its own pushes.
        self.unacked.pop(event["key"], None)
        command = "aibot_event_callback" if event["BODY"]["msgtype"] == "event" else "aibot_msg_callback"
        request = f"REQ{next(self.numbers)}"
        self.requests[request] = event["BODY"]
        await socket.send(json.dumps({"cmd": command, "headers": {"req_id": request}, "body": event["BODY"]}))

    def say(self, text: str, sender: str = "u-li", group: str = "", **changes: Any) -> str:
        name = f"m{next(self.numbers)}"
        body = {
            "msgid": name,
            "aibotid": BOT,
            "chattype": "group" if group else "single",
            "from": {"userid": sender},
            "msgtype": "text",
            "text": {"content": f"@KB {text}" if group else text},
        } | ({"chatid": group} if group else {}) | changes  # fmt: skip
        self.deliver(name, {"BODY": body})
        return name

    def rate(self, stream: str, kind: int, reasons: list[int], sender: str = "u-li") -> None:
        rating = {"id": stream, "type": kind, "content": "wrong year", "inaccurate_reason_list": reasons}
        body = {
            "msgid": f"f{next(self.numbers)}",
            "aibotid": BOT,
            "chattype": "single",
            "from": {"userid": sender},
            "msgtype": "event",
            "event": {"eventtype": "feedback_event", "feedback_event": rating},
        }
        self.deliver(body["msgid"], {"BODY": body})
