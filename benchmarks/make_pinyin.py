"""Write moderation/tables/pinyin.tsv: one toneless syllable a line and the characters most often read so.

Run: pip install pypinyin==0.55.0 && python benchmarks/make_pinyin.py
The readings are those of pypinyin (MIT, from Unihan), looked up character by character: a table of 70 KB loads in a
few milliseconds, where the library reads 40,000 phrases that a list of words has no use for.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from pypinyin import Style, pinyin

TABLE = Path(__file__).parent.parent / "moderation" / "tables" / "pinyin.tsv"


def main() -> None:
    syllables: dict[str, list[str]] = defaultdict(list)
    for code in range(0x4E00, 0xA000):
        read = pinyin(chr(code), style=Style.NORMAL, errors="ignore", v_to_u=False)
        if read and read[0][0].isascii():
            syllables[read[0][0]].append(chr(code))
    lines = (f"{syllable}\t{''.join(chars)}\n" for syllable, chars in sorted(syllables.items()))
    TABLE.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
