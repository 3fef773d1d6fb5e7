"""Feishu on loopback: long connection, messages, CardKit, with the rules its documents state."""

from __future__ import annotations

import base64
import itertools
import json
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from websockets.asyncio.server import ServerConnection

from tests.platforms.fake import Fake, Shown
from ui.bots.feishu_frames import Frame, decode, encode

APP, SECRET = "cli_x", "fs-secret"


def ok(**data: Any) -> Response:
    return JSONResponse({"code": 0, "msg": "ok", "data": data})


def no(code: int, why: str) -> Response:
    return JSONResponse({"code": code, "msg": why}, 400)


class Feishu(Fake):
    """`split` sends every event in that many frames."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.cards: dict[str, dict[str, Any]] = {}
        self.messages: dict[str, str] = {}  # uuid -> message id
        self.said: dict[str, dict[str, Any]] = {}
        self.numbers = itertools.count(1)
        self.token, self.split, self.ping_every = "t-1", 1, 120
        self.members: list[str] = []
        self.toasts: list[str] = []

    async def web(self, request: Request, body: bytes) -> Response:
        path, values = request.url.path, json.loads(body or b"{}")
        if path == "/callback/ws/endpoint":
            if (values.get("AppID"), values.get("AppSecret")) != (APP, SECRET):
                return JSONResponse({"code": 514, "msg": "auth failed"})
            config = {
                "ReconnectCount": -1,
                "ReconnectInterval": 1,
                "ReconnectNonce": 0,
                "PingInterval": self.ping_every,
            }
            return ok(URL=f"{self.address}/ws?device_id=d1&service_id=77", ClientConfig=config)
        if path.endswith("/tenant_access_token/internal"):
            good = (values.get("app_id"), values.get("app_secret")) == (APP, SECRET)
            return JSONResponse(
                {"code": 0, "tenant_access_token": self.token, "expire": 7200} if good else {"code": 10014}
            )
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return no(99991663, "token invalid")
        return self._api(request.method, path, values, request)

    def _api(self, method: str, path: str, values: dict[str, Any], request: Request) -> Response:
        parts = path.removeprefix("/open-apis/").split("/")
        match method, parts:
            case "GET", ["bot", "v3", "info"]:
                return JSONResponse({"code": 0, "bot": {"open_id": "ou_bot"}})
            case "POST", ["cardkit", "v1", "cards"]:
                card = json.loads(values["data"])
                name = f"card{next(self.numbers)}"
                streaming = bool(card.get("config", {}).get("streaming_mode"))
                self.cards[name] = {"json": card, "sequence": 0, "streaming": streaming, "shown": ""}
                return ok(card_id=name)
            case "PUT", ["cardkit", "v1", "cards", name, "elements", element, "content"]:
                return self._content(name, element, values)
            case "PATCH", ["cardkit", "v1", "cards", name, "settings"]:
                return self._settings(name, values)
            case "POST", ["cardkit", "v1", "cards", name, "elements"]:
                return self._append(name, values)
            case "POST", ["im", "v1", "messages", replied, "reply"]:
                return self._message(self.said[replied]["chat_id"], values, replied)
            case "POST", ["im", "v1", "messages"]:
                return self._message(values["receive_id"], values, "")
            case "GET", ["im", "v1", "messages", name]:
                if name not in self.said:
                    return no(230011, "withdrawn")
                content = {"content": self.said[name]["content"]}
                return ok(items=[{"msg_type": "text", "body": content}])
            case "GET", ["im", "v1", "chats", _, "members"]:
                return ok(items=[{"member_id": one} for one in self.members], has_more=False, page_token="")
            case "GET", ["im", "v1", "messages", _, "resources", _]:
                return Response(b"file content")
        self.problems.append(f"unknown call {method} {path}")
        return no(404, "unknown")

    def _numbered(self, name: str, values: dict[str, Any]) -> Response | None:
        card = self.cards[name]
        if values["sequence"] <= card["sequence"] or values["sequence"] >= 2**31:
            return no(300317, "sequence must grow")
        card["sequence"] = values["sequence"]
        return None

    def _content(self, name: str, element: str, values: dict[str, Any]) -> Response:
        if refused := self._numbered(name, values):
            return refused
        card = self.cards[name]
        if not card["streaming"]:
            # Outside of streaming it still works, ten times a second.
            pass
        if not 1 <= len(values["content"]) <= 100_000:
            self.problems.append("an element holds 1 to 100,000 characters")
        found = [one for one in card["json"]["body"]["elements"] if one.get("element_id") == element]
        if not found:
            return no(300313, "no such element")
        found[0]["content"] = values["content"]
        if shown := self.shown.get(card["shown"]):
            shown.text = values["content"]
            shown.texts.append(values["content"])
        return ok()

    def _settings(self, name: str, values: dict[str, Any]) -> Response:
        if refused := self._numbered(name, values):
            return refused
        streaming = json.loads(values["settings"])["config"]["streaming_mode"]
        self.cards[name]["streaming"] = streaming
        if (shown := self.shown.get(self.cards[name]["shown"])) and not streaming:
            shown.final = True
        return ok()

    def _append(self, name: str, values: dict[str, Any]) -> Response:
        if refused := self._numbered(name, values):
            return refused
        if self.cards[name]["streaming"]:
            self.problems.append("buttons were added while the card was streaming")
        if shown := self.shown.get(self.cards[name]["shown"]):
            if shown.buttons:
                return no(300309, "the element is there already")
            shown.buttons = _buttons(json.loads(values["elements"]))
        return ok()

    def _message(self, place: str, values: dict[str, Any], replied: str) -> Response:
        if len(values["content"].encode()) > 30_000:
            self.problems.append("a card message is larger than 30 KB")
        if values.get("uuid") in self.messages:
            return ok(message_id=self.messages[values["uuid"]])
        name = f"om_out{next(self.numbers)}"
        self.messages[values["uuid"]] = name
        content = json.loads(values["content"])
        if content.get("type") == "card":
            card = self.cards[content["data"]["card_id"]]
            if card["shown"]:
                return no(230099, "a card is sent once")
            card["shown"] = name
            elements, final = card["json"]["body"]["elements"], not card["streaming"]
        else:
            elements, final = content["body"]["elements"], True
        text = elements[0]["content"]
        shown = Shown(place, text, final, replied, _buttons(elements), [text], time.time())
        self.shown[name] = shown
        return ok(message_id=name)

    def too_much(self) -> Response:
        return no(99991400, "request trigger frequency limit")

    def throttles(self, request: Request) -> bool:
        return "cardkit" in request.url.path or "/messages" in request.url.path

    async def hear(self, socket: ServerConnection, raw: str | bytes) -> None:
        frame = decode(raw if isinstance(raw, bytes) else raw.encode())
        if frame.method == 0:
            pong = Frame(service=frame.service, method=0, headers=(("type", "pong"),), payload=b"{}")
            await socket.send(encode(pong))
            return
        answer = json.loads(frame.payload)
        if answer.get("code") != 200 or not frame.header("biz_rt"):
            self.problems.append(f"a bad acknowledgement: {frame}")
        if answer.get("data"):
            self.toasts.append(json.loads(base64.b64decode(answer["data"]))["toast"]["content"])
        key = frame.header("message_id").partition("#")[0]
        if key in self.unacked:
            self.acked(key)

    async def push(self, socket: ServerConnection, event: dict[str, Any]) -> None:
        payload = json.dumps(event["EVENT"]).encode()
        size = -(-len(payload) // self.split)
        name = f"{event['key']}#{next(self.numbers)}"
        kind = "card" if "press" in event["key"] else "event"
        for number in range(self.split):
            headers = (
                ("type", kind),
                ("message_id", name),
                ("trace_id", "t"),
                ("sum", str(self.split)),
                ("seq", str(number)),
            )
            part = payload[number * size : (number + 1) * size]
            await socket.send(encode(Frame(1, 1, 77, 1, headers, part)))

    def say(self, text: str, sender: str = "u-li", group: str = "", mention: bool = True, **changes: Any) -> str:
        """Write as a person; return the message's id."""
        name = f"om_{next(self.numbers)}"
        mentions = []
        if group and mention:
            mentions = [{"key": "@_user_1", "id": {"open_id": "ou_bot"}, "name": "KB"}]
            text = f"@_user_1 {text}"
        message = {
            "message_id": name,
            "create_time": str(int(time.time() * 1000)),
            "chat_id": group or f"oc-{sender}",
            "chat_type": "group" if group else "p2p",
            "message_type": "text",
            "content": json.dumps({"text": text}),
            "mentions": mentions,
        } | changes
        self.said[name] = message
        header = {"event_type": "im.message.receive_v1", "tenant_key": "corp", "app_id": APP, "token": "vt"}
        person = {"sender_id": {"open_id": sender, "user_id": sender}, "sender_type": "user", "tenant_key": "corp"}
        self.deliver(name, {"EVENT": {"schema": "2.0", "header": header | {"event_id": f"e{name}"},
                                      "event": {"sender": person, "message": message}}})  # fmt: skip
        return name

    def press(self, shown: str, action: str, sender: str = "u-li") -> None:
        header = {"event_id": "e", "token": "vt", "event_type": "card.action.trigger", "tenant_key": "corp"}
        event = {
            "operator": {"open_id": sender, "user_id": sender, "tenant_key": "corp"},
            "token": "c-token",
            "action": {"tag": "button", "value": {"action": action}},
            "context": {"open_message_id": shown},
        }
        self.deliver(f"press{next(self.numbers)}", {"EVENT": {"schema": "2.0", "header": header, "event": event}})


def _buttons(elements: list[dict[str, Any]]) -> list[tuple[str, str]]:
    found = []
    for element in elements:
        for column in element.get("columns", []):
            for one in column["elements"]:
                found.append((one["text"]["content"], one["behaviors"][0]["value"]["action"]))
    return found
