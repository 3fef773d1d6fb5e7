"""What one character stands for when text is compared: its folded form and its kind. Knows nothing of terms or texts.

Every character is folded on its own (width, case, traditional, accents, enclosed and styled forms, look-alikes), so
that folding a text in pieces and folding it whole give the same result. Invisible characters fold to nothing.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

SEPARATOR, LATIN, CHINESE, LETTER = 0, 1, 2, 3  # kinds of folded characters

_SIZE = 0x110000
_LAST = 0x33480  # beyond: only tags and variation selectors, and private use
_INVISIBLE = [
    (0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
    (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0), (0xFFF9, 0xFFFB), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
    # combining marks that are laid over Latin letters and Chinese characters alike
    (0x0300, 0x036F), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF), (0xFE20, 0xFE2F),
]  # fmt: skip
_CONTROLS = [(0x00, 0x08), (0x0E, 0x1F), (0x7F, 0x84), (0x86, 0x9F)]

# Pairs that Unicode calls intentional look-alikes (intentional.txt), and the common ones beyond it.
_LOOK_ALIKES = (
    "аa вb гr еe зz кk мm нh оo пn рp сc тt уy хx ьb іi їi јj ѕs һh ԁd ԛq ԝw ӏl ԍg ѵv үy ɡg єe "
    "αa βb γy δd εe ηn ιi κk λl μu νv οo πn ρp σo τt υu χx ωw "
    "ɑa ɩi ʋv ɪi ʏy ɢg ʜh ʟl ɴn ʀr ᴀa ʙb ᴄc ᴅd ᴇe ꜰf ᴊj ᴋk ᴍm ᴏo ᴘp ꜱs ᴛt ᴜu ᴠv ᴡw ᴢz "
    "ıi łl øo đd ħh ŧt ƒf ɐa ǝe ɯm ɥh ʇt ʌv ʍw ɹr"
)
_KANA = "ロ口 ニ二 ハ八 カ力 タ夕 ト卜 エ工"
_ENCLOSED = ("CIRCLED", "PARENTHESIZED", "SQUARED", "REGIONAL INDICATOR", "FULL STOP", "COMMA", "DOUBLE CIRCLED")


@dataclass(frozen=True)
class Tables:
    """Lookup by code point. `count` is how many characters the fold has; `first` the first of them; `more` the rest."""

    first: NDArray[np.uint32]
    count: NDArray[np.uint8]
    more: dict[int, str]
    kind: NDArray[np.uint8]


@cache
def tables() -> Tables:
    """Build the tables once (about half a second)."""
    first = np.arange(_SIZE, dtype=np.uint32)
    count = np.ones(_SIZE, dtype=np.uint8)
    kind = np.zeros(_SIZE, dtype=np.uint8)
    more: dict[int, str] = {}
    simplified = _simplified()
    special = _special()
    for code in range(_LAST):
        if 0xD800 <= code < 0xF900:  # surrogates and private use
            continue
        char = chr(code)
        folded = special.get(char) or _fold(char, simplified, special)
        first[code] = ord(folded[0])
        if len(folded) > 1:
            count[code] = len(folded)
            more[code] = folded
        kind[code] = _kind(char)
    first[0xD800:0xE000] = 0xFFFD
    for low, high in _INVISIBLE + _CONTROLS:
        count[low : high + 1] = 0
    return Tables(first, count, more, kind)


def _simplified() -> dict[str, str]:
    import opencc

    chars = [
        chr(code)
        for low, high in ((0x3400, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF))
        for code in range(low, high + 1)
    ]
    converted = opencc.OpenCC("t2s").convert("\n".join(chars)).split("\n")
    pairs = zip(chars, converted, strict=True)
    return {char: simple for char, simple in pairs if len(simple) == 1 and simple != char}


def _special() -> dict[str, str]:
    """Look-alikes and enclosed letters and digits, which NFKC leaves alone or spells with their brackets."""
    found = {pair[0]: pair[1] for pair in (_LOOK_ALIKES + " " + _KANA).split()}
    for low, high in ((0x2460, 0x24FF), (0x2776, 0x2793), (0x1F100, 0x1F1FF)):
        for code in range(low, high + 1):
            name = unicodedata.name(chr(code), "")
            tail = name.rsplit(" ", 1)[-1]
            if not any(word in name for word in _ENCLOSED):
                continue
            if len(tail) == 1 and ("LETTER" in name or "REGIONAL" in name):
                found[chr(code)] = tail.lower()
            elif (value := unicodedata.numeric(chr(code), None)) is not None and value == int(value):
                found[chr(code)] = str(int(value))
    return found


def _fold(char: str, simplified: dict[str, str], special: dict[str, str]) -> str:
    folded = unicodedata.normalize("NFKC", char).casefold()
    if len(folded) == 1 and not folded.isascii() and unicodedata.category(folded).startswith("L"):
        base = unicodedata.normalize("NFD", folded)[0]
        if ord(base) < 0x0600:  # Latin, Greek and Cyrillic lose their accents
            folded = base
    return "".join(simplified.get(special.get(part, part), special.get(part, part)) for part in folded) or char


def _kind(char: str) -> int:
    if char.isascii():
        return LATIN if char.isalnum() else SEPARATOR
    code = ord(char)
    if 0x3400 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or 0x20000 <= code <= 0x323AF or char == "〇":
        return CHINESE
    return LETTER if unicodedata.category(char)[0] in "LN" else SEPARATOR
