"""The bridge for Home Assistant in compose.yaml is the one that the tests of live clients run."""

import yaml

from agents.wyoming.configuration import bridge
from support.docs.repository import ROOT
from tools.generated.live_clients import CLIENTS


def test_the_bridge_is_configured_as_it_is_tested() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    assert services["wyoming"]["environment"] == bridge("stt-server:5001", "tts-server:5000")
    assert services["wyoming"]["profiles"] == ["home-assistant"]
    (tested,) = [one for one in CLIENTS if one.folder == "wyoming"]
    assert services["wyoming"]["image"].endswith(f"wyoming_openai:{tested.version()}}}")
