"""What a reader cannot see never reaches the store; what only looks different is one thing to the index."""

from ingest.clean import index_form, invisible_count, visible


def test_text_that_cannot_be_seen_is_taken_out():
    assert visible("a\u200bb\u202ec\u2066d\ufeffe\U000e0041f\x00g\xadh") == "abcdefgh"


def test_line_ends_of_every_system_become_one():
    assert visible("a\r\nb\rc\u2028d") == "a\nb\nc\nd"


def test_lone_surrogates_do_not_survive():
    visible("a\ud800b").encode("utf-8")


def test_invisible_characters_are_counted_but_not_the_byte_order_mark():
    assert invisible_count("\ufeffabc") == 0
    assert invisible_count("a\u202eb\u200bc") == 2


def test_the_index_sees_ligatures_and_width_folded():
    assert index_form("ﬁle Ａ１") == "file A1"
    assert index_form(visible("of\uf001ce")) == "office"


def test_the_index_does_not_see_link_targets_or_emphasis():
    assert index_form("see [the guide](/a/b.md) and **this**") == "see the guide and this"


def test_drawn_lines_are_shortened_for_the_index():
    assert index_form("+" + "-" * 40 + "+") == "+---+"
