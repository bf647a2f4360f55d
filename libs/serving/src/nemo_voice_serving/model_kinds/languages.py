"""Languages of checkpoints whose configuration names none, and those that texts are read in."""

import re

READ_ALOUD = ("de", "en", "es")
"""Languages in which text to speech reads numbers, dates and short forms: a voice of another one
would say them in a wrong language, or not at all."""

_ENGLISH = ("en",)
_EUROPEAN = (
    "bg", "hr", "cs", "da", "nl", "en", "et", "fi", "fr", "de", "el", "hu", "it", "lv", "lt", "mt",
    "pl", "pt", "ro", "ru", "sk", "sl", "es", "sv", "uk",
)  # fmt: skip
_KNOWN: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (re.compile(r"demo"), _ENGLISH),
    (re.compile(r"parakeet-tdt-0\.6b-v3"), _EUROPEAN),
    (re.compile(r"canary-1b-v2"), _EUROPEAN),
    (re.compile(r"canary-(1b|180m)(-flash)?"), ("en", "de", "es", "fr")),
    (re.compile(r"parakeet-[a-z_-]*\d+(\.\d+)?[bm](-v2)?"), _ENGLISH),
    (re.compile(r"parakeet_realtime_eou_120m-v1"), _ENGLISH),
    (re.compile(r"parakeet-unified-en-0\.6b|nemotron-speech-streaming-en-0\.6b"), _ENGLISH),
)
_NAMED = re.compile(r"(?:stt|tts)_([a-z]{2})_\w")
"""NVIDIA's older names, such as `stt_es_fastconformer_hybrid_large_pc`."""
_NAMED_AT_THE_END = re.compile(r"parakeet-[a-z_]+-\d+(?:\.\d+)?[bm]-([a-z]{2})")
"""NVIDIA's newer names of one language, such as `parakeet-tdt_ctc-0.6b-ja`."""
_MULTILINGUAL = "multilingual"


def languages_of_name(source: str) -> tuple[str, ...]:
    """Returns the ISO 639-1 codes that belong to a published name; none where it says nothing.

    Args:
        source: The reference: `nvidia/parakeet-tdt-0.6b-v3`, or an address that ends in a file.
    """
    for part in reversed(re.split(r"[/@]", source.partition("?")[0])):
        name = part.removesuffix(".nemo")
        for pattern, languages in _KNOWN:
            if pattern.fullmatch(name):
                return languages
        if found := _NAMED_AT_THE_END.fullmatch(name):
            return (found[1],)
        if (found := _NAMED.match(name)) and _MULTILINGUAL not in name:
            return (found[1],)
    return ()
