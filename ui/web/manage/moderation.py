"""The page on which a reviewer decides what waits, sees what was found lately, and tries texts on a draft policy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from adapters.errors import BadInput, BadSettings
from adapters.records import Asker, Language
from app.desks import ReviewDesk
from app.reviewing import LONGEST
from moderation.draft import LARGEST, Draft
from ui.text import label
from ui.web.manage import moderation_render as draw
from ui.web.manage.frame import QUIET, Frame, Updates
from ui.web.manage.moderation_render import By
from ui.web.render import fill

PERIODS = (7, 30)


@dataclass(frozen=True)
class Parts:
    """The page's components by name; none of these objects holds a value of a person."""

    queue: gr.HTML
    days: gr.Radio
    by: gr.Radio
    chart: gr.HTML
    rules: gr.HTML
    lead: gr.HTML
    text: gr.Textbox
    draft: gr.Accordion
    policy: gr.Textbox
    fill: gr.Button
    terms: gr.Textbox
    allow: gr.Textbox
    go: gr.Button
    compare: gr.Button
    result: gr.HTML


def build_moderation(desk: ReviewDesk, frame: Frame) -> None:
    """Add the page's parts and events to the page that is being built."""
    parts = _lay_out()
    do = Events(desk, frame, parts)
    written = [parts.policy, parts.terms, parts.allow]
    frame.opens(do.draw, list(vars(parts).values()))
    act = frame.bridge("refresh", "confirm", "overrule", "allow")
    act.refresh(do.refresh, [frame.language], [parts.queue], **QUIET)
    act.confirm(do.decide(True), [frame.language], [parts.queue], **QUIET)
    act.overrule(do.decide(False), [frame.language], [parts.queue], **QUIET)
    act.allow(do.allow, [frame.language], [parts.queue], **QUIET)
    seen = [parts.days, parts.by, frame.language]
    gr.on([parts.days.input, parts.by.input], do.hits, seen, [parts.chart, parts.rules], **QUIET)
    parts.fill.click(do.fill, None, [parts.policy], **QUIET)
    parts.go.click(do.try_text, [parts.text, *written, frame.language], [parts.result], **QUIET)
    parts.compare.click(do.compare, [*written, frame.language], [parts.result], **QUIET)


