from adapters.chat.repetition import looping


def test_a_sentence_said_three_times_is_a_loop():
    assert looping("Well. " + "The answer is 42, as said. " * 3)
    assert looping("第三条规定了年假的天数以及如何申请，请参看。" * 3)
    assert looping("ha" * 30)


def test_lists_and_emphasis_are_no_loop():
    assert not looping("Monday 9-17, Tuesday 9-17, Wednesday 9-17, Thursday 9-17, Friday 9-16")
    assert not looping("……" * 5 + "-" * 20)
    assert not looping("")
