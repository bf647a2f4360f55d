"""What the first version of this system promised and still holds: routes, ports, file names."""

from nemo_voice_stt.settings import SttSettings
from nemo_voice_tts.settings import TtsSettings


def test_the_ports_are_the_first_ones() -> None:
    assert TtsSettings.model_fields["port"].default == 5000
    assert SttSettings.model_fields["port"].default == 5001
