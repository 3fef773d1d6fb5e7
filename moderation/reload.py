"""Keep the policy in force the same as its folder: poll, check whole, then swap. A bad file changes nothing."""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from moderation.moderator import Moderator
from moderation.policy import BadPolicy, load_policy, policy_files

log = logging.getLogger(__name__)
SECONDS = 0.5  # between looks; building 100,000 terms takes two more

Stamp = tuple[tuple[str, int, int], ...]


class PolicyWatcher:
    """Watches a policy folder. `problem` says in words why the newest files are not in force, or is empty."""

    def __init__(
        self, moderator: Moderator, folder: Path, added_terms: Path | None = None, allowed: Path | None = None
    ) -> None:
        self._moderator, self._folder, self._added, self._allowed = moderator, folder, added_terms, allowed
        self._seen: Stamp = ()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.problem = ""

    def look(self) -> bool:
        """Look once; return whether another policy came into force."""
        try:
            stamp = self._stamp()
            if stamp == self._seen:
                return False
            with _uncollected():
                policy = load_policy(self._folder)
                if self._added is not None:
                    policy = policy.with_terms(self._added)
                if self._allowed is not None and self._allowed.is_file():
                    policy = policy.with_allowed(self._allowed)
                if self._stamp() != stamp:  # still being written; the next look sees the rest
                    return False
                changed = policy.version != self._moderator.policy_version
                if changed:
                    self._moderator.use(policy)
        except (BadPolicy, OSError) as problem:
            self.problem = f"{problem} The policy {self._moderator.policy_version} stays in force."
            log.warning("The new moderation policy was refused: %s", self.problem)
            self._seen = stamp if "stamp" in locals() else ()
            return False
        self._seen, self.problem = stamp, ""
        return changed

    def start(self) -> None:
        """Look from now on, about once a second, in a background thread."""
        self._thread = threading.Thread(target=self._run, name="policy-watcher", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop looking."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(SECONDS):
            self.look()

    def _stamp(self) -> Stamp:
        files = [*policy_files(self._folder), *([self._added] if self._added is not None else [])]
        if self._allowed is not None and self._allowed.is_file():
            files.append(self._allowed)
        return tuple((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in files)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Build many objects that stay without the collector looking at them again and again: a third less time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
