"""Make text that a model or a document wrote safe to show as Markdown: no HTML, no images, no links but ours.

The browser sanitizes again and the content policy blocks foreign requests; this is the first of the three walls.
"""

from __future__ import annotations

import re
from collections.abc import Callable

# A fenced block to its end (or to the end of the text while it still streams), or a code span within one paragraph.
_code = re.compile(
    r"(?P<fence>^[ ]{0,3}(?P<f>`{3,}|~{3,})[^\n`]*\n.*?(?:^[ ]{0,3}(?P=f)[`~]*[ \t]*$|\Z))"
    r"|(?<![`\\])(?P<ticks>`+)(?!`)(?:(?!\n[ \t]*\n).)+?(?<!`)(?P=ticks)(?!`)",
    re.MULTILINE | re.DOTALL,
)
_diagram = re.compile(r"((?:`{3,}|~{3,})[ \t]*)mermaid", re.IGNORECASE)
_mark = re.compile(r"\[(\d{1,3})\]")
_scheme = re.compile(r"([a-z][a-z0-9+.-]{1,15}:)//", re.IGNORECASE)
_www = re.compile(r"\bwww\.", re.IGNORECASE)
_mail = re.compile(r"(?<=\w)@(?=\w)")


def plain(text: str) -> str:
    """Return text that Markdown shows as it is, in one line: titles, names, file paths."""
    line = " ".join(text.split())
    return _disarm(re.sub(r"([\\`*_{}\[\]#|~])", r"\\\1", line))


def tame(text: str, link: Callable[[int], str | None] = lambda _: None) -> str:
    """Return the Markdown without HTML, images and links; `[n]` becomes `link(n)` where that is not None.

    Code keeps its characters: Markdown escapes them itself. Diagrams stay code.
    """
    # A diagram would be drawn by a script, with links of its own in it; wherever it seems to begin, it stays code.
    text = _diagram.sub(r"\1text", text)
    pieces: list[str] = []
    end = 0
    for match in _code.finditer(text):
        pieces.append(_prose(text[end : match.start()], link))
        pieces.append(match.group())
        end = match.end()
    pieces.append(_prose(text[end:], link))
    return "".join(pieces)


def _prose(text: str, link: Callable[[int], str | None]) -> str:
    pieces: list[str] = []
    end = 0
    for match in _mark.finditer(text):
        if (target := link(int(match.group(1)))) is None:
            continue
        pieces.append(_no_links(text[end : match.start()]))
        pieces.append(target)
        end = match.end()
    pieces.append(_no_links(text[end:]))
    return "".join(pieces)


def _no_links(text: str) -> str:
    # Every bracket is escaped, so neither [text](address), ![image](address) nor [name]: address can form;
    # a bracket that the text had escaped already stays as it is.
    return _disarm(re.sub(r"(?<!\\)([\[\]])", r"\\\1", text))


def _disarm(text: str) -> str:
    """HTML becomes text, and bare addresses stay readable without becoming links."""
    text = text.replace("<", "&lt;")
    text = _scheme.sub(r"\1&#47;&#47;", text)
    text = _www.sub(lambda found: found.group()[:3] + "&#46;", text)
    return _mail.sub("&#64;", text)
