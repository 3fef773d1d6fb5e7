"""A moderation policy as files: read, checked as a whole, and named by the hash of what it says. Matches nothing.

policy.yaml    categories: the action on each surface (and channel), and the reply shown
terms*.tsv     term <TAB> category <TAB> flags   (flags: exact = no separators inside; anywhere = no word edges)
allow*.tsv     phrases that are always fine, and beat listed words inside them
patterns*.tsv  name <TAB> category <TAB> RE2 pattern over folded (lower-case, simplified) text
intents*.yaml  word groups, and rules that ask for several groups close together
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, cast, get_args

import re2
import yaml

from adapters.errors import BadSettings
from adapters.records import Language
from moderation.normalise import skeleton_of
from moderation.terms import Term

Surface = Literal["question", "passage", "answer"]
Action = Literal["pass", "review", "mask", "replace", "block"]
SURFACES: tuple[Surface, ...] = get_args(Surface)
ACTIONS: tuple[Action, ...] = get_args(Action)  # mildest first
DEFAULT_POLICY = Path(__file__).parent / "default_policy"
ALLOW = "allow"
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same, and faster where libyaml is there


class BadPolicy(BadSettings):
    """A policy file cannot be used; the message names file and line."""


@dataclass(frozen=True)
class Category:
    """What happens to one kind of content. `channels` overrides `actions` by (channel, surface)."""

    name: str
    actions: Mapping[Surface, Action]
    channels: Mapping[tuple[str, Surface], Action] = field(default_factory=dict)
    reply: Mapping[Language, str] = field(default_factory=dict)

    def action(self, surface: Surface, channel: str) -> Action:
        return self.channels.get((channel, surface), self.actions.get(surface, "pass"))


@dataclass(frozen=True)
class Intent:
    """A rule over word groups: one word of each group in `need` within `window` characters of one sentence.

    A word of a group in `unless` in the same sentence lifts it. With a `score`, the judge of questions must also give
    the text more than that (`moderation.classifier`).
    """

    name: str
    category: str
    need: tuple[str, ...]
    unless: tuple[str, ...] = ()
    window: int = 24
    surfaces: frozenset[Surface] = frozenset({"question"})
    ordered: bool = False
    score: float = 0.0


@dataclass(frozen=True)
class Pattern:
    """A pattern over folded text."""

    name: str
    category: str
    pattern: str


@dataclass(frozen=True)
class JudgePolicy:
    """When a guard model is asked about a question (if there is one), and what its opinion does.

    `zone`: the least score of the judge of questions. `on_failure`: what happens when it gives no opinion in `seconds`.
    """

    zone: float = 0.2
    unsafe: Action = "block"
    controversial: Action = "review"
    on_failure: Action = "pass"
    seconds: float = 8.0


@dataclass(frozen=True)
class Policy:
    """Everything a policy says. `version` is a hash over all its files and added terms."""

    categories: Mapping[str, Category]
    terms: tuple[Term, ...]
    patterns: tuple[Pattern, ...]
    words: Mapping[str, tuple[str, ...]]
    intents: tuple[Intent, ...]
    version: str
    judge: JudgePolicy = JudgePolicy()

    def with_terms(self, added: Path) -> Policy:
        """Return this policy with the terms of a TSV file; a new category blocks questions and masks elsewhere.

        Raises BadPolicy.
        """
        categories = dict(self.categories)
        for _, cells in _rows(added):
            name = cells[1].strip() if len(cells) > 1 else ""
            if name and name not in categories:
                categories[name] = Category(name, {"question": "block", "passage": "mask", "answer": "mask"})
        terms = _read_terms(added, categories)
        known = {term.text for term in terms}
        kept = tuple(term for term in self.terms if term.text not in known or term.tag == ALLOW)
        version = hashlib.sha256(self.version.encode() + added.read_bytes()).hexdigest()[:16]
        return replace(self, categories=categories, terms=(*kept, *terms), version=version)

    def with_allowed(self, added: Path) -> Policy:
        """Return this policy with phrases that reviewers allowed. Raises BadPolicy when one is a listed word itself."""
        seen = {term.text.casefold(): f"{term.tag}\0the policy" for term in self.terms}
        terms = tuple(_read_allowed(added, seen))
        version = hashlib.sha256(self.version.encode() + added.read_bytes()).hexdigest()[:16]
        return replace(self, terms=(*self.terms, *terms), version=version)


def load_policy(folder: Path = DEFAULT_POLICY) -> Policy:
    """Read and check a policy folder. Raises BadPolicy with file and line; nothing is half loaded."""
    files = policy_files(folder)
    if not (folder / "policy.yaml").is_file():
        raise BadPolicy(f"{folder / 'policy.yaml'}: missing; a policy folder needs it.")
    categories, judge = _read_policy(folder / "policy.yaml")
    terms: list[Term] = []
    patterns: list[Pattern] = []
    words: dict[str, tuple[str, ...]] = {}
    intents: list[Intent] = []
    seen: dict[str, str] = {}
    for path in files:
        if path.name.startswith("terms"):
            terms += _read_terms(path, categories, seen)
        elif path.name.startswith("allow"):
            terms += _read_allowed(path, seen)
        elif path.name.startswith("patterns"):
            patterns += _read_patterns(path, categories)
        elif path.name.startswith("intents"):
            _read_intents(path, categories, words, intents)
    _check_groups(folder, words, intents)
    return Policy(categories, tuple(terms), tuple(patterns), words, tuple(intents), policy_hash(folder), judge)


def policy_files(folder: Path) -> list[Path]:
    """Return the files that make up the policy, in a fixed order."""
    return sorted(path for path in folder.glob("*") if path.suffix in (".yaml", ".tsv") and path.is_file())


def policy_hash(folder: Path) -> str:
    """Return 16 hexadecimal digits over names and contents of the policy's files."""
    digest = hashlib.sha256()
    for path in policy_files(folder):
        digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as cause:
        raise BadPolicy(f"{path}: cannot be read ({cause}); save it as UTF-8 text.") from cause
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip() and not line.startswith("#"):
            yield number, line.rstrip("\r").split("\t")


