"""Verify and decrypt what platforms post: signatures on raw bytes, compared in constant time, each used once.

Formulas: developer.work.weixin.qq.com/document/path/90968 (WeCom; DingTalk shares the layout), open.feishu.cn "Encrypt
Key", docs.slack.dev "Verifying requests from Slack", open.dingtalk.com robot `sign`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import struct
from collections import OrderedDict
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from adapters.errors import BadSettings, ZhiwenError

LARGEST_BODY = 1_000_000
REMEMBERED = 50_000


class Forged(ZhiwenError):
    """A request is not what the platform sent: wrong signature, too old, used before, or not for this bot."""


def same(given: str, expected: str) -> bool:
    """Compare two signatures in constant time."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


class Window:
    """Accepts a request once, and only near its own time."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._seen: OrderedDict[str, float] = OrderedDict()

    def fresh(self, timestamp: str, now: float) -> None:
        """Raise Forged when the time named lies outside; one that cannot be read is left to `once`."""
        try:
            value = float(timestamp)
        except ValueError:
            return
        if value > 1e11:
            value /= 1000  # milliseconds
        if not abs(now - value) <= self._seconds:
            raise Forged("The request is too old.")

    def once(self, key: str, now: float) -> None:
        """Raise Forged when this request was accepted before."""
        if key in self._seen:
            raise Forged("The request was used before.")
        self._seen[key] = now
        while self._seen and (
            len(self._seen) > REMEMBERED or next(iter(self._seen.values())) < now - 2 * self._seconds
        ):
            self._seen.popitem(last=False)

    def forget(self, key: str) -> None:
        """Let a request be sent again: it was genuine, but we could not take it."""
        self._seen.pop(key, None)


def _aes(key: bytes, iv: bytes, data: bytes, encrypt: bool = False) -> bytes:
    cipher = Cipher(algorithms.AES(key), modes.CBC(iv))
    run = cipher.encryptor() if encrypt else cipher.decryptor()
    return run.update(data) + run.finalize()


def _unpadded(data: bytes, block: int) -> bytes:
    if not data or not 1 <= data[-1] <= block or data[-data[-1] :] != bytes([data[-1]]) * data[-1]:
        raise Forged("The request cannot be decrypted; check the AES key in the bot's secrets.")
    return data[: -data[-1]]


class Envelope:
    """The encrypted envelope of WeCom, which DingTalk's event callbacks share.

    AES-256-CBC, iv = key[:16], padded to 32; plain = random16 + length (4 bytes, big-endian) + message + receive id.
    Signature = SHA-1 of the sorted token, timestamp, nonce and ciphertext.
    """

    def __init__(self, token: str, aes_key: str, receive_id: str) -> None:
        try:
            self._key = base64.b64decode(aes_key + "=", validate=True)
        except binascii.Error as cause:
            raise BadSettings("The AES key of a bot is not 43 characters of base64; copy it again.") from cause
        if len(self._key) != 32:
            raise BadSettings("The AES key of a bot must have 43 characters; copy it again.")
        self._token, self._receive_id = token, receive_id

    def signature(self, timestamp: str, nonce: str, encrypted: str) -> str:
        parts = sorted([self._token, timestamp, nonce, encrypted])
        return hashlib.sha1("".join(parts).encode()).hexdigest()  # noqa: S324  the platform's own formula

    def open(self, signature: str, timestamp: str, nonce: str, encrypted: str) -> str:
        """Return the message. Raises Forged."""
        if not same(signature, self.signature(timestamp, nonce, encrypted)):
            raise Forged("The signature is wrong.")
        try:
            data = base64.b64decode(encrypted, validate=True)
            plain = _unpadded(_aes(self._key, self._key[:16], data), 32)
            size = struct.unpack(">I", plain[16:20])[0]
            message, receiver = plain[20 : 20 + size].decode(), plain[20 + size :].decode()
        except (ValueError, struct.error) as cause:
            raise Forged("The request cannot be decrypted.") from cause
        if not same(receiver, self._receive_id):
            raise Forged("The request is meant for somebody else.")
        return message

    def seal(self, message: str, timestamp: str, nonce: str, random16: bytes | None = None) -> tuple[str, str]:
        """Return (ciphertext, signature) of a message."""
        data = message.encode()
        plain = (random16 or os.urandom(16)) + struct.pack(">I", len(data)) + data + self._receive_id.encode()
        pad = 32 - len(plain) % 32
        sealed = base64.b64encode(_aes(self._key, self._key[:16], plain + bytes([pad]) * pad, encrypt=True)).decode()
        return sealed, self.signature(timestamp, nonce, sealed)


def aes_file(aes_key: str, content: bytes) -> bytes:
    """Return the plain bytes of a WeCom AI bot attachment (AES-256-CBC, iv = key[:16], padded to 32)."""
    key = base64.b64decode(aes_key + "=" * (-len(aes_key) % 4))
    return _unpadded(_aes(key, key[:16], content), 32)


def feishu_signature(timestamp: str, nonce: str, encrypt_key: str, body: bytes) -> str:
    return hashlib.sha256((timestamp + nonce + encrypt_key).encode() + body).hexdigest()


def feishu_open(encrypt_key: str, encrypted: str) -> str:
    """Return the plain event. Raises Forged."""
    try:
        data = base64.b64decode(encrypted, validate=True)
        key = hashlib.sha256(encrypt_key.encode()).digest()
        return _unpadded(_aes(key, data[:16], data[16:]), 16).decode()
    except ValueError as cause:
        raise Forged("The request cannot be decrypted.") from cause


def dingtalk_sign(timestamp: str, secret: str) -> str:
    digest = hmac.new(secret.encode(), f"{timestamp}\n{secret}".encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def slack_signature(timestamp: str, secret: str, body: bytes) -> str:
    return "v0=" + hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()


def object_in(text: str | bytes) -> dict[str, Any]:
    """Return the JSON object in a body. Raises Forged for anything else."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as cause:
        raise Forged("The body is no JSON.") from cause
    if not isinstance(value, dict):
        raise Forged("The body is no JSON object.")
    return value
