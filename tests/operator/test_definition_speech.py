"""What a real API server accepts and refuses of languages, voices, decoders and self-tests."""

from typing import Any

import pytest

from support.kubernetes.api_server import ApiServer
from support.operator.definition import DEMO, NVIDIA, created, voice

GPU = {"gpu": {"count": 1}}
CLIP = {"configMapRef": {"name": "greeting", "key": "clip.flac"}}
NAME = "the name of a speaker has 1 to 64 letters"
CODE = "a language is an ISO 639 code"

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no languages": ({**DEMO, "languages": []}, "should have at least 1 items"),
    "a language by its name": ({**DEMO, "languages": ["spanish"]}, CODE),
    "a language in capitals": ({**DEMO, "languages": ["ES"]}, CODE),
    "a language with its country": ({**DEMO, "languages": ["es-ES"]}, CODE),
    "an empty language": ({**DEMO, "languages": [""]}, CODE),
    "a long language": ({**DEMO, "languages": ["x" * 9]}, "may not be more than 8"),
    "a language twice": ({**DEMO, "languages": ["es", "es"]}, "Duplicate value"),
    "languages as text": ({**DEMO, "languages": "es,de"}, "must be of type array"),
    "65 languages": (
        {**DEMO, "languages": [f"a{a}{b}" for a in "abcdefghi" for b in "abcdefghi"][:65]},
        "must have at most 64 items",
    ),
    "a voice of two languages": (
        {**NVIDIA, "languages": ["es", "en"]},
        "a tts service speaks one language",
    ),
    "speakers of a recogniser": (
        {**DEMO, "speakers": {"helen": 92}},
        "only a tts service has speakers",
    ),
    "no speakers": ({**NVIDIA, "speakers": {}}, "should have at least 1 properties"),
    "257 speakers": (
        {**NVIDIA, "speakers": {f"reader {number}": number for number in range(257)}},
        "must have at most 256 items",
    ),
    "a speaker without a name": ({**NVIDIA, "speakers": {"": 1}}, NAME),
    "a speaker with a slash": ({**NVIDIA, "speakers": {"a/b": 1}}, NAME),
    "a speaker with a blank at the end": ({**NVIDIA, "speakers": {"helen ": 1}}, NAME),
    "a speaker with a line break": ({**NVIDIA, "speakers": {"a\nb": 1}}, NAME),
    "a long name of a speaker": ({**NVIDIA, "speakers": {"x" * 65: 1}}, NAME),
    "a speaker called default": (
        {**NVIDIA, "speakers": {"Default": 1}},
        "no speaker is called default",
    ),
    "a number for another speaker": (
        {**NVIDIA, "speakers": {"92": 1}},
        "a number is no name for another speaker",
    ),
    "a negative speaker": ({**NVIDIA, "speakers": {"a": -1}}, "greater than or equal to 0"),
    "a speaker beyond the last": (
        {**NVIDIA, "speakers": {"a": 1_000_000}},
        "less than or equal to 999999",
    ),
    "half a speaker": ({**NVIDIA, "speakers": {"a": 0.5}}, "must be of type integer"),
    "a speaker in words": ({**NVIDIA, "speakers": {"a": "one"}}, "must be of type integer"),
    "a default voice of a recogniser": (
        {**DEMO, "defaultVoice": "helen"},
        "only a tts service has a defaultVoice",
    ),
    "an empty default voice": ({**NVIDIA, "defaultVoice": ""}, "should be at least 1 chars"),
    "a default voice without quotes": ({**NVIDIA, "defaultVoice": 92}, "must be of type string"),
    "a default voice that nobody has": (
        {**NVIDIA, "speakers": {"helen": 92}, "defaultVoice": "cori"},
        "defaultVoice is the name or the number of one of the speakers",
    ),
    "the number of another speaker as default": (
        {**NVIDIA, "speakers": {"helen": 92}, "defaultVoice": "9"},
        "defaultVoice is the name or the number of one of the speakers",
    ),
    "a self-test of nothing": ({**NVIDIA, "selfTest": {}}, "selfTest needs text, clip or both"),
    "a self-test of a null": (
        {**NVIDIA, "selfTest": {"text": "a\0b"}},
        "text has a letter or a digit, and no null character",
    ),
    "a self-test of dots": (
        {**NVIDIA, "selfTest": {"text": "…"}},
        "text has a letter or a digit, and no null character",
    ),
    "a long self-test": (
        {**NVIDIA, "selfTest": {"text": "x" * 501}},
        "may not be more than 500",
    ),
    "a clip for a voice": (
        {**NVIDIA, "selfTest": {"clip": CLIP}},
        "only an stt service hears a clip in its self-test",
    ),
    "a text without a clip": (
        {**DEMO, "selfTest": {"text": "hola"}},
        "selfTest.text of an stt service says what is said in selfTest.clip: name that, too",
    ),
    "a clip from nowhere": (
        {**DEMO, "selfTest": {"clip": {}}},
        "spec.selfTest.clip.configMapRef: Required",
    ),
    "a clip without a key": (
        {**DEMO, "selfTest": {"clip": {"configMapRef": {"name": "greeting"}}}},
        "spec.selfTest.clip.configMapRef.key: Required",
    ),
    "a clip in a folder above": (
        {**DEMO, "selfTest": {"clip": {"configMapRef": {"name": "a", "key": "../b"}}}},
        "a key of a Secret or ConfigMap has letters",
    ),
    "a clip of a name that is none": (
        {**DEMO, "selfTest": {"clip": {"configMapRef": {"name": "A b", "key": "c"}}}},
        "a name has lower-case letters",
    ),
    "a decoder for a voice": (
        {**NVIDIA, "engine": {"decoder": "ctc"}},
        "only an stt service has engine.decoder",
    ),
    "an unknown decoder": ({**DEMO, "engine": {"decoder": "rnnt"}}, "Unsupported value"),
    "no memory": (
        {**DEMO, "engine": {"memoryFraction": 0}},
        "spec.engine.memoryFraction: Invalid value",
    ),
    "more than all memory": (
        {**DEMO, "engine": {"memoryFraction": 1.01}},
        "less than or equal to 1",
    ),
    "memory in percent": (
        {**DEMO, "engine": {"memoryFraction": "40%"}},
        "must be of type number",
    ),
    "memory in quotes": ({**DEMO, "engine": {"memoryFraction": "0.4"}}, "must be of type number"),
    "memory of no GPU": (
        {**DEMO, "gpu": {"count": 0}, "engine": {"memoryFraction": 0.5}},
        "engine.memoryFraction and engine.tf32 are about a GPU: gpu.count is 0",
    ),
    "TF32 on no GPU": (
        {**DEMO, "gpu": {"count": 0}, "engine": {"tf32": True}},
        "engine.memoryFraction and engine.tf32 are about a GPU: gpu.count is 0",
    ),
    "int8 on a GPU": (
        {**DEMO, **GPU, "engine": {"precision": "int8"}},
        "engine.precision int8 is for an stt service without a GPU: gpu.count 0",
    ),
    "int8 for a voice": (
        {**NVIDIA, "gpu": {"count": 0}, "engine": {"precision": "int8"}},
        "engine.precision int8 is for an stt service without a GPU: gpu.count 0",
    ),
    "TF32 in words": ({**DEMO, "engine": {"tf32": "yes"}}, "must be of type boolean"),
}
ACCEPTED: dict[str, dict[str, Any]] = {
    "25 languages": {
        **DEMO,
        "languages": ["bg", "hr", "cs", "haw", *(f"x{a}" for a in "abcdefghijklmnopqrstu")],
    },
    "one language of a voice": {**NVIDIA, "languages": ["es"]},
    "names of speakers": {
        **NVIDIA,
        "speakers": {
            "helen": 92,
            "Begoña": 7,
            "O'Brien": 0,
            "maría josé": 999_999,
            "92": 92,
            "a": 1,
        },
        "defaultVoice": "Begoña",
    },
    "the most speakers": {
        **NVIDIA,
        "speakers": {f"{number:<63d}x".replace(" ", "ñ"): number for number in range(256)},
    },
    "a speaker's number as default": {
        **NVIDIA,
        "speakers": {"helen": 92},
        "defaultVoice": "92",
    },
    "a default voice of the model's own": {**NVIDIA, "defaultVoice": "helen-taylor"},
    "a self-test of a voice": {**NVIDIA, "selfTest": {"text": "Cuesta $5."}},
    "a self-test in Chinese": {**NVIDIA, "selfTest": {"text": "早上好。"}},
    "a clip alone": {**DEMO, "selfTest": {"clip": CLIP}},
    "a clip and its text": {**DEMO, "selfTest": {"clip": CLIP, "text": "hola"}},
    "a share of the GPU": {**DEMO, **GPU, "engine": {"memoryFraction": 0.4, "tf32": True}},
    "the whole GPU": {**DEMO, "engine": {"memoryFraction": 1}},
    "no TF32 on a CPU": {**DEMO, "gpu": {"count": 0}, "engine": {"tf32": False}},
    "int8 on a CPU": {**DEMO, "gpu": {"count": 0}, "engine": {"precision": "int8"}},
    "a decoder": {**DEMO, "gpu": {"count": 0}, "engine": {"decoder": "ctc"}},
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_spoken_or_tested_is_refused_with_a_message(
    defined: ApiServer, case: str
) -> None:
    spec, message = REFUSED[case]
    response = created(defined, "default", voice(spec), dryRun="All")
    assert response.status_code in {400, 422}, response.text
    assert message in response.json()["message"]


@pytest.mark.parametrize("case", ACCEPTED)
def test_what_can_is_accepted_and_kept(defined: ApiServer, case: str) -> None:
    response = created(defined, "default", voice(ACCEPTED[case]), dryRun="All")
    assert response.is_success, response.text
    kept = response.json()["spec"]
    assert {name: kept[name] for name in ACCEPTED[case]} == {
        name: {**kept[name], **value} if name == "gpu" else value
        for name, value in ACCEPTED[case].items()
    }
