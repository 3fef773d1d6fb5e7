"""Keeps OpenVINO from reporting its use to its maker; nothing else of it is known here."""

from __future__ import annotations

import sys

from adapters.errors import EngineUnavailable


def silence_openvino() -> None:
    """Call before the first `import openvino` of the process.

    `openvino` imports `openvino_telemetry`, which sends events when no consent file exists. When that package cannot
    be imported, `openvino` uses its own empty stand-in; this asks for that, in this process only, without writing
    into the user's home folder. Safe to call again. Raises EngineUnavailable when it comes too late.
    """
    if sys.modules.get("openvino_telemetry") is not None:
        raise EngineUnavailable("OpenVINO was imported before its telemetry was switched off; this is a defect.")
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
