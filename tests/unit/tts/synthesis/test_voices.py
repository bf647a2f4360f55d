"""Which speaker a voice's name means: of one speaker, of several, of published ones."""

import json

import pytest

from nemo_voice_tts.errors import UnknownVoice
from nemo_voice_tts.synthesis.voices import (
    MAX_SPEAKER_NUMBER,
    MAX_SPEAKERS,
    OPENAI_VOICES,
    InvalidSpeakers,
    SpeakersMismatch,
    VoiceChoice,
    Voices,
    speakers_of,
)

HIFI_TTS = "nvidia/tts_en_fastpitch_multispeaker"
SPANISH = "nvidia/tts_es_fastpitch_multispeaker"
NAMED = VoiceChoice({"helen": 92, "alloy": 6097, "Tío Juan": 5})


@pytest.mark.parametrize("name", [None, "default", "nvidia/tts_en_fastpitch", *OPENAI_VOICES])
def test_the_one_voice_is_known_by_its_own_names_and_openais(name: str | None) -> None:
    voices = Voices("nvidia/tts_en_fastpitch", 1)
    assert voices.speaker(name) == 0
    assert voices.names == ("default",)
    assert (voices.default_speaker, voices.test_speaker) == (0, 0)


def test_there_are_thirteen_of_openais_names() -> None:
    assert len(set(OPENAI_VOICES)) == 13


@pytest.mark.parametrize("name", ["", "Alloy", "0", "af_heart", "Magpie-Multilingual.EN-US.Aria"])
def test_an_unknown_voice_is_refused_with_those_there_are(name: str) -> None:
    with pytest.raises(UnknownVoice, match=r"default, demo .*alloy.*verse") as refused:
        Voices("demo", 1).speaker(name)
    assert refused.value.param == "voice"


def test_the_one_speaker_can_have_a_name() -> None:
    voices = Voices("demo", 1, VoiceChoice({"narrator": 0}, "narrator"))
    assert list(voices.names) == ["narrator"]
    assert {voices.speaker(name) for name in ("narrator", "default", "alloy", None)} == {0}


def test_published_speakers_have_their_published_names() -> None:
    voices = Voices(HIFI_TTS, 12_800)
    assert len(voices.names) == 10
    assert voices.speaker("cori-samuel") == voices.speaker("92") == 92
    assert voices.speaker("likemanywaters") == 12_787
    assert voices.test_speaker == 92
    # A smaller model of the same name has fewer of them.
    assert list(Voices(HIFI_TTS, 6500).names) == ["cori-samuel", "phil-benson"]


@pytest.mark.parametrize("name", [None, "default", HIFI_TTS, "alloy", "0", "93", "12799", "nobody"])
def test_a_speaker_is_never_chosen_unasked(name: str | None) -> None:
    voices = Voices(HIFI_TTS, 12_800)
    with pytest.raises(UnknownVoice, match=r"cori-samuel, phil-benson.* likemanywaters") as refused:
        voices.speaker(name)
    assert refused.value.param == "voice"
    assert voices.default_speaker is None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (None, "NEMO_VOICE_DEFAULT_VOICE makes one the default"),
        ("shimmer", "OpenAI's voice 'shimmer' .*NEMO_VOICE_SPEAKERS gives OpenAI's names"),
        ("nobody", "There is no such voice"),
    ],
)
def test_the_refusal_says_what_to_do(name: str | None, words: str) -> None:
    with pytest.raises(UnknownVoice, match=words):
        Voices(HIFI_TTS, 12_800, NAMED).speaker(name)


def test_speakers_without_names_are_their_numbers() -> None:
    voices = Voices(SPANISH, 174)
    assert list(voices.names) == [str(number) for number in range(174)]
    assert [voices.speaker(name) for name in ("0", "7", "007", "173")] == [0, 7, 7, 173]
    for name in ("174", "-1", "1e2", "0x10", " 3", "3 ", "٣", "99999999999999999999", "alloy"):
        with pytest.raises(UnknownVoice, match="the numbers from 0 to 173"):
            voices.speaker(name)


def test_names_of_the_settings_are_the_only_voices() -> None:
    voices = Voices(HIFI_TTS, 12_800, NAMED)
    assert list(voices.names) == ["helen", "alloy", "Tío Juan"]
    assert [voices.speaker(name) for name in ("helen", "alloy", "Tío Juan", "92")] == [
        92,
        6097,
        5,
        92,
    ]
    for name in ("cori-samuel", "HELEN", "9017", "echo"):
        with pytest.raises(UnknownVoice, match="helen, alloy, Tío Juan"):
            voices.speaker(name)


