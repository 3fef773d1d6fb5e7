from adapters.records import Message
from app.events import Cited, Done, Failed, NothingFound, Text
from ui.web.conversation import Conversation


def after(conversation, question, *events):
    conversation = conversation.asked(question)
    exchange = conversation.exchanges[-1]
    for event in events:
        exchange = exchange.after(event)
    return conversation.with_last(exchange)


def test_history_is_what_was_said_without_marks_refusals_and_failures():
    talk = after(Conversation("li.na"), "q1", Text("a"), Text("1"), Cited("a1[1]", ()), Done({}, "m"))
    talk = after(talk, "q2", NothingFound("none"), Done({}, "m"))
    talk = after(talk, "q3", Text("half"), Failed("broken"))
    assert talk.history() == (Message("user", "q1"), Message("assistant", "a1"))


def test_nobody_continues_another_persons_conversation():
    talk = after(Conversation("li.na"), "q", Text("a"))
    assert talk.of("li.na") is talk
    assert talk.of("wang.wei").exchanges == () and talk.of("wang.wei").owner == "wang.wei"


def test_stopping_ends_only_an_unfinished_answer():
    running = after(Conversation("x"), "q", Text("half"))
    assert running.stopped().exchanges[-1].stopped
    done = after(Conversation("x"), "q", Text("whole"), Done({}, "m"))
    assert done.stopped() is done
    assert Conversation("x").stopped().exchanges == ()


def test_a_number_outside_the_conversation_cites_nothing():
    talk = after(Conversation("x"), "q", Text("a"))
    assert talk.citation(0, 1) is None and talk.citation(5, 1) is None and talk.citation(-1, 1) is None
