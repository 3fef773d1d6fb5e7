"""WeCom self-built app: the classic XML callback; replies by `message/send`. Protocol: document paths 90968, 90236."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from adapters.bot_records import Attachment, Incoming
from adapters.errors import UnreadableFile
from ingest.parse.xml_safe import local, parse_xml
from ui.bots.api import Token, download, request
from ui.bots.channel import Button, Desk, Throttled, Undelivered, WebAnswer, WebRequest
from ui.bots.seals import Envelope, Forged, Window
from ui.bots.wire import Account, Wire

WINDOW = 300.0
TOKEN_ENDED = (40014, 42001)
THROTTLED = (45009, 45033)


class WeComApp(Wire):
    """Secrets: corp_id, corp_secret, token, aes_key. Value: agent_id."""

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self._corp, self._secret = account.secret("corp_id"), account.secret("corp_secret")
        self._agent = account.value("agent_id", "0")
        self._base = account.base or "https://qyapi.weixin.qq.com"
        self._envelope = Envelope(account.secret("token"), account.secret("aes_key"), self._corp)
        self._window = Window(WINDOW)
        self._token = Token(self._fetch_token)

    async def verified(self, request: WebRequest, desk: Desk) -> WebAnswer:
        signature = request.query.get("msg_signature", "")
        timestamp, nonce = request.query.get("timestamp", ""), request.query.get("nonce", "")
        if request.method == "GET":
            word = self._envelope.open(signature, timestamp, nonce, request.query.get("echostr", ""))
            self._window.fresh(timestamp, request.now)
            return WebAnswer(body=word.encode(), kind="text/plain")
        sealed = _fields(request.body).get("Encrypt", "")
        fields = _fields(self._envelope.open(signature, timestamp, nonce, sealed).encode())
        self._window.fresh(timestamp, request.now)
        self._window.once(signature, request.now)
        try:
            if (incoming := self._incoming(fields)) is not None:
                await desk.receive(self, incoming)
        except Exception:
            self._window.forget(signature)
            raise
        return WebAnswer(kind="text/plain")

    def _incoming(self, fields: dict[str, str]) -> Incoming | None:
        kind = fields.get("MsgType", "")
        files: list[Attachment] = []
        if kind in ("image", "file", "voice") and fields.get("MediaId"):
            what = {"image": "picture", "file": "file", "voice": "voice"}[kind]
            files = [Attachment(what, fields.get("FileName") or kind, fields["MediaId"])]  # type: ignore[arg-type]
        text = fields.get("Content", "") if kind == "text" else fields.get("Recognition", "")
        sender = fields.get("FromUserName", "")
        if not (text or files) or not sender:
            return None
        return Incoming(
            id=fields.get("MsgId") or f"{sender}-{fields.get('CreateTime', '')}",
            account=self.account,
            platform=self.platform,
            tenant=self._corp,
            conversation=sender,
            private=True,
            sender=sender,
            text=text.strip(),
            sent_at=float(fields.get("CreateTime") or time.time()),
            thread=fields.get("MsgId", ""),
            attachments=tuple(files),
        )

    async def send(self, incoming: Incoming, key: str, text: str, buttons: Sequence[Button] = ()) -> None:
        await self._message(incoming.sender, text)

    async def tell(self, incoming: Incoming, account: str, key: str, text: str) -> None:
        await self._message(account, text)

    async def _message(self, account: str, text: str) -> None:
        body = {
            "touser": account,
            "msgtype": "markdown",
            "agentid": int(self._agent),
            "markdown": {"content": text},
            # The platform drops the same words to the same person for half an hour: our retries are safe.
            "enable_duplicate_check": 1,
            "duplicate_check_interval": 1800,
        }
        await self._api("POST", "/cgi-bin/message/send", body)

    async def fetch(self, incoming: Incoming, attachment: Attachment) -> bytes:
        token = await self._token.get()
        address = f"{self._base}/cgi-bin/media/get?access_token={token}&media_id={attachment.key}"
        return await download(self.http, address)

    async def check(self) -> str:
        await self._token.get()
        return "WeCom accepts the app's secret."

    async def _fetch_token(self) -> tuple[str, float]:
        parameters = {"corpid": self._corp, "corpsecret": self._secret}
        _, answer = await request(self.http, "GET", f"{self._base}/cgi-bin/gettoken", params=parameters)
        if not answer.get("access_token"):
            raise Undelivered(
                f"WeCom gives no token ({answer.get('errcode')} {answer.get('errmsg')}); check the secret."
            )
        return answer["access_token"], float(answer.get("expires_in", 7200))

    async def _api(self, method: str, path: str, body: Any) -> dict[str, Any]:
        for again in (True, False):
            token = await self._token.get()
            _, answer = await request(self.http, method, self._base + path, body, params={"access_token": token})
            code = int(answer.get("errcode") or 0)
            if code in TOKEN_ENDED and again:
                self._token.drop(token)
                continue
            if code in THROTTLED:
                raise Throttled(f"WeCom asks to slow down ({code}).", 2.0)
            if code:
                raise Undelivered(f"WeCom answered {code} {answer.get('errmsg', '')}"[:300])
            return answer
        return {}


def _fields(body: bytes) -> dict[str, str]:
    """Return the elements of a flat XML message. Raises Forged."""
    try:
        return {local(node): (node.text or "").strip() for node in parse_xml(body)}
    except UnreadableFile as cause:
        raise Forged("The body is no XML.") from cause
