"""The page on which an administrator tests search: one question, for oneself or as somebody else would have it."""

from __future__ import annotations

import gradio as gr

from adapters.errors import BadInput
from adapters.records import Asker, Language, Passage
from app.desks import SearchDesk
from app.explain import Explained
from ui.text import label
from ui.web.manage.frame import QUIET, Frame, Updates
from ui.web.render import fill

# Documents named under each rule; the count says how many there are.
NAMED = 8


def build_search(desk: SearchDesk, frame: Frame) -> None:
    """Add the page's parts and events to the page that is being built."""
    lead = gr.HTML("", apply_default_css=False)
    with gr.Row(elem_id="zw-try-form"):
        question = gr.Textbox(label="", max_length=4_000, scale=6, elem_id="zw-try-question")
        person = gr.Textbox(label="", max_length=200, scale=2, elem_id="zw-try-person")
        go = gr.Button("", variant="primary", scale=1, elem_id="zw-try-go")
    result = gr.HTML("", apply_default_css=False, elem_id="zw-try-result")

    def draw(asker: Asker, language: Language) -> Updates:
        return {
            lead: fill("manage-search-lead.html", language),
            question: gr.update(label=label("try.question", language)),
            person: gr.update(label=label("try.as", language)),
            go: gr.update(value=label("try.go", language)),
        }

    def search(asked: str, as_user: str, language: Language, request: gr.Request) -> str:
        asker = frame.asker(request)
        try:
            return explained(language, desk.explain(asked, asker, as_user))
        except BadInput as problem:
            return fill("manage-search-problem.html", language, problem=str(problem))

    frame.opens(draw, [lead, question, person, go])
    given = [question, person, frame.language]
    gr.on([go.click, question.submit, person.submit], search, given, [result], **QUIET)


def explained(language: Language, shown: Explained) -> str:
    """Return the result of a search test."""
    kept_out = [
        {
            "rule": rule,
            "count": count,
            "paths": list(dict.fromkeys(one.document_path for one in shown.kept_out if one.rule == rule))[:NAMED],
        }
        for rule, count in shown.removed.items()
    ]
    rows = [
        {"passage": passage, "why": _why(passage, language), "ranks": shown.ranks.get(passage.chunk.id, {})}
        for passage in shown.found.passages
    ]
    return fill("manage-search.html", language, shown=shown, rows=rows, kept_out=kept_out)


def _why(passage: Passage, language: Language) -> str:
    kind, _, name = passage.why.replace(": ", " ", 1).partition(" ")
    return label(f"try.why.{kind}", language) + name if kind else ""
