import sys

import pytest

from adapters.errors import EngineUnavailable
from adapters.openvino_quiet import silence_openvino


def test_openvino_uses_its_empty_stand_in_for_telemetry():
    silence_openvino()
    silence_openvino()
    import openvino

    assert openvino.__version__
    assert sys.modules["openvino_telemetry"] is None
    assert "openvino.tools.ovc.telemetry_stub" in sys.modules


def test_coming_too_late_is_noticed(monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino_telemetry", pytest)
    with pytest.raises(EngineUnavailable, match="telemetry"):
        silence_openvino()
