"""A policy that somebody is writing: the live files with theirs in place of some, checked as a folder would be.

It exists in memory only; its files lie in a temporary folder while they are read, and messages name them by their name.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from moderation.policy import BadPolicy, Policy, load_policy, policy_files

LARGEST = 200_000  # characters of one text
DEEPEST = 12  # levels of a policy.yaml; a real one has four


@dataclass(frozen=True)
class Draft:
    """What was written: `policy` in place of policy.yaml (empty: the live one), terms and allow phrases to add."""

    policy: str = ""
    terms: str = ""
    allow: str = ""

    def __bool__(self) -> bool:
        return bool(self.policy.strip() or self.terms.strip() or self.allow.strip())


def draft_policy(draft: Draft, folder: Path, allowed: Path | None = None) -> Policy:
    """Return the policy of a folder as the draft would make it, with what reviewers allowed.

    Raises BadPolicy with file and line: policy.yaml, terms_draft.tsv and allow_draft.tsv are the draft's.
    """
    with TemporaryDirectory(prefix="zhiwen-draft-") as made:
        here = Path(made)
        for path in policy_files(folder):
            shutil.copyfile(path, here / path.name)
        if draft.policy.strip():
            _check_shape(draft.policy)
            _write(here / "policy.yaml", draft.policy)
        _write(here / "terms_draft.tsv", _tabbed(draft.terms))
        _write(here / "allow_draft.tsv", draft.allow)
        try:
            policy = load_policy(here)
            return policy.with_allowed(allowed) if allowed is not None and allowed.is_file() else policy
        except BadPolicy as problem:
            text = str(problem).replace(f"{here}/", "").replace(str(here), "policy")
            raise BadPolicy(text.replace(f"{allowed.parent}/", "") if allowed is not None else text) from problem


def _write(path: Path, text: str) -> None:
    if len(text) > LARGEST:
        raise BadPolicy(f"{path.name}: longer than {LARGEST:,} characters; try the lines that change only.")
    path.write_text(text, encoding="utf-8", errors="replace")


def _tabbed(terms: str) -> str:
    """Return lines of terms with tabs: a text box has no key for them, so two spaces or a bar stand for one."""
    lines = terms.replace("\r\n", "\n").split("\n")
    return "\n".join(line if "\t" in line else re.sub(r"\s*[|｜]\s*| {2,}", "\t", line.strip()) for line in lines)


def _check_shape(text: str) -> None:
    """Refuse what is small to write and endless to read: names that stand for other parts, and deep nesting."""
    depth = 0
    try:
        for token in yaml.scan(text[: LARGEST + 1]):
            line = token.start_mark.line + 1
            if isinstance(token, yaml.AnchorToken | yaml.AliasToken):
                raise BadPolicy(f"policy.yaml:{line}: & and * (anchors) cannot be used in a draft.")
            depth += type(token).__name__.endswith(("SequenceStartToken", "MappingStartToken"))
            depth -= type(token).__name__.endswith(("SequenceEndToken", "MappingEndToken", "BlockEndToken"))
            if depth > DEEPEST:
                raise BadPolicy(f"policy.yaml:{line}: nested too deeply.")
    except yaml.YAMLError:
        return  # reading it says where
