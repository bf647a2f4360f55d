"""What a request of Riva's clients asks for, checked: its audio's format, language and phrases."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nemo_voice_serving.audio.raw import Coding, RawFormat
from nemo_voice_serving.audio.signatures import HEAD_BYTES, names_its_format
from nemo_voice_serving.errors import InvalidRequest, Unimplemented
from nemo_voice_serving.grpc.fields import error_field
from nemo_voice_serving.grpc.protos.riva_audio_pb2 import AudioEncoding
from nemo_voice_stt.grpc.protos.riva_asr_pb2 import (
    EndpointingConfig,
    RecognitionConfig,
    SpeechContext,
)
from nemo_voice_stt.realtime.options import TurnDetection
from nemo_voice_stt.transcription.hotwords import hotwords_of, refuse_hotwords
from nemo_voice_stt.transcription.languages import language_of
from nemo_voice_stt.transcription.port import Abilities

_G711_RATE_HZ = 8_000
"""The rate of µ-law and A-law that state none, as telephones have it."""
_CONTEXTS = "config.speech_contexts"
_SILENCE_S = 0.8
"""As Riva's own models end an utterance."""
_SILENCE_RANGE_MS = (100, 10_000)
_CODINGS = {
    AudioEncoding.LINEAR_PCM: Coding.PCM16,
    AudioEncoding.MULAW: Coding.MULAW,
    AudioEncoding.ALAW: Coding.ALAW,
}
_IN_FILES = frozenset(
    {AudioEncoding.ENCODING_UNSPECIFIED, AudioEncoding.FLAC, AudioEncoding.OGGOPUS}
)
"""Encodings that say nothing of bare samples."""


@dataclass(frozen=True, slots=True)
class RecognitionOptions:
    """What a `RecognitionConfig` asks for, apart from the audio's format."""

    hotwords: tuple[str, ...]
    language: str | None
    """What is spoken, for a model that has to be told."""
    with_words: bool
    """Whether results have their words, with times and confidence, where the model has these."""
    turn_detection: TurnDetection
    """How the end of an utterance in a stream is found."""


def options_of(
    config: RecognitionConfig, languages: Sequence[str], abilities: Abilities
) -> RecognitionOptions:
    """Returns what the configuration asks for.

    Args:
        config: The configuration. Of its fields that are not checked, `model` is any name, and
            `enable_automatic_punctuation`, `verbatim_transcripts` and `custom_configuration` are
            left to the model, which writes as it has learnt to.
        languages: The codes of those that the model understands.
        abilities: The model's.

    Raises:
        InvalidRequest: A field is wrong, or asks for what the model cannot do.
        Unimplemented: It asks for what the service has not.
    """
    _refuse_unimplemented(config)
    with error_field("config.language_code"):
        spoken = language_of(config.language_code, (), languages, abilities)
    hotwords = _hotwords(config.speech_contexts)
    refuse_hotwords(abilities, hotwords, _CONTEXTS)
    return RecognitionOptions(
        hotwords=hotwords,
        language=spoken.told,
        with_words=config.enable_word_time_offsets,
        turn_detection=TurnDetection(silence_s=_silence_s(config.endpointing_config)),
    )


def raw_format_of(config: RecognitionConfig, head: bytes) -> RawFormat | None:
    """Returns the format of bare samples; None for a file, which says itself what it is.

    A header counts whatever the configuration says: NVIDIA's own scripts send whole WAV files as
    LINEAR_PCM, or any file without saying an encoding.

    Args:
        config: The configuration.
        head: The first bytes of the audio, `HEAD_BYTES` of them where there are as many.

    Raises:
        InvalidRequest: There is no header, and the configuration does not say what the bytes are.
    """
    if names_its_format(head[:HEAD_BYTES]) or config.encoding in _IN_FILES:
        if config.encoding == AudioEncoding.ENCODING_UNSPECIFIED and config.sample_rate_hertz:
            return None if names_its_format(head[:HEAD_BYTES]) else _bare(config, Coding.PCM16)
        return None
    coding = _CODINGS.get(config.encoding)
    if coding is None:
        known = ", ".join(AudioEncoding.keys())
        message = f"config.encoding: {config.encoding} is none of {known}."
        raise InvalidRequest(message, param="config.encoding")
    return _bare(config, coding)


def _bare(config: RecognitionConfig, coding: Coding) -> RawFormat:
    rate_hz = config.sample_rate_hertz
    if rate_hz == 0 and coding is not Coding.PCM16:
        rate_hz = _G711_RATE_HZ
    if rate_hz <= 0:
        message = (
            "config.sample_rate_hertz: say the rate of samples without a header, such as 16000."
        )
        raise InvalidRequest(message, param="config.sample_rate_hertz")
    return RawFormat(rate_hz, max(1, config.audio_channel_count), coding=coding)


def _refuse_unimplemented(config: RecognitionConfig) -> None:
    asked = {
        "profanity_filter": (config.profanity_filter, "words are not hidden"),
        "enable_separate_recognition_per_channel": (
            config.enable_separate_recognition_per_channel and config.audio_channel_count > 1,
            "channels are mixed; send a call for each",
        ),
        "diarization_config": (
            config.diarization_config.enable_speaker_diarization,
            "the model does not tell speakers apart",
        ),
    }
    for field, (is_asked, reason) in asked.items():
        if is_asked:
            message = f"config.{field}: {reason}. Leave the field out."
            raise Unimplemented(message, param=f"config.{field}")


def _silence_s(endpointing: EndpointingConfig) -> float:
    """Returns the silence that ends an utterance."""
    wanted_ms = endpointing.stop_history
    if wanted_ms == 0:
        return _SILENCE_S
    shortest_ms, longest_ms = _SILENCE_RANGE_MS
    if not shortest_ms <= wanted_ms <= longest_ms:
        field = "config.endpointing_config.stop_history"
        message = f"{field}: {wanted_ms} ms is not between {shortest_ms} and {longest_ms}."
        raise InvalidRequest(message, param=field)
    return wanted_ms / 1000


def _hotwords(contexts: Iterable[SpeechContext]) -> tuple[str, ...]:
    phrases: list[str] = []
    for context in contexts:
        if not context.boost >= 0:  # so that NaN is refused, too
            message = (
                f"{_CONTEXTS}: a phrase can be preferred, but not made rarer: boost is below 0."
            )
            raise InvalidRequest(message, param=_CONTEXTS)
        phrases += context.phrases
    with error_field(_CONTEXTS):
        return hotwords_of(None, phrases)
