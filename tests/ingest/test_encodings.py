"""Text in any encoding people still save in is read as they wrote it."""

import pytest

from ingest.parse.encodings import decode

ZH = "公司员工累计工作已满一年的，享受带薪年休假。国家法定休假日不计入年休假的假期。"
ZH_TW = "公司員工累計工作已滿一年的，享受帶薪年休假。國家法定休假日不計入年休假的假期。"
WESTERN = "Die schöne Frau hat einen Kaffee getrunken. L'été était très chaud, 15,50 €."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "gbk"])
def test_chinese_is_read_in_every_common_encoding(encoding):
    assert decode(ZH.encode(encoding)) == ZH


def test_big5_is_told_from_gb18030():
    assert decode(ZH_TW.encode("big5")) == ZH_TW


def test_western_letters_in_windows_encoding_are_read():
    assert decode(WESTERN.encode("cp1252")) == WESTERN


@pytest.mark.parametrize("text", ["员工手册", "年假怎么算？", "关于放假的通知", "第一条 总则"])
def test_a_few_chinese_characters_in_gbk_are_enough(text):
    assert decode(text.encode("gbk")) == text


def test_a_character_cut_at_the_end_does_not_change_the_guess():
    assert decode(ZH.encode("utf-8")[:-1]).startswith(ZH[:-1])


def test_a_declared_encoding_is_believed_when_it_fits():
    assert decode("通知".encode("gbk"), "gb2312") == "通知"
    assert decode("通知".encode(), "no-such-encoding") == "通知"


def test_codecs_that_are_no_encodings_are_not_run():
    assert decode(b"abc", "zip") == "abc"
