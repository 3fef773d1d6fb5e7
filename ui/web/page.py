"""The page: its parts, and which event calls which handler.

Objects here serve everyone; what belongs to one person is in `gr.State` or comes with the request. Who asks is read
from the request's session in every handler, never from a component.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from app.faces import Product
from app.talks import Talks
from ui.text import label
from ui.web.conversation import Conversation
from ui.web.handlers import Handlers, base_choices
from ui.web.manage.access import Place
from ui.web.parts import Parts
from ui.web.render import panel, static, welcome

_bridge_js = """
window.zhiwen = {
  ask: (question) => trigger("ask", {question}),
  judge: (turn, act, reason) => trigger("judge", {turn, act, reason}),
  cite: (turn, number) => trigger("cite", {turn, number}),
  language: (language) => trigger("language", {language}),
  documents: () => trigger("documents", {}),
};
window.dispatchEvent(new Event("zhiwen-bridge"));
"""


def page_head() -> str:
    """Return what goes into the page's head: our icon and the script of the page."""
    icon = '<link rel="icon" type="image/svg+xml" href="/brand/logo.svg">'
    return icon + "".join(f"<script>{static(name)}</script>" for name in ("theme.js", "frame.js", "page.js"))


def build_page(
    product: Product,
    pages: Sequence[Place] = (),
    status_seconds: float = 5.0,
    talks: Talks | None = None,
    bases: Sequence[str] = (),
) -> gr.Blocks:
    """Return the page for this product; `status_seconds` is how often the status line looks again.

    `pages` are the managing pages there are; the header leads those who may open one there. `talks` keeps
    conversations and what readers say of answers; without it nothing is kept. Of several `bases`, the knowledge bases
    there are, a reader may choose one.
    """
    with gr.Blocks(title="知问 Zhiwen", analytics_enabled=False, fill_width=True, fill_height=True) as page:
        parts = _lay_out(product, bases)
        timer = gr.Timer(status_seconds)
        _wire(page, parts, timer, Handlers(product, parts, pages, talks, bases))
    page.queue(api_open=False, max_size=200, default_concurrency_limit=16)
    return page


def _lay_out(product: Product, bases: Sequence[str]) -> Parts:
    conversation, language = gr.State(Conversation()), gr.State("zh")
    bridge = gr.HTML("", apply_default_css=False, js_on_load=_bridge_js, elem_id="zw-bridge")
    header = gr.HTML("", apply_default_css=False, elem_id="zw-header")
    banner = gr.HTML("", apply_default_css=False, elem_id="zw-banner")
    with gr.Row(elem_id="zw-ask", elem_classes="zw-view"):
        with gr.Column(elem_id="zw-talk", scale=7, min_width=0):
            greeting = gr.HTML(welcome("zh", product.sample_questions()), elem_id="zw-welcome", apply_default_css=False)
            chat = gr.Chatbot(
                elem_id="zw-chat",
                show_label=False,
                label=label("chat.label", "zh"),
                visible=False,
                height=None,
                buttons=[],
                layout="bubble",
                sanitize_html=True,
                allow_tags=False,
                latex_delimiters=[],
                feedback_options=None,
                allow_file_downloads=False,
            )
            with gr.Row(elem_id="zw-compose"):
                new = gr.Button(
                    label("chat.new", "zh"), elem_id="zw-new", size="sm", scale=0, min_width=0, visible=False
                )
                chosen = gr.Dropdown(
                    base_choices(bases, "zh"),
                    value="",
                    elem_id="zw-bases",
                    label=label("chat.bases", "zh"),
                    show_label=False,
                    container=False,
                    filterable=False,
                    visible=len(bases) > 1,
                    scale=0,
                    min_width=0,
                )
                box = gr.Textbox(
                    elem_id="zw-box",
                    show_label=False,
                    label=label("chat.box", "zh"),
                    placeholder=label("chat.placeholder", "zh"),
                    lines=1,
                    max_lines=8,
                    autofocus=True,
                    submit_btn=True,
                    container=False,
                )
            foot = gr.HTML("", apply_default_css=False, elem_id="zw-foot")
        with gr.Column(elem_id="zw-side", scale=4, min_width=0):
            sources = gr.HTML(panel("zh", 0, (), None, None), elem_id="zw-panel", apply_default_css=False)
    with gr.Column(elem_id="zw-documents", elem_classes="zw-view"):
        with gr.Row(elem_id="zw-filters"):
            states = gr.Radio([], value="", show_label=False, container=False, elem_id="zw-states", scale=1)
            words = gr.Textbox(show_label=False, container=False, elem_id="zw-filter", scale=0, min_width=220)
            refresh = gr.Button(size="sm", elem_id="zw-refresh", scale=0, min_width=80)
        table = gr.HTML("", apply_default_css=False, elem_id="zw-table")
    status = gr.HTML("", apply_default_css=False, elem_id="zw-status")
    return Parts(
        conversation, language, bridge, header, banner, greeting, chat, box, chosen, new, foot, sources,
        states, words, refresh, table, status,
    )  # fmt: skip


def _wire(page: gr.Blocks, parts: Parts, timer: gr.Timer, do: Handlers) -> None:
    # Private: none of these is an endpoint for programs; the gate shuts Gradio's own API besides.
    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    labelled = [
        parts.header, parts.banner, parts.welcome, parts.chat, parts.box, parts.new, parts.foot, parts.panel,
        parts.bases, parts.states, parts.filter, parts.refresh, parts.table, parts.status, parts.language,
        parts.conversation,
    ]  # fmt: skip
    asked = [parts.conversation, parts.welcome, parts.chat, parts.box, parts.new, parts.panel]
    about = [parts.conversation, parts.language]
    listed = [parts.states, parts.table]
    kept = [parts.language, parts.states, parts.filter]
    page.load(do.open, [*about, parts.bases], labelled, **quiet).then(None, js="() => window.zhiwenShow()")

    # Many people wait for one model at once: the model queues them, not the page.
    long = {**quiet, "concurrency_limit": 64}
    typed = parts.box.submit(do.ask_typed, [parts.box, *about, parts.bases], asked, **long)
    chosen = parts.bridge.ask(do.ask_chosen, [*about, parts.bases], asked, **long)
    # First end what runs, then draw: otherwise its last update could still be drawn over the end.
    running = [typed, chosen]
    parts.box.stop(None, cancels=running).then(do.stop, about, asked, **quiet)
    parts.new.click(None, cancels=running).then(do.new_chat, [parts.language], asked, **quiet)
    parts.bridge.cite(do.cite, about, [parts.panel], **quiet)
    parts.bridge.judge(do.judge, about, asked, **quiet)
    parts.bridge.language(
        do.switch_language, [parts.conversation, parts.states, parts.filter, parts.bases], labelled, **quiet
    )

    parts.bridge.documents(do.list_documents, kept, listed, **quiet)
    parts.refresh.click(do.list_documents, kept, listed, **quiet)
    parts.states.input(do.list_documents, kept, listed, **quiet)
    parts.filter.input(do.list_documents, kept, listed, trigger_mode="always_last", **quiet)
    timer.tick(do.look, [parts.language], [parts.banner, parts.status], **quiet)
