"""Bytes become text: byte order mark, strict UTF-8, then the encoding whose result looks most like writing.

Which bytes are readable in which encoding says little between GB18030 and Big5: both decode almost anything. What
tells them apart is how common the resulting characters are. Two Chinese characters alone can never be told for certain.
"""

from __future__ import annotations

import codecs
import re
from functools import cache

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 65_536
# The most frequent characters of modern Chinese, simplified and traditional spellings together.
_COMMON = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定"
    "行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些"
    "然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公"
    "无系军很情者最立代想已通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将"
    "组见计别她手角期根论运农指几九区强放决西被干做必战先回则任取据处府规单位职工休假第条应当本人通知附件请需要不得国务院"
    "這個國為時們來於說發過對會動學產種麼經點從業開還與關實現體機電數當後應進長門無樣處間見問題義條業務員單據總結論區規"
    "。，、；：？！“”（）《》「」『』　０１２３４５６７８９年月日第章节節條款项項表號号台股份有限公司"
)
_COMMON_KANA_HANGUL = re.compile("[\u3040-\u30ff\uac00-\ud7af]")
_ODD = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f\ufffd\ue000-\uf8ff]")
_C1 = re.compile("[\x80-\x9f]")


@cache
def _candidates() -> tuple[str, ...]:
    return ("gb18030", "big5", "cp1252")


def decode(data: bytes, declared: str | None = None) -> str:
    """Return data as text. `declared` (an HTML meta, a mail header) goes after a byte order mark, before guessing."""
    return data.decode(encoding_of(data, declared), errors="replace").removeprefix("\ufeff")


def encoding_of(data: bytes, declared: str | None = None) -> str:
    """Return the name of the codec to read data with; always one that Python has."""
    for mark, marked in _MARKS:
        if data.startswith(mark):
            return marked
    if declared and (name := _known(declared)) and _decodes(data, name):
        return name
    if _decodes(data, "utf-8") and b"\x00" not in data[:_SAMPLE]:
        return "utf-8"
    wide = _utf16(data[:_SAMPLE])
    if wide:
        return wide
    sample = data[:_SAMPLE]
    return max(_candidates(), key=lambda name: _score(sample, name))


def _known(name: str) -> str | None:
    """Return a Python codec for a declared name; "gb2312" and "gbk" mean their superset, as browsers read them."""
    name = name.strip().strip("\"'").lower()
    if name in {"gb2312", "gbk", "gb_2312-80", "x-gbk", "hz-gb-2312"}:
        return "gb18030"
    if name in {"iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii"}:
        return "cp1252"
    try:
        info = codecs.lookup(name)
    except LookupError:
        return None
    # Codecs such as "zip" or "rot13" are no text encodings.
    return info.name if getattr(info, "_is_text_encoding", True) else None


def _decodes(data: bytes, name: str) -> bool:
    """True when all of data is valid, but for a character cut at the very end."""
    try:
        codecs.getincrementaldecoder(name)("strict").decode(data, final=False)
    except (UnicodeDecodeError, UnicodeError):
        return False
    return True


def _utf16(sample: bytes) -> str | None:
    """Return the byte order of UTF-16 without a mark: which half of the pairs holds the zeros, or reads as writing."""
    if len(sample) < 4:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if odd > half * 0.3 and even < half * 0.05:
        return "utf-16-le"
    if even > half * 0.3 and odd < half * 0.05:
        return "utf-16-be"
    best = max(("utf-16-le", "utf-16-be"), key=lambda name: _score(sample, name))
    return best if _score(sample, best) > max(0.4, *(_score(sample, name) + 0.2 for name in _candidates())) else None


def _score(sample: bytes, name: str) -> float:
    """Return between about -1 and 1 how much sample looks like writing when read as `name`."""
    text = codecs.getincrementaldecoder(name)("replace").decode(sample, final=False)
    if not text:
        return -1.0
    high = [char for char in text if ord(char) > 0x7F]
    penalty = 4.0 * (len(_ODD.findall(text)) + len(_C1.findall(text))) / len(text)
    if not high:
        return (0.5 if text.isprintable() or "\n" in text else 0.0) - penalty
    if name == "cp1252":
        # A Western letter among ASCII ones is writing; runs of high letters are another script misread.
        beside = len(re.findall(r"[A-Za-z\s,.;:'\"(-][\u0080-\u2122](?=[A-Za-z\s,.;:'\")-]|$)", text))
        letters = sum(char.isalpha() or char in "€£§°«»–—‘’“”…•" for char in high)
        return 0.9 * beside / len(high) * letters / len(high) - penalty
    common = sum(char in _COMMON for char in high)
    foreign = len(_COMMON_KANA_HANGUL.findall(text))
    return (common - foreign) / len(high) - penalty
