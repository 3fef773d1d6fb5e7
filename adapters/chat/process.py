"""One child process that speaks frames over its input and output; knows nothing of what they say."""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, BinaryIO, cast

from adapters.chat.frames import BrokenFrame, receive, send
from adapters.errors import EngineUnavailable

COMMAND = (sys.executable, "-m", "adapters.chat.worker")
_ROOT = Path(__file__).resolve().parents[2]


class Process:
    """Started at once. Frames are read by a thread of its own, so that a wait for one can end."""

    def __init__(self, command: tuple[str, ...] | None = None) -> None:
        paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH", "")])]
        try:
            self._child = subprocess.Popen(
                command or COMMAND,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
                # Ctrl+C is the service's: it ends this process by closing its input.
                start_new_session=True,
            )
        except OSError as cause:
            raise EngineUnavailable(f"The chat model's process cannot be started: {cause}.") from cause
        self._began = time.monotonic()
        self._writing = threading.Lock()
        self._frames: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, name="read-frames", daemon=True).start()

    @property
    def pid(self) -> int:
        return self._child.pid

    def age(self) -> float:
        return time.monotonic() - self._began

    def send(self, frame: dict[str, Any]) -> None:
        """Raises OSError when it has gone."""
        with self._writing:
            send(cast(BinaryIO, self._child.stdin), frame)

    def try_send(self, frame: dict[str, Any]) -> None:
        with contextlib.suppress(OSError, ValueError):
            self.send(frame)

    def first(self, seconds: float) -> dict[str, Any]:
        """Return the first frame. Raises EngineUnavailable when it does not come."""
        try:
            frame = self._frames.get(timeout=seconds)
        except queue.Empty:
            raise EngineUnavailable(f"The chat model did not start within {seconds:g} s.") from None
        if frame is None:
            raise EngineUnavailable(f"The chat model's process ended while it was starting ({self.end()}).")
        return frame

    def receive(self, seconds: float) -> dict[str, Any] | None:
        """Return the next frame, None when the process has gone or gives no sign of life for so long."""
        try:
            return self._frames.get(timeout=seconds)
        except queue.Empty:
            return None

    def end(self) -> str:
        """End it and say how it ended."""
        # Whoever is writing to a process that no longer reads holds the lock until it is killed.
        if self._writing.acquire(timeout=1):
            with contextlib.suppress(OSError, ValueError):
                cast(BinaryIO, self._child.stdin).close()
            self._writing.release()
        else:
            self._child.kill()
        try:
            code = self._child.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self._child.kill()
            code = self._child.wait()
        return f"signal {-code}" if code < 0 else f"exit code {code}"

    def _read(self) -> None:
        with contextlib.suppress(OSError, BrokenFrame, ValueError):
            while (frame := receive(cast(BinaryIO, self._child.stdout))) is not None:
                self._frames.put(frame)
        self._frames.put(None)
        cast(BinaryIO, self._child.stdout).close()
