"""The line before the model: everybody gets a turn."""

from __future__ import annotations

import threading

import pytest

from adapters.errors import EngineOverloaded
from app.line import Line, Turn


def served_order(line: Line, turns: list[tuple[str, Turn]]) -> list[str]:
    """Finish one turn after the other, in the order in which they come."""
    order = []
    waiting = list(turns)
    while waiting:
        pair = next(pair for pair in waiting if pair[1].began is not None)
        order.append(pair[0])
        waiting.remove(pair)
        pair[1].leave()
    return order


def test_people_take_turns_however_many_questions_one_asks():
    line = Line(slots=1)
    turns = [(f"greedy{number}", line.join("greedy")) for number in range(4)]
    turns += [(name, line.join(name)) for name in ("ann", "bo")]
    assert served_order(line, turns) == ["greedy0", "greedy1", "ann", "bo", "greedy2", "greedy3"]


def test_nobody_waits_more_than_twice_as_long_as_another():
    """Twenty people, five questions each, a turn takes one tick; waits are counted in ticks."""
    line, clock, waits = Line(slots=4, longest=100), 0, dict.fromkeys(range(20), 0)
    left = dict.fromkeys(range(20), 5)
    open_turns = {user: (0, line.join(str(user))) for user in left}
    while open_turns:
        held = [user for user, (_, turn) in open_turns.items() if turn.began is not None]
        assert len(held) <= 4
        clock += 1
        for user in held:
            since, turn = open_turns.pop(user)
            waits[user] += clock - since
            turn.leave()
            left[user] -= 1
            if left[user]:
                open_turns[user] = (clock, line.join(str(user)))
    assert max(waits.values()) <= 2 * min(waits.values())


def test_a_waiting_person_hears_of_every_step_forward():
    line = Line(slots=1, guess=10.0)
    first, second, third = line.join("a"), line.join("b"), line.join("c")
    places = third.places()
    place = next(places)
    assert (place.position, place.seconds) == (2, 20.0)
    first.leave()
    assert next(places).position == 1
    second.leave()
    assert list(places) == []
    third.leave()


def test_who_leaves_while_waiting_makes_room():
    line = Line(slots=1)
    held, gone, last = line.join("a"), line.join("b"), line.join("c")
    gone.leave()
    gone.leave()
    assert line.length() == 1
    held.leave()
    last.wait()
    last.leave()
    assert line.length() == 0


def test_a_full_line_asks_people_to_come_back_and_one_person_cannot_fill_it():
    line = Line(slots=1, longest=3, each=2)
    turns = [line.join("a")]
    turns += [line.join("a"), line.join("a")]
    with pytest.raises(EngineOverloaded, match="You have 2 questions waiting"):
        line.join("a")
    turns.append(line.join("b"))
    with pytest.raises(EngineOverloaded, match="3 questions are waiting"):
        line.join("c")
    for turn in turns:
        turn.leave()


def test_twenty_at_once_are_all_served():
    line, done = Line(slots=3, longest=20), []

    def person(number: int) -> None:
        with line.join(str(number)) as turn:
            turn.wait()
            done.append(number)

    people = [threading.Thread(target=person, args=(number,)) for number in range(20)]
    for one in people:
        one.start()
    for one in people:
        one.join(10)
    assert sorted(done) == list(range(20))
