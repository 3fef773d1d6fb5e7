from ui.web.slowdown import Slowdown


def test_the_wait_doubles_after_the_free_failures_up_to_the_longest():
    now = [0.0]
    slow = Slowdown(lambda: now[0], free=3, longest=5.0)
    waits = []
    for _ in range(7):
        slow.failed("a")
        waits.append(slow.wait("a"))
    assert waits == [0, 0, 1, 2, 4, 5, 5]
    assert slow.wait("b") == 0


def test_success_or_a_long_silence_forgets():
    now = [0.0]
    slow = Slowdown(lambda: now[0], free=1, longest=10.0)
    slow.failed("a")
    slow.succeeded("a")
    assert slow.wait("a") == 0
    for _ in range(6):
        slow.failed("b")
    now[0] = 100.0
    slow.failed("b")
    assert slow.wait("b") == 1


def test_guessing_many_names_does_not_fill_the_memory():
    slow = Slowdown(lambda: 0.0, free=1, remembered=3)
    for name in "abcde":
        slow.failed(name)
    assert [slow.wait(name) > 0 for name in "abcde"] == [False, False, True, True, True]