def _read_terms(path: Path, categories: Mapping[str, Category], seen: dict[str, str] | None = None) -> list[Term]:
    terms = []
    for number, cells in _rows(path):
        where = f"{path}:{number}"
        if len(cells) < 2:
            raise BadPolicy(f"{where}: expected term<TAB>category.")
        text, category = cells[0].strip(), cells[1].strip()
        flags = set(cells[2].replace(",", " ").split()) if len(cells) > 2 else set()
        if category not in categories:
            raise BadPolicy(f"{where}: the category {category!r} is not in policy.yaml.")
        if unknown := flags - {"exact", "anywhere"}:
            raise BadPolicy(f"{where}: unknown flag {sorted(unknown)[0]!r}; use exact or anywhere.")
        # Normalising each of 100,000 terms alone would take seconds; nearly all of them show a letter at once.
        if not (any(map(str.isalnum, text)) or skeleton_of(text)):
            raise BadPolicy(f"{where}: {text!r} has no letter or digit, so it would match nothing.")
        if seen is not None:
            _once(seen, text, category, where)
        terms.append(Term(text, category, "exact" not in flags, "none" if "anywhere" in flags else "auto"))
    return terms


def _read_allowed(path: Path, seen: dict[str, str]) -> list[Term]:
    terms = []
    for number, cells in _rows(path):
        text = cells[0].strip()
        if not skeleton_of(text):
            raise BadPolicy(f"{path}:{number}: {text!r} has no letter or digit, so it would match nothing.")
        _once(seen, text, ALLOW, f"{path}:{number}")
        terms.append(Term(text, ALLOW, skip=False, edges="none"))
    return terms


def _once(seen: dict[str, str], text: str, tag: str, where: str) -> None:
    """Refuse a term listed under two categories, or both denied and allowed."""
    key = text.casefold()
    if key in seen and seen[key].split("\0")[0] != tag:
        other, place = seen[key].split("\0")
        raise BadPolicy(f"{where}: {text!r} is {tag} here but {other} at {place}; keep one of them.")
    seen[key] = f"{tag}\0{where}"


