"""DingTalk on loopback: Stream gateway, robot messages, AI cards, with the rules its documents state."""

from __future__ import annotations

import itertools
import json
import time
import uuid
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from websockets.asyncio.server import ServerConnection

from tests.platforms.fake import Fake, Shown

KEY, SECRET, ROBOT = "dingkey", "dingsecret", "dingr"


class DingTalk(Fake):
    """`say` writes as a person; cards are seen once they are delivered."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.tickets: set[str] = set()
        self.token = "at-1"
        self.cards: dict[str, dict[str, Any]] = {}
        self.guids: set[str] = set()
        self.numbers = itertools.count(1)
        self.pressed: list[dict[str, Any]] = []

    # --- the platform's side of the wire

    async def web(self, request: Request, body: bytes) -> Response:
        path, values = request.url.path, json.loads(body or b"{}")
        if path == "/v1.0/gateway/connections/open":
            if (values.get("clientId"), values.get("clientSecret")) != (KEY, SECRET):
                return JSONResponse({"code": "authFailed"}, 401)
            ticket = uuid.uuid4().hex
            self.tickets.add(ticket)
            return JSONResponse({"endpoint": f"{self.address}/connect", "ticket": ticket})
        if path == "/v1.0/oauth2/accessToken":
            good = (values.get("appKey"), values.get("appSecret")) == (KEY, SECRET)
            return JSONResponse({"accessToken": self.token, "expireIn": 7200} if good else {"code": "invalidApp"})
        if path == "/robot/sendBySession":
            return self._message(parse_qs(request.url.query)["session"][0], values["markdown"]["text"])
        if path == "/file":
            return Response(b"file content")
        if request.headers.get("x-acs-dingtalk-access-token") != self.token:
            return JSONResponse({"code": "InvalidAuthentication"}, 401)
        return self._api(request.method, path, values)

    def _api(self, method: str, path: str, values: dict[str, Any]) -> Response:
        match method, path:
            case "POST", "/v1.0/card/instances":
                return self._create(values)
            case "POST", "/v1.0/card/instances/deliver":
                card = self.cards[values["outTrackId"]]
                if card["delivered"]:
                    return JSONResponse({"code": "param.outTrackIdExisted"}, 400)
                card["delivered"] = True
                place = values["openSpaceId"].split("//")[1].partition(".")[2]
                text = card["msgContent"]
                self.shown[values["outTrackId"]] = Shown(place, text, False, texts=[text], at=time.time())
                return JSONResponse({"success": True})
            case "POST", "/v1.0/card/instances/createAndDeliver":
                self._create(values)
                return self._api("POST", "/v1.0/card/instances/deliver", values)
            case "PUT", "/v1.0/card/instances":
                return self._change(values)
            case "PUT", "/v1.0/card/streaming":
                return self._stream(values)
            case "POST", "/v1.0/robot/groupMessages/send":
                return self._message(values["openConversationId"], json.loads(values["msgParam"])["text"])
            case "POST", "/v1.0/robot/oToMessages/batchSend":
                for person in values["userIds"]:
                    self._message(person, json.loads(values["msgParam"])["text"])
                return JSONResponse({"processQueryKey": "k"})
            case "POST", "/v1.0/robot/messageFiles/download":
                return JSONResponse({"downloadUrl": f"{self.base}/file"})
        self.problems.append(f"unknown call {method} {path}")
        return JSONResponse({"code": "unknown"}, 404)

    def _create(self, values: dict[str, Any]) -> Response:
        if values["outTrackId"] in self.cards:
            return JSONResponse({"code": "param.outTrackIdExisted"}, 400)
        parameters = values["cardData"]["cardParamMap"]
        if not all(isinstance(value, str) for value in parameters.values()) or len(values["outTrackId"]) > 64:
            self.problems.append("card parameters must be text, and outTrackId at most 64 characters")
        streams = values.get("callbackType") in ("STREAM", "HTTP")
        self.cards[values["outTrackId"]] = {"delivered": False, "status": "1", "streams": streams, "msgContent": ""}
        self.cards[values["outTrackId"]] |= parameters
        return JSONResponse({"success": True, "result": {"outTrackId": values["outTrackId"]}})

    def _change(self, values: dict[str, Any]) -> Response:
        card, parameters = self.cards[values["outTrackId"]], values["cardData"]["cardParamMap"]
        card |= parameters
        card["status"] = parameters.get("flowStatus", card["status"])
        if (shown := self.shown.get(values["outTrackId"])) and "flowStatus" in parameters:
            shown.text = parameters.get("msgContent", shown.text)
            shown.final = parameters["flowStatus"] in ("3", "5")
            pressable = json.loads(parameters.get("buttons") or "[]")
            shown.buttons = [(one["text"], one["actionId"]) for one in pressable]
        return JSONResponse({"success": True})

    def _stream(self, values: dict[str, Any]) -> Response:
        card, shown = self.cards[values["outTrackId"]], self.shown.get(values["outTrackId"])
        if not card["streams"]:
            return JSONResponse({"code": "unknownError"}, 500)
        if values["guid"] in self.guids:
            self.problems.append("a guid was used twice")
        self.guids.add(values["guid"])
        if card["status"] == "1":
            self.problems.append("streaming began before the card was set to inputting")
        if len(values["content"].encode()) > 15_000:
            self.problems.append("more than 15,000 bytes on a card")
        if shown is not None and values["isFull"]:
            shown.text = values["content"]
            shown.texts.append(values["content"])
        return JSONResponse({"success": True, "result": True})

    def _message(self, place: str, text: str) -> Response:
        if len(text.encode()) > 15_000:
            self.problems.append("more than 15,000 bytes in a message")
        self.shown[uuid.uuid4().hex] = Shown(place, text, True, texts=[text], at=time.time())
        return JSONResponse({"errcode": 0, "errmsg": "ok"})

    def too_much(self) -> Response:
        return JSONResponse({"code": "Forbidden.AccessDenied.QpsLimit"}, 403)

    def throttles(self, request: Request) -> bool:
        return request.url.path.startswith("/v1.0/card")

    async def welcome(self, socket: ServerConnection) -> bool:
        assert socket.request is not None
        ticket = parse_qs(urlsplit(socket.request.path).query).get("ticket", [""])[0]
        if ticket not in self.tickets:
            await socket.close(1008, "ticket")
            return False
        self.tickets.discard(ticket)
        return True

    async def hear(self, socket: ServerConnection, raw: str | bytes) -> None:
        frame = json.loads(raw)
        if frame["code"] != 200 or "messageId" not in frame["headers"]:
            self.problems.append(f"a bad acknowledgement: {frame}")
        data = json.loads(frame["data"])
        key = frame["headers"]["messageId"].partition("#")[0]
        if key in self.unacked:
            if "TOPIC" in self.unacked[key] and "card" in self.unacked[key]["TOPIC"]:
                self.pressed.append(data)
            self.acked(key)

    async def push(self, socket: ServerConnection, event: dict[str, Any]) -> None:
        headers = {
            "appId": "a",
            "connectionId": "c",
            "contentType": "application/json",
            # A repetition is a new frame around the same message.
            "messageId": f"{event['key']}#{next(self.numbers)}",
            "time": str(int(time.time() * 1000)),
            "topic": event["TOPIC"],
        }
        frame = {"specVersion": "1.0", "type": event.get("TYPE", "CALLBACK"), "headers": headers}
        await socket.send(json.dumps(frame | {"data": json.dumps(event["DATA"])}))

    # --- what people and tests do

    def say(self, text: str, sender: str = "u-li", group: str = "", **changes: Any) -> str:
        """Write as a person, in private or in a group with a mention; return the message's id."""
        number = next(self.numbers)
        place = group or sender
        data = {
            "conversationId": group or f"cid-{sender}",
            "conversationType": "2" if group else "1",
            "msgId": f"msg{number}==",
            "senderStaffId": sender,
            "senderId": "$:LWCP_v1:$x",
            "senderNick": sender,
            "senderCorpId": "corp",
            "chatbotCorpId": "corp",
            "chatbotUserId": "$:bot",
            "isInAtList": True,
            "createAt": int(time.time() * 1000),
            "sessionWebhook": f"{self.base}/robot/sendBySession?session={place}",
            "sessionWebhookExpiredTime": int(time.time() * 1000) + 5_400_000,
            "robotCode": ROBOT,
            "msgtype": "text",
            "text": {"content": f" {text}" if group else text},
        } | changes
        self.deliver(data["msgId"], {"TOPIC": "/v1.0/im/bot/messages/get", "DATA": data})
        return str(data["msgId"])

    def press(self, card: str, action: str, sender: str = "u-li") -> None:
        """Press a button of a card."""
        content = {"cardPrivateData": {"actionIds": [action], "params": {}}}
        data = {
            "outTrackId": card,
            "userId": sender,
            "corpId": "corp",
            "content": json.dumps(content),
            "extension": "{}",
        }
        key = f"press{next(self.numbers)}"
        self.deliver(key, {"TOPIC": "/v1.0/card/instances/callback", "DATA": data})

    def farewell(self) -> None:
        """Announce the end of every connection, be silent, and close them a moment later."""

        async def go() -> None:
            for socket in list(self.sockets):
                headers = {"topic": "disconnect", "contentType": "application/json", "messageId": "bye"}
                frame = {"specVersion": "1.0", "type": "SYSTEM", "headers": headers, "data": '{"reason": "expired"}'}
                await socket.send(json.dumps(frame))
                self.sockets.remove(socket)
                self._loop.call_later(1.0, socket.transport.abort)

        self.wait(go())
