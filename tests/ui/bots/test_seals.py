"""The platforms' own vectors, and what a forger may try."""

import contextlib
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.bots.feishu_frames import BadFrame, decode, encode
from ui.bots.seals import (
    Envelope,
    Forged,
    Window,
    dingtalk_sign,
    feishu_open,
    feishu_signature,
    same,
    slack_signature,
)

VECTORS = Path(__file__).parents[2] / "data" / "messengers"


def load(name):
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


WECOM, DINGTALK, FEISHU, SLACK = load("wecom"), load("dingtalk"), load("feishu"), load("slack")


@pytest.mark.parametrize("vector", WECOM["url_verify"])
def test_wecom_addresses_are_verified(vector):
    envelope = Envelope(vector["token"], vector["encoding_aes_key"], vector["receiveid"])
    word = envelope.open(vector["msg_signature"], vector["timestamp"], vector["nonce"], vector["echostr"])
    assert word == vector.get("plain", word) and word.isdigit()


@pytest.mark.parametrize("vector", WECOM["message"])
def test_wecom_messages_are_opened(vector):
    envelope = Envelope(vector["token"], vector["encoding_aes_key"], vector["receiveid"])
    sealed = re.search(r"<Encrypt><!\[CDATA\[(.*?)\]\]>", vector["post_body"])[1]
    message = envelope.open(vector["msg_signature"], vector["timestamp"], vector["nonce"], sealed)
    assert all(part in message for part in vector["plain_contains"])


def test_wecom_replies_are_sealed_as_the_platform_expects():
    vector = WECOM["reply_fixed_random"]
    envelope = Envelope(vector["token"], vector["encoding_aes_key"], vector["receiveid"])
    sealed = envelope.seal(vector["reply"], vector["timestamp"], vector["nonce"], vector["random16"].encode())
    assert sealed == (vector["encrypt"], vector["msg_signature"])


@pytest.mark.parametrize("vector", DINGTALK["event_callback"])
def test_dingtalk_events_are_opened(vector):
    envelope = Envelope(vector["token"], vector["aes_key"], vector["owner_key"])
    opened = envelope.open(vector["msg_signature"], vector["timestamp"], vector["nonce"], vector["encrypt"])
    assert opened == vector["plain"]


def test_dingtalk_robot_messages_are_signed():
    vector = DINGTALK["robot_sign_local"]
    assert dingtalk_sign(vector["timestamp"], vector["app_secret"]) == vector["sign"]


def test_feishu_events_are_opened_and_signed():
    vector = FEISHU["decrypt"]
    assert feishu_open(vector["encrypt_key"], vector["encrypt"]) == vector["plain"]
    vector = FEISHU["signature_local"]
    key, body = vector["encrypt_key"], vector["raw_body"].encode()
    assert feishu_signature(vector["timestamp"], vector["nonce"], key, body) == vector["signature"]


def test_slack_requests_are_signed():
    body = SLACK["body"].encode()
    assert slack_signature(SLACK["timestamp"], SLACK["signing_secret"], body) == SLACK["signature"]


@pytest.mark.parametrize("vector", load("feishu-ws-frames")["frames"], ids=lambda vector: vector["name"])
def test_feishu_frames_are_read_and_written_byte_for_byte(vector):
    data = bytes.fromhex(vector["hex"])
    frame = decode(data)
    assert [list(pair) for pair in frame.headers] == vector["headers"]
    assert (frame.method, frame.service, frame.payload.decode()) == (
        vector["method"],
        vector["service"],
        vector["payload"],
    )
    assert encode(frame) == data


@given(st.binary(max_size=200))
def test_no_bytes_end_the_reading_of_frames(data):
    with contextlib.suppress(BadFrame):
        decode(data)


@given(st.data())
def test_any_altered_byte_of_an_envelope_is_noticed(data):
    vector = WECOM["reply_fixed_random"]
    envelope = Envelope(vector["token"], vector["encoding_aes_key"], vector["receiveid"])
    sealed = list(vector["encrypt"])
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] = "A" if sealed[at] != "A" else "B"
    with pytest.raises(Forged):
        envelope.open(vector["msg_signature"], vector["timestamp"], vector["nonce"], "".join(sealed))


def test_a_message_for_somebody_else_is_refused_though_its_signature_is_right():
    vector = WECOM["reply_fixed_random"]
    other = Envelope(vector["token"], vector["encoding_aes_key"], "wx-somebody-else")
    with pytest.raises(Forged, match="somebody else"):
        other.open(vector["msg_signature"], vector["timestamp"], vector["nonce"], vector["encrypt"])


def test_a_signature_of_strange_characters_is_compared_not_feared():
    assert not same("ä\udcff", "abc")


def test_a_request_counts_once_and_near_its_time():
    window = Window(300)
    window.fresh("1000", 1200)
    window.fresh("1000000000000", 1_000_000_010)  # milliseconds
    window.fresh("no time at all", 1200)
    for late in ("800", "nan", "1e300"):
        with pytest.raises(Forged):
            window.fresh(late, 1200)
    window.once("k", 1200)
    with pytest.raises(Forged):
        window.once("k", 1201)
    window.forget("k")
    window.once("k", 1202)
