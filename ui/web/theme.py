"""The page's colours and type as a Gradio theme: paper, ink and one deep green. No font is loaded from anywhere."""

from __future__ import annotations

import gradio as gr
from gradio.themes.utils import colors, sizes

_green = colors.Color(
    name="zhiwen",
    c50="#eef7f5", c100="#d6ebe7", c200="#aed7d0", c300="#7fbdb4", c400="#4d9c92",
    c500="#2f7f77", c600="#1f5f5b", c700="#1a4f4c", c800="#173f3d", c900="#123130", c950="#0a1f1e",
)  # fmt: skip
_ink = colors.Color(
    name="ink",
    c50="#f7f9f8", c100="#eff3f2", c200="#dfe5e3", c300="#c6cfcc", c400="#97a5a2",
    c500="#6b7a77", c600="#4c5957", c700="#35403e", c800="#202927", c900="#171e1d", c950="#111716",
)  # fmt: skip
FONTS = (
    "system-ui", "-apple-system", "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC",
    "sans-serif",
)  # fmt: skip


def theme() -> gr.themes.Base:
    """Return the theme; what it cannot say stands in static/page.css."""
    made = gr.themes.Base(
        primary_hue=_green,
        secondary_hue=_green,
        neutral_hue=_ink,
        text_size=sizes.text_md,
        radius_size=sizes.radius_md,
        font=FONTS,
        font_mono=("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "Noto Sans Mono CJK SC", "monospace"),
    )
    return made.set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        background_fill_primary_dark="*neutral_900",
        background_fill_secondary_dark="*neutral_950",
        block_border_width="0px",
        block_shadow="none",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        input_background_fill="white",
        input_background_fill_dark="*neutral_900",
        input_border_width="1px",
        input_shadow="none",
        input_shadow_focus="none",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_text_color="white",
        button_secondary_background_fill="white",
        button_secondary_background_fill_dark="*neutral_800",
        button_secondary_border_color="*neutral_200",
        button_secondary_border_color_dark="*neutral_700",
        button_border_width="1px",
    )
