"""The page on which a knowledge owner looks after documents: parts and events."""

from __future__ import annotations

import gradio as gr

from adapters.records import Asker, Language
from app.desks import DocumentDesk
from ui.web.manage.frame import Frame, Updates


def build_documents(desk: DocumentDesk, frame: Frame) -> None:
    """Add the page's parts and events to the page that is being built."""
    summary = gr.HTML("", apply_default_css=False, elem_id="zw-summary")

    def draw(asker: Asker, language: Language) -> Updates:
        return {summary: desk.summary(asker)}

    frame.opens(draw, [summary])
