"""What a document says of its own words and of other places: terms it defines, clauses it holds, what it refers to.

Found by form alone (本办法所称…是指, 依照本法第十二条, 《…》第三条, "X means", "see section 3.2", links), which costs
next to nothing when a file is taken in. What is not written in such a form is not found.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from urllib.parse import unquote

from adapters.ports import NewVersion
from adapters.records import Chunk, Relation
from adapters.terms import fold, terms

_CLAUSE = r"第[0-9〇零一二三四五六七八九十百千]+条(?:之[一二三四五六七八九十]+)?"
_NAME = r"[^\s，。；：、“”\"「」《》（）()是指]{2,16}"
_defined = (
    re.compile(rf"所称的?[“\"「]?(?P<term>{_NAME})[”\"」]?[，,]?\s*(?:是指|系指|指)(?![南标定导挥数出向])"),
    re.compile(
        rf"(?:^|[。；;）)\n])\s*(?:\d+[.、]|[-*]\s)?\**[“\"「]?(?P<term>{_NAME})[”\"」]?\**"
        r"[，,：:]?\s*(?:是指|系指)(?![南标定导挥数出向])",
        re.M,
    ),
    re.compile(rf"(?:以下|下文|下)(?:简称|统称)(?:为)?[“\"「]?(?P<term>{_NAME})[”\"」]?[）)]"),
    re.compile(
        r"(?:^|[.;\n])\s*(?:[-*]\s)?\**[\"“]?(?P<term>[A-Z][\w/-]*(?: [\w/-]+){0,4}?)[\"”]?\**"
        r"\s+(?:means|refers to|is defined as)\b",
        re.M,
    ),
)  # fmt: skip
_clauses = rf"(?P<clauses>{_CLAUSE}(?:(?:、|和|至|或者?|以及){_CLAUSE})*)"
_titled = re.compile(rf"《(?P<title>[^《》]{{2,40}})》(?:（[^）]*）)?{_clauses}")
_own = re.compile(
    rf"(?:本(?:法|条例|办法|规定|规则|细则|制度|手册|标准|协议|合同|章程|规范|指南)|依照|按照|依据|根据|违反|符合|适用|有|除)"
    rf"{_clauses}"
)
_section = re.compile(r"\b(?:see|in|under|per|refer to)\s+(?:section|§)\s*(?P<clauses>\d+(?:\.\d+)+)", re.IGNORECASE)
_link = re.compile(r"(?<!!)\[[^\]]{1,200}\]\((?P<path>[^)\s:]+\.[A-Za-z]{2,5})(?:#[^)\s]*)?\)")
_stands = re.compile(rf"^[#\s]*({_CLAUSE})", re.M)
_numbered = re.compile(r"^(\d+(?:\.\d+)+)[.、]?\s")
_each = re.compile(rf"{_CLAUSE}|\d+(?:\.\d+)+")


def relations(made: NewVersion) -> list[Relation]:
    """Return what one version's chunks define, hold and refer to, each once."""
    found = [relation for chunk in made.chunks for relation in _of(chunk, made.entry.path)]
    return list(dict.fromkeys(found))


def _of(chunk: Chunk, path: str) -> Iterator[Relation]:
    yield from (Relation(chunk.id, "defines", fold(term)) for term in _terms(chunk.text))
    places = {clause_name(clause) for clause in _stands.findall(chunk.text)}
    for title in chunk.heading_path[-1:]:
        places.update(clause_name(clause) for clause in re.findall(_CLAUSE, title))
        places.update(_numbered.findall(title))
    yield from (Relation(chunk.id, "holds", place) for place in sorted(places))
    for match in _titled.finditer(chunk.text):
        for clause in _each.findall(match["clauses"]):
            yield Relation(chunk.id, "cites", clause_name(clause), fold(match["title"]))
    for pattern in (_own, _section):
        for match in pattern.finditer(chunk.text):
            for clause in _each.findall(match["clauses"]):
                if clause_name(clause) not in places:
                    yield Relation(chunk.id, "cites", clause_name(clause))
    for match in _link.finditer(chunk.text):
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(match["path"])))
        yield Relation(chunk.id, "links", target.lstrip("/"))


def _terms(text: str) -> Sequence[str]:
    found = [match["term"].strip() for pattern in _defined for match in pattern.finditer(text)]
    return [
        re.sub(r"^(?:本(?:法|条例|办法|规定|规则|细则|制度|手册))?所称的?|^本(?:法|条例|办法|规定)", "", term)
        for term in found
    ]


def clause_name(clause: str) -> str:
    """Return one spelling of a clause's number: 第十二条 and 第12条 are 第12条; 3.2 stays."""
    return (terms(clause) or [clause])[0] if clause.startswith("第") else clause
