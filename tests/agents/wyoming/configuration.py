"""wyoming_openai as it is put in front of this project's services, for the documentation too."""


def bridge(stt: str, tts: str) -> dict[str, str]:
    """Returns the variables of a bridge for Home Assistant, both ways."""
    return {
        "STT_OPENAI_URL": f"http://{stt}/v1",
        "STT_REALTIME_MODELS": "nemo-voice",
        "TTS_OPENAI_URL": f"http://{tts}/v1",
        "TTS_STREAMING_MODELS": "nemo-voice",
        "TTS_VOICES": "alloy",
    }
