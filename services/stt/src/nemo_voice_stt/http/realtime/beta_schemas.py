"""The flat sessions of OpenAI's beta, in terms of the general release and back."""

from typing import Any

from nemo_voice_serving.errors import InvalidRequest

_FORMATS: dict[str, dict[str, Any]] = {
    "pcm16": {"type": "audio/pcm", "rate": 24_000},
    "g711_ulaw": {"type": "audio/pcmu"},
    "g711_alaw": {"type": "audio/pcma"},
}
_FIELDS = {
    "input_audio_transcription": "transcription",
    "input_audio_noise_reduction": "noise_reduction",
    "turn_detection": "turn_detection",
}


def general_from(flat: dict[str, Any]) -> dict[str, Any]:
    """Returns the same changes in the general release's terms; what is in those already stays.

    Raises:
        InvalidRequest: The audio's format is none of the beta's.
    """
    given = {name: flat[old] for old, name in _FIELDS.items() if old in flat}
    name = flat.get("input_audio_format")
    if name is not None:
        if not isinstance(name, str) or name not in _FORMATS:
            known = ", ".join(_FORMATS)
            message = f"input_audio_format: {str(name)[:40]!r} is none of {known}."
            raise InvalidRequest(message, param="session.input_audio_format")
        given["format"] = _FORMATS[name]
    changes: dict[str, Any] = {"audio": flat.get("audio") or {"input": given}}
    if "include" in flat:
        changes["include"] = flat["include"]
    return changes


def beta_from(config: dict[str, Any]) -> dict[str, Any]:
    """Returns the general release's settings as the beta shows them."""
    given = config["audio"]["input"]
    formats = {settings["type"]: name for name, settings in _FORMATS.items()}
    return {
        "input_audio_format": formats[given["format"]["type"]],
        **{old: given[name] for old, name in _FIELDS.items()},
        "include": config["include"],
        "modalities": ["text"],
    }