@pytest.mark.parametrize(
    ("choice", "speaker"),
    [
        (VoiceChoice(NAMED.speakers, "helen"), 92),
        (VoiceChoice(NAMED.speakers, "5"), 5),
        (VoiceChoice(default="helen-taylor"), 9136),
        (VoiceChoice(default="9136"), 9136),
    ],
)
def test_the_default_voice_speaks_where_none_is_named(choice: VoiceChoice, speaker: int) -> None:
    voices = Voices(HIFI_TTS, 12_800, choice)
    assert {voices.speaker(name) for name in (None, "default", HIFI_TTS)} == {speaker}
    assert voices.test_speaker == voices.default_speaker == speaker
    with pytest.raises(UnknownVoice):  # OpenAI's clients name a voice, which is not this one
        voices.speaker("echo")


@pytest.mark.parametrize(
    ("count", "choice", "words"),
    [
        (
            174,
            VoiceChoice({"helen": 174}),
            r"names speaker 174 'helen', and it has 174 speakers, 0 to",
        ),
        (1, VoiceChoice({"helen": 92}), r"names speaker 92 'helen', and it has one speaker, 0"),
        (None, VoiceChoice({"helen": 1}), r"one speaker, 0"),
        (174, VoiceChoice({"helen": 1}, "maria"), r"DEFAULT_VOICE is 'maria'.*: helen\."),
        (174, VoiceChoice({"helen": 1}, "2"), r"DEFAULT_VOICE is '2'.*: helen\."),
        (174, VoiceChoice(default="174"), r"the numbers from 0 to 173"),
        (174, VoiceChoice(default="default"), r"DEFAULT_VOICE is 'default'"),
        (1, VoiceChoice(default="helen"), r"DEFAULT_VOICE is 'helen'"),
    ],
)
def test_speakers_that_the_model_has_not_are_refused(
    count: int | None, choice: VoiceChoice, words: str
) -> None:
    with pytest.raises(SpeakersMismatch, match=words):
        Voices("acme/voice", count, choice)


def test_many_voices_are_not_all_named_in_a_message() -> None:
    voices = Voices("acme/voice", 500, VoiceChoice({f"voice {n}": n for n in range(400)}))
    with pytest.raises(UnknownVoice, match=r"voice 19 and 380 more\."):
        voices.speaker("nobody")


@pytest.mark.parametrize("written", ["{}", '{"helen": 92}', '{"92": 92, "María-José": 0}'])
def test_speakers_are_a_json_object(written: str) -> None:
    assert speakers_of(written) == json.loads(written)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("", "no JSON"),
        ("helen=92", "no JSON"),
        ('{"helen": 92', "no JSON"),
        ("[" * 100_000, "no JSON"),
        ('["helen", 92]', "no JSON object"),
        ("92", "no JSON object"),
        ("null", "no JSON object"),
        ('{"helen": -1}', "'helen' is -1: speakers are counted from 0"),
        ('{"helen": 1000000000}', "'helen' is 1000000000: .* to 999999"),
        (f'{{"helen": 1{"0" * 5000}}}', "no JSON"),
        ('{"helen": "92"}', "'helen' is no whole number: '92'"),
        ('{"helen": 92.0}', "no whole number"),
        ('{"helen": true}', "no whole number"),
        ('{"helen": null}', "no whole number"),
        ('{"helen": [92]}', "no whole number"),
        ('{"helen": {"id": 92}}', "no whole number"),
        ('{"helen": NaN}', "no whole number"),
        ('{"helen": 92, "helen": 93}', "'helen' is there twice"),
        ('{"Helen": 92, "hELEN": 93}', "'hELEN' differs from 'Helen' in case alone"),
        ('{"straße": 1, "STRASSE": 2}', "in case alone"),
        ('{"": 92}', "'' can be no voice's name"),
        ('{" helen": 92}', "can be no voice's name"),
        ('{"helen\\n": 92}', "can be no voice's name"),
        ('{"a/b": 92}', "can be no voice's name"),
        ('{"<b>": 92}', "can be no voice's name"),
        (f'{{"{"x" * 65}": 92}}', "can be no voice's name"),
        ('{"Default": 92}', "set the default voice instead"),
        ('{"93": 92}', "'93' is the name of another speaker"),
        (json.dumps({f"v{n}": n for n in range(MAX_SPEAKERS + 1)}), "at most 1000"),
    ],
)
def test_what_can_be_no_speakers_is_refused_in_words(written: str, words: str) -> None:
    with pytest.raises(InvalidSpeakers, match=words) as refused:
        speakers_of(written)
    assert len(str(refused.value)) < 300


def test_as_many_and_as_high_speakers_as_are_allowed_are_taken() -> None:
    written = json.dumps({f"v{n}": MAX_SPEAKER_NUMBER - n for n in range(MAX_SPEAKERS)})
    assert len(speakers_of(written)) == MAX_SPEAKERS
