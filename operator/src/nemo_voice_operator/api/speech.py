"""What a spec says of the speech itself: languages, voices, and how it is tested."""

from typing import Annotated

from pydantic import ConfigDict, Field

from nemo_voice_operator.api.base import (
    ObjectName,
    Part,
    SecretKeyName,
    cel,
    most_chars,
    named,
    rules,
)

MAX_LANGUAGES, MAX_SPEAKERS, MAX_SPEAKER_NUMBER = 64, 256, 999_999
MAX_SELF_TEST_CHARS = 500

Languages = Annotated[
    list[
        Annotated[
            str,
            Field(
                max_length=8,
                json_schema_extra=named(
                    "language code",
                    cel(
                        "self.matches('^[a-z]{2,3}$')",
                        "a language is an ISO 639 code of two or three lower-case letters, like en",
                    ),
                ),
            ),
        ]
    ],
    Field(
        min_length=1, max_length=MAX_LANGUAGES, json_schema_extra={"x-kubernetes-list-type": "set"}
    ),
]
Speakers = Annotated[
    dict[str, Annotated[int, Field(ge=0, le=MAX_SPEAKER_NUMBER)]],
    Field(
        min_length=1,
        max_length=MAX_SPEAKERS,
        json_schema_extra=rules(
            cel(
                "self.all(name, size(name) <= 64 && name.matches("
                "'^[\\\\pL\\\\pN]([\\\\pL\\\\pN_ .\\'-]*[\\\\pL\\\\pN])?$'))",
                "the name of a speaker has 1 to 64 letters, digits, blanks, dots, hyphens, "
                "apostrophes and underscores, with a letter or digit at both ends",
            ),
            cel(
                "self.all(name, name.lowerAscii() != 'default')",
                "no speaker is called default: defaultVoice names the default one",
            ),
            cel(
                "self.all(name, !name.matches('^[0-9]{1,6}$') || int(name) == self[name])",
                "a number is no name for another speaker",
            ),
        ),
    ),
]
VoiceName = Annotated[str, Field(min_length=1, json_schema_extra=most_chars(64))]


class ConfigMapFile(Part):
    """A key of a ConfigMap of the same namespace."""

    name: ObjectName
    """The ConfigMap."""
    key: SecretKeyName
    """The key in it, of its `binaryData` or its `data`."""


class SelfTestClip(Part):
    """A recording of speech."""

    config_map_ref: ConfigMapFile
    """The recording, at most 30 s in any format that requests may have: `kubectl create configmap
    NAME --from-file=KEY=FILE`. Pods read it when they start."""


class SelfTest(Part):
    """What the pods' self-test says or hears, where what fits the model by itself does not."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            cel("has(self.text) || has(self.clip)", "selfTest needs text, clip or both")
        )
    )

    text: (
        Annotated[
            str,
            Field(
                min_length=1,
                max_length=MAX_SELF_TEST_CHARS,
                json_schema_extra=rules(
                    cel(
                        "self.matches('[\\\\pL\\\\pN]') && !self.contains('\\u0000')",
                        "text has a letter or a digit, and no null character",
                    )
                ),
            ),
        ]
        | None
    ) = None
    """What a tts pod says, or what is said in the clip that an stt pod hears; absent with a clip:
    the pod must hear words, and always the same ones."""
    clip: SelfTestClip | None = None
    """What an stt pod hears, in a language of its model."""


def _only(task: str, has: str, message: str) -> dict[str, str]:
    return cel(f"self.task == '{task}' || !({has})", f"only {message}")


_HAS_CLIP = "has(self.selfTest) && has(self.selfTest.clip)"
_HAS_ENGINE = "has(self.engine) && "
SPEECH_RULES = (
    _only("tts", "has(self.speakers)", "a tts service has speakers"),
    _only("tts", "has(self.defaultVoice)", "a tts service has a defaultVoice"),
    _only("stt", _HAS_CLIP, "an stt service hears a clip in its self-test"),
    _only("stt", f"{_HAS_ENGINE}has(self.engine.decoder)", "an stt service has engine.decoder"),
    cel(
        "self.task == 'stt' || !has(self.languages) || size(self.languages) == 1",
        "a tts service speaks one language: name one in languages",
    ),
    cel(
        "self.task == 'tts' || !has(self.selfTest) || has(self.selfTest.clip)",
        "selfTest.text of an stt service says what is said in selfTest.clip: name that, too",
    ),
    cel(
        "!has(self.speakers) || !has(self.defaultVoice) || self.defaultVoice in self.speakers || "
        "self.speakers.exists(name, string(self.speakers[name]) == self.defaultVoice)",
        "defaultVoice is the name or the number of one of the speakers",
    ),
    cel(
        f"self.gpu.count > 0 || !({_HAS_ENGINE}(has(self.engine.memoryFraction) || "
        "(has(self.engine.tf32) && self.engine.tf32)))",
        "engine.memoryFraction and engine.tf32 are about a GPU: gpu.count is 0",
    ),
    cel(
        "(self.task == 'stt' && self.gpu.count == 0) || "
        f"!({_HAS_ENGINE}has(self.engine.precision) && self.engine.precision == 'int8')",
        "engine.precision int8 is for an stt service without a GPU: gpu.count 0",
    ),
)
"""What the fields above must have in common with each other, and with the rest of a spec."""
