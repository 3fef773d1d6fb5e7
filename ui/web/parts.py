"""The components of the page by name; built in `page`, updated by `handlers`."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr


@dataclass(frozen=True)
class Parts:
    """Shared by everyone who has the page open: none of these objects holds a value of a person."""

    conversation: gr.State
    language: gr.State
    bridge: gr.HTML
    header: gr.HTML
    banner: gr.HTML
    welcome: gr.HTML
    chat: gr.Chatbot
    box: gr.Textbox
    bases: gr.Dropdown
    new: gr.Button
    foot: gr.HTML
    panel: gr.HTML
    states: gr.Radio
    filter: gr.Textbox
    refresh: gr.Button
    table: gr.HTML
    status: gr.HTML
