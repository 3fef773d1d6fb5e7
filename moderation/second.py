"""A second opinion on questions that the rules let through and the judge of questions is not sure of.

Asked in the background while the search runs, never between two words of an answer; what is decided when it does not
answer in time is the policy's business.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate

from adapters.errors import ZhiwenError
from adapters.ports import Judge
from adapters.records import Language, Opinion
from moderation.decide import reply
from moderation.policy import Action, Policy
from moderation.verdict import FAILED, Verdict

log = logging.getLogger(__name__)

# What guard models call things, and the category of ours whose reply and record it gets.
CATEGORIES = {
    "violent": "violence", "non-violent illegal acts": "fraud", "sexual content or sexual acts": "porn",
    "pii": "privacy",
    "suicide & self-harm": "self_harm", "unethical acts": "judged", "politically sensitive topics": "extremism",
    "copyright violation": "infringement", "jailbreak": "injection",
}  # fmt: skip
JUDGED = "judged"


class SecondOpinion:
    """Asks one judge, `workers` questions at a time. Safe to share between threads."""

    def __init__(self, judge: Judge, workers: int = 4) -> None:
        self._judge = judge
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="second-opinion")

    def ask(self, text: str, policy: Policy, language: Language) -> Callable[[], Verdict | None]:
        """Begin to ask; what is returned waits for the verdict, None when the text may pass."""
        future: Future[Opinion] = self._pool.submit(self._judge.judge, text)
        return lambda: self._verdict(future, text, policy, language)

    def close(self) -> None:
        """Stop asking; what is under way is not waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._judge.close()

    def _verdict(self, future: Future[Opinion], text: str, policy: Policy, language: Language) -> Verdict | None:
        rule = f"judge:{self._judge.name}"
        try:
            opinion = future.result(timeout=policy.judge.seconds)
        except (ZhiwenError, TooLate) as problem:
            log.warning("The guard model gave no opinion: %s", problem or "it took too long")
            action = policy.judge.on_failure
            if action == "pass":
                return None
            output = text if action == "review" else FAILED[language]
            message = "" if action == "review" else output
            return Verdict(action, "check_failed", f"{rule}:failed", (), output, message, policy.version)
        except Exception:  # a defect must not let through what nobody judged
            log.exception("The guard model failed unexpectedly.")
            return Verdict("block", "check_failed", rule, (), FAILED[language], FAILED[language], policy.version)
        finally:
            future.cancel()
        return _decided(opinion, rule, text, policy, language)


def _decided(opinion: Opinion, rule: str, text: str, policy: Policy, language: Language) -> Verdict | None:
    if opinion.label == "safe":
        return None
    named = (CATEGORIES.get(name.lower(), JUDGED) for name in opinion.categories)
    category = next((name for name in named if name in policy.categories), JUDGED)
    action: Action = policy.judge.unsafe if opinion.label == "unsafe" else policy.judge.controversial
    if action == "pass":
        return None
    blocks = action in ("block", "replace")
    output = reply(policy, category, language) if blocks else text
    return Verdict(action, category, rule, (), output, output if blocks else "", policy.version)
