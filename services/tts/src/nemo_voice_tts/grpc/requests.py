"""What a request of Riva's clients asks for, checked: voice, language, encoding, pronunciations."""

from nemo_voice_serving.audio.encoding import AudioFormat
from nemo_voice_serving.errors import InvalidRequest, Unimplemented
from nemo_voice_serving.grpc.fields import error_field
from nemo_voice_serving.grpc.protos.riva_audio_pb2 import AudioEncoding
from nemo_voice_tts.grpc.protos.riva_tts_pb2 import SynthesizeSpeechRequest
from nemo_voice_tts.synthesis.delivery import SpeechParameters
from nemo_voice_tts.synthesis.language_check import check_language
from nemo_voice_tts.synthesis.synthesis import Synthesis
from nemo_voice_tts.synthesis.voices import DEFAULT_VOICE
from nemo_voice_tts.text.pronunciations import Check, PronunciationList, of_dictionary

FAMILY = "nemo-voice"
"""What the voices' names are listed under: clients write a voice as `nemo-voice.default`."""
MIN_RATE_HZ, MAX_RATE_HZ = 8_000, 48_000
MAX_DICTIONARY_CHARS = 64 * 1024
_FORMATS = {
    AudioEncoding.ENCODING_UNSPECIFIED: AudioFormat.PCM,
    AudioEncoding.LINEAR_PCM: AudioFormat.PCM,
    AudioEncoding.FLAC: AudioFormat.FLAC,
    AudioEncoding.OGGOPUS: AudioFormat.OPUS,
}


def wanted_of(
    request: SynthesizeSpeechRequest, synthesis: Synthesis, max_text_chars: int
) -> SpeechParameters:
    """Returns the speech that a request wants.

    Raises:
        InvalidRequest: A field is wrong, or names a voice or language that is not here.
        Unimplemented: It asks for what the service has not.
    """
    _refuse_unimplemented(request)
    if request.language_code:
        with error_field("language_code"):
            check_language(request.language_code, synthesis.language)
    with error_field("voice_name"):
        name = request.voice_name.removeprefix(f"{FAMILY}.")
        synthesis.voices.speaker(name or None)  # for the field in its error
    return SpeechParameters(
        text=request.text,
        param="text",
        max_chars=max_text_chars,
        audio_format=_format_of(request),
        rate_hz=_rate_of(request),
        pronunciations=_pronunciations_of(request.custom_dictionary, synthesis.check),
        voice=name or DEFAULT_VOICE,
        has_times=request.enable_word_time_offsets,
    )


def _refuse_unimplemented(request: SynthesizeSpeechRequest) -> None:
    asked = {
        "zero_shot_data": (request.HasField("zero_shot_data"), "the model copies no voice"),
        "custom_configuration": (request.custom_configuration, "the model has no such parameters"),
    }
    for field, (is_asked, reason) in asked.items():
        if is_asked:
            raise Unimplemented(f"{field}: {reason}. Leave the field out.", param=field)


def _format_of(request: SynthesizeSpeechRequest) -> AudioFormat:
    audio_format = _FORMATS.get(request.encoding)
    if audio_format is None:
        known = "LINEAR_PCM, FLAC or OGGOPUS"
        if request.encoding in AudioEncoding.values():
            name = AudioEncoding.Name(request.encoding)
            raise Unimplemented(f"encoding: {name} is not written; {known} is.", param="encoding")
        raise InvalidRequest(f"encoding: {request.encoding} is no {known}.", param="encoding")
    return audio_format


def _rate_of(request: SynthesizeSpeechRequest) -> int | None:
    rate_hz = request.sample_rate_hz
    if rate_hz == 0:
        return None
    if not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ:
        message = f"sample_rate_hz: {rate_hz} is not between {MIN_RATE_HZ} and {MAX_RATE_HZ}."
        raise InvalidRequest(message, param="sample_rate_hz")
    return rate_hz


def _pronunciations_of(dictionary: str, check: Check) -> PronunciationList:
    with error_field("custom_dictionary"):
        if len(dictionary) > MAX_DICTIONARY_CHARS:
            raise InvalidRequest(f"custom_dictionary: more than {MAX_DICTIONARY_CHARS} characters.")
        return of_dictionary(dictionary, check)