def _read_patterns(path: Path, categories: Mapping[str, Category]) -> list[Pattern]:
    patterns = []
    for number, cells in _rows(path):
        if len(cells) != 3:
            raise BadPolicy(f"{path}:{number}: expected name<TAB>category<TAB>pattern.")
        name, category, pattern = (cell.strip() for cell in cells)
        if category not in categories:
            raise BadPolicy(f"{path}:{number}: the category {category!r} is not in policy.yaml.")
        try:
            if re2.compile(pattern).search("") is not None:
                raise BadPolicy(f"{path}:{number}: the pattern matches the empty text, so it would match everywhere.")
        except re2.error as cause:
            raise BadPolicy(f"{path}:{number}: not an RE2 pattern: {cause}.") from cause
        patterns.append(Pattern(name, category, pattern))
    return patterns


def _yaml(path: Path) -> tuple[dict[str, Any], dict[tuple[str, ...], int]]:
    """Return the content of a YAML file, and the line of every key and list item by its path."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        node, content = yaml.compose(text, Loader=_Loader), yaml.load(text, Loader=_Loader)  # noqa: S506
    except (OSError, UnicodeDecodeError) as cause:
        raise BadPolicy(f"{path}: cannot be read ({cause}).") from cause
    except ValueError as cause:  # a day like 2026-99-99, which PyYAML itself does not expect
        raise BadPolicy(f"{path}: not valid YAML: {cause}.") from cause
    except yaml.YAMLError as cause:
        line = getattr(getattr(cause, "problem_mark", None), "line", -1) + 1
        raise BadPolicy(f"{path}:{line}: not valid YAML: {getattr(cause, 'problem', cause)}.") from cause
    if not isinstance(content, dict) or node is None:
        raise BadPolicy(f"{path}:1: expected keys and values.")
    lines: dict[tuple[str, ...], int] = {}
    _lines(path, node, (), lines)
    return content, lines


def _lines(path: Path, node: yaml.Node, at: tuple[str, ...], lines: dict[tuple[str, ...], int]) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            place = (*at, str(key.value))
            if place in lines:
                raise BadPolicy(
                    f"{path}:{key.start_mark.line + 1}: {key.value!r} is given twice (first in line {lines[place]})."
                )
            lines[place] = key.start_mark.line + 1
            _lines(path, value, place, lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            lines[(*at, str(index))] = value.start_mark.line + 1
            _lines(path, value, (*at, str(index)), lines)


def _read_policy(path: Path) -> tuple[dict[str, Category], JudgePolicy]:
    content, lines = _yaml(path)
    if unknown := set(content) - {"categories", "judge"}:
        name = sorted(map(str, unknown))[0]
        raise BadPolicy(f"{path}:{lines.get((name,), 1)}: unknown key {name!r}.")
    found: dict[str, Category] = {}
    for name, entry in _mapping(path, lines, (), "categories", content).items():
        at: tuple[str, ...] = ("categories", str(name))
        where = f"{path}:{lines.get(at, 1)}"
        if not isinstance(entry, dict):
            raise BadPolicy(f"{where}: {name} needs an action for question, passage and answer.")
        if unknown := set(entry) - {*SURFACES, "channels", "reply"}:
            key = sorted(map(str, unknown))[0]
            raise BadPolicy(f"{path}:{lines.get((*at, key), 1)}: unknown key {key!r} in {name}.")
        actions = {surface: _action(path, lines, (*at, surface), entry.get(surface, "pass")) for surface in SURFACES}
        channels = {}
        overrides = _mapping(path, lines, at, "channels", entry)
        for channel in overrides:
            for surface, action in _mapping(path, lines, (*at, "channels"), channel, overrides).items():
                place = (*at, "channels", str(channel), str(surface))
                if surface not in SURFACES:
                    raise BadPolicy(f"{path}:{lines.get(place, 1)}: {surface!r} is not a surface.")
                channels[str(channel), cast(Surface, surface)] = _action(path, lines, place, action)
        reply = {str(language): str(text) for language, text in _mapping(path, lines, at, "reply", entry).items()}
        if "replace" in {*actions.values(), *channels.values()} and set(reply) != {"zh", "en"}:
            raise BadPolicy(f"{where}: {name} replaces text but has no reply in both zh and en.")
        found[str(name)] = Category(str(name), actions, channels, cast(Mapping[Language, str], reply))
    if not found:
        raise BadPolicy(f"{path}:1: no categories.")
    return found, _read_judge(path, _mapping(path, lines, (), "judge", content), lines)


def _mapping(
    path: Path, lines: Mapping[tuple[str, ...], int], at: tuple[str, ...], key: Any, parent: Mapping[Any, Any]
) -> dict[Any, Any]:
    """Return what stands under a key, empty when nothing does; it must be keys and values."""
    value = parent.get(key)
    if value is not None and not isinstance(value, dict):
        raise BadPolicy(f"{path}:{lines.get((*at, str(key)), 1)}: {key} needs keys and values below it.")
    return value or {}


def _read_judge(path: Path, entry: dict[str, Any], lines: Mapping[tuple[str, ...], int]) -> JudgePolicy:
    numbers = {"zone": (0.0, 1.0), "seconds": (0.1, 60.0)}
    values: dict[str, Any] = {}
    for key, value in entry.items():
        where = f"{path}:{lines.get(('judge', str(key)), 1)}"
        if key in numbers:
            low, high = numbers[key]
            if not isinstance(value, int | float) or not low <= value <= high:
                raise BadPolicy(f"{where}: {key} is a number from {low:g} to {high:g}.")
            values[key] = float(value)
        elif key in ("unsafe", "controversial", "on_failure"):
            values[key] = _action(path, lines, ("judge", key), value)
            if value in ("mask", "replace"):
                raise BadPolicy(f"{where}: a guard model names no words, so {key} is pass, review or block.")
        else:
            raise BadPolicy(f"{where}: unknown key {key!r} in judge.")
    return JudgePolicy(**values)


def _action(path: Path, lines: Mapping[tuple[str, ...], int], at: tuple[str, ...], value: object) -> Action:
    if not isinstance(value, str) or value not in ACTIONS:
        raise BadPolicy(f"{path}:{lines.get(at, 1)}: {value!r} is not an action; use one of {', '.join(ACTIONS)}.")
    return value


def _read_intents(
    path: Path, categories: Mapping[str, Category], words: dict[str, tuple[str, ...]], intents: list[Intent]
) -> None:
    content, lines = _yaml(path)
    for group, listed in (content.get("words") or {}).items():
        if group in words:
            raise BadPolicy(f"{path}:{lines[('words', group)]}: the word group {group!r} is given twice.")
        words[group] = tuple(word.strip() for word in str(listed).replace("\n", ",").split(",") if word.strip())
    for index, entry in enumerate(content.get("rules") or ()):
        where = f"{path}:{lines[('rules', str(index))]}"
        try:
            intent = Intent(
                name=entry.pop("name"),
                category=entry.pop("category"),
                need=_names(entry.pop("need")),
                unless=_names(entry.pop("unless", "")),
                window=int(entry.pop("window", 24)),
                surfaces=frozenset(cast(tuple[Surface, ...], _names(entry.pop("surfaces", "question")))),
                ordered=bool(entry.pop("ordered", False)),
                score=float(entry.pop("score", 0.0)),
            )
        except (KeyError, AttributeError, ValueError) as cause:
            raise BadPolicy(f"{where}: a rule needs name, category and need ({cause}).") from cause
        if entry:
            raise BadPolicy(f"{where}: unknown key {sorted(entry)[0]!r}.")
        if intent.category not in categories:
            raise BadPolicy(f"{where}: the category {intent.category!r} is not in policy.yaml.")
        if not intent.surfaces <= set(SURFACES) or not 1 <= intent.window <= 60:
            raise BadPolicy(f"{where}: surfaces are {', '.join(SURFACES)}; window is 1 to 60.")
        if not intent.need and intent.score < 0.5:
            raise BadPolicy(f"{where}: a rule without words in need must ask for a score of 0.5 or more.")
        if intent.score and intent.surfaces != {"question"}:
            raise BadPolicy(f"{where}: only questions have a score.")
        intents.append(intent)


def _names(value: object) -> tuple[str, ...]:
    return tuple(str(value).replace(",", " ").split())


def _check_groups(folder: Path, words: Mapping[str, tuple[str, ...]], intents: list[Intent]) -> None:
    for intent in intents:
        for group in (*intent.need, *intent.unless):
            if group not in words:
                raise BadPolicy(
                    f"{folder}: the rule {intent.name} uses the word group {group!r}, which no file defines."
                )