class Events:
    """The page's events over the desk; they keep nothing, the person comes with the request."""

    def __init__(self, desk: ReviewDesk, frame: Frame, parts: Parts):
        self._desk, self._frame, self._parts = desk, frame, parts

    def draw(self, asker: Asker, language: Language) -> Updates:
        """Draw everything anew; what was written on the page is cleared."""

        def say(key: str, **values: object) -> str:
            return label(f"rev.{key}", language, **values)

        parts, hits = self._parts, self._desk.hits(PERIODS[0], asker)
        periods = [(say("days.some", days=days), days) for days in PERIODS]
        groups = [(say(f"by.{by}"), by) for by in ("category", "action")]
        return {
            parts.queue: draw.queue(language, self._desk.queue(asker)),
            parts.days: gr.update(label=say("days"), choices=periods, value=PERIODS[0]),
            parts.by: gr.update(label=say("by"), choices=groups, value="category"),
            parts.chart: draw.chart(language, hits, "category"),
            parts.rules: draw.rules(language, hits),
            parts.lead: fill("manage-moderation-lead.html", language),
            parts.text: gr.update(label=say("text"), placeholder=say("text.hint"), value=""),
            parts.draft: gr.update(label=say("draft")),
            parts.policy: gr.update(label=say("draft.policy"), value=""),
            parts.fill: gr.update(value=say("draft.fill")),
            parts.terms: gr.update(label=say("draft.terms"), value=""),
            parts.allow: gr.update(label=say("draft.allow"), value=""),
            parts.go: gr.update(value=say("go")),
            parts.compare: gr.update(value=say("compare")),
            parts.result: "",
        }

    # What waits

    def refresh(self, language: Language, request: gr.Request) -> str:
        return draw.queue(language, self._desk.queue(self._frame.asker(request)))

    def decide(self, confirm: bool) -> Callable[..., str]:
        """Return the event that agrees with the policy, or does not."""

        def decided(language: Language, event: gr.EventData, request: gr.Request) -> str:
            asker = self._frame.asker(request)
            try:
                self._desk.decide(_number(event), confirm, asker)
                _tell("confirmed" if confirm else "overruled", language)
            except BadInput as problem:
                gr.Warning(str(problem), title="")
            return self.refresh(language, request)

        return decided

    def allow(self, language: Language, event: gr.EventData, request: gr.Request) -> str:
        asker = self._frame.asker(request)
        try:
            passes = self._desk.allow(_number(event), str(event.text)[:200], asker)
            _tell("allowed" if passes else "allowed.not", language)
        except (BadInput, BadSettings) as problem:
            gr.Warning(str(problem), title="")
        return self.refresh(language, request)

    # What was found

    def hits(self, days: int, by: By, language: Language, request: gr.Request) -> Updates:
        hits = self._desk.hits(int(days), self._frame.asker(request))
        return {self._parts.chart: draw.chart(language, hits, by), self._parts.rules: draw.rules(language, hits)}

    # Trying

    def fill(self, request: gr.Request) -> str:
        return self._desk.live_policy(self._frame.asker(request))

    def try_text(self, text: str, policy: str, terms: str, allow: str, language: Language, request: gr.Request) -> str:
        asker = self._frame.asker(request)
        try:
            return draw.tried(language, self._desk.try_text(text, Draft(policy, terms, allow), asker))
        except BadInput as problem:
            return _problem(language, problem)

    def compare(self, policy: str, terms: str, allow: str, language: Language, request: gr.Request) -> str:
        asker = self._frame.asker(request)
        try:
            return draw.compared(language, self._desk.compare(Draft(policy, terms, allow), asker))
        except BadInput as problem:
            return _problem(language, problem)


def _number(event: gr.EventData) -> int:
    value = str(event.id)
    if not value.isdecimal() or len(value) > 18:
        raise BadInput("There is no such item.")
    return int(value)


def _tell(key: str, language: Language) -> None:
    gr.Info(label(f"rev.{key}", language), title="", duration=5)


def _problem(language: Language, problem: BadInput) -> str:
    return fill("manage-search-problem.html", language, problem=str(problem))


def _lay_out() -> Parts:
    def html(name: str) -> gr.HTML:
        return gr.HTML("", apply_default_css=False, elem_id=f"zw-rev-{name}")

    def code(lines: int) -> gr.Textbox:
        return gr.Textbox(label="", lines=lines, max_lines=18, max_length=LARGEST, elem_classes="zw-rev-code")

    made: dict[str, Any] = {"queue": html("queue")}
    with gr.Row(elem_id="zw-rev-choice"):
        made["days"] = gr.Radio([str(days) for days in PERIODS], label="", container=False)
        made["by"] = gr.Radio(["category", "action"], label="", container=False)
    made["chart"], made["rules"], made["lead"] = html("chart"), html("rules"), html("lead")
    with gr.Column(elem_id="zw-rev-form"):
        made["text"] = gr.Textbox(label="", lines=3, max_lines=12, max_length=LONGEST, elem_id="zw-rev-text")
        with gr.Accordion("", open=False, elem_id="zw-rev-draft") as made["draft"]:
            made["policy"] = code(8)
            made["fill"] = gr.Button("", size="sm", elem_id="zw-rev-fill")
            with gr.Row():
                made["terms"], made["allow"] = code(3), code(3)
        with gr.Row(elem_id="zw-rev-buttons"):
            made["go"] = gr.Button("", variant="primary", elem_id="zw-rev-go")
            made["compare"] = gr.Button("", elem_id="zw-rev-compare")
    made["result"] = html("result")
    return Parts(**made)
