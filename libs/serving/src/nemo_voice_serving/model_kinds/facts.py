"""What a checkpoint's configuration says of the model, in the words of people who choose one."""

import math
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from nemo_voice_serving.model_kinds.config import Config
from nemo_voice_serving.model_kinds.kinds import MAGPIE, Kind, Role
from nemo_voice_serving.model_kinds.languages import languages_of_name

_LANGUAGES = {
    "Arabic": "ar",
    "Chinese": "zh",
    "English": "en",
    "French": "fr",
    "German": "de",
    "Hindi": "hi",
    "Italian": "it",
    "Japanese": "ja",
    "Korean": "ko",
    "Portuguese": "pt",
    "Spanish": "es",
    "Vietnamese": "vi",
}
"""Languages in the names of NeMo's tokenizer classes."""
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}")
"""A language tag; other names in a configuration are no languages, such as `spl_tokens`."""
_NO_LANGUAGES = frozenset({"auto", "unk"})
_MOST_SPEAKERS = 1_000_000
_LONGEST_NAME = 300


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """The facts of one checkpoint. None, or none, stands for what its configuration leaves out."""

    target: str
    """NeMo's class, with its module."""
    kind: Kind
    languages: tuple[str, ...] = ()
    """Codes as the checkpoint has them: `es`, or `es-US` where it tells regions apart."""
    speakers: int | None = None
    """How many voices it speaks with; of voices only."""
    sample_rate_hz: int | None = None
    mel_count: int | None = None
    """Bands of its spectrograms."""
    hop_samples: int | None = None
    """Samples from one frame of a spectrogram to the next."""
    is_streaming: bool | None = None
    """Whether its encoder was trained for live audio; of recognisers only."""
    decoder: str | None = None
    """`TDT`, `RNNT`, `CTC`, `TDT + CTC`, `RNNT + CTC` or `AED`; of recognisers only."""
    tokenizer: str | None = None
    prompt_format: str | None = None
    """How it is told what to write; of multitask recognisers only."""
    codec: str | None = None
    """The codec that a voice names to make its sound; None where a vocoder does."""

    @property
    def class_name(self) -> str:
        """NeMo's class without its module."""
        return self.target.rpartition(".")[2]

    def as_json(self) -> dict[str, Any]:
        """Returns the facts with the names of `inspect --json`."""
        facts = asdict(self)
        del facts["kind"], facts["target"]
        role = self.kind.role
        return {
            "class": self.class_name,
            "kind": self.kind.name,
            "service": role.service if role else None,
            "role": role,
            "family": self.kind.family or None,
            **facts,
        }


def facts_of(config: Config, kind: Kind, target: str, source: str = "") -> ModelFacts:
    """Returns what the configuration says.

    Args:
        config: The checkpoint's.
        kind: Which kind it is.
        target: NeMo's class, as the configuration names it.
        source: The checkpoint's name, which may say its language where the configuration does not.
    """
    if kind.role is Role.VOCODER:
        return _of_a_vocoder(config, kind, target)
    if kind.family == MAGPIE.family:
        return _of_magpie(config, kind, target)
    if kind.name == "codec":
        return _of_a_codec(config, kind, target)
    if kind.role is Role.VOICE:
        return _of_a_voice(config, kind, target, source)
    return _of_a_recogniser(config, kind, target, source)


def _of_a_vocoder(config: Config, kind: Kind, target: str) -> ModelFacts:
    rates = config.get("generator.upsample_rates")
    are_whole = isinstance(rates, list) and all(isinstance(rate, int) for rate in rates)
    return ModelFacts(
        target=target,
        kind=kind,
        sample_rate_hz=config.whole("preprocessor.sample_rate"),
        # What the generator takes, whatever its preprocessor makes in training.
        mel_count=config.whole("generator.initial_input_size") or _DEFAULT_MELS,
        hop_samples=math.prod(rates) if are_whole and rates else None,
    )


_DEFAULT_MELS = 80
"""NeMo's own default for a generator."""


def _of_a_voice(config: Config, kind: Kind, target: str, source: str) -> ModelFacts:
    tokenizer = config.text("text_tokenizer._target_")
    return ModelFacts(
        target=target,
        kind=kind,
        languages=_spoken(config, tokenizer) or languages_of_name(source),
        speakers=min(_speakers(config), _MOST_SPEAKERS),
        sample_rate_hz=config.whole("sample_rate") or config.whole("preprocessor.sample_rate"),
        mel_count=config.whole("n_mel_channels"),
        hop_samples=config.whole("n_window_stride"),
        tokenizer=tokenizer.rpartition(".")[2] if tokenizer else None,
    )


def _speakers(config: Config) -> int:
    table = "speaker_encoder.lookup_module.n_speakers"
    return config.whole(table) or config.whole("n_speakers") or 1


def _of_magpie(config: Config, kind: Kind, target: str) -> ModelFacts:
    named = config.text("codecmodel_path")
    words = (re.split("[_-]", name)[0].title() for name in config.names_in("text_tokenizers"))
    codes = (_LANGUAGES.get("Chinese" if word == "Mandarin" else word) for word in words)
    return ModelFacts(
        target=target,
        kind=kind,
        languages=tuple(dict.fromkeys(code for code in codes if code)),
        codec=named[:_LONGEST_NAME] if named else None,
    )


def _of_a_codec(config: Config, kind: Kind, target: str) -> ModelFacts:
    made_hz, taken_hz = config.whole("output_sample_rate"), config.whole("sample_rate")
    return ModelFacts(
        target=target,
        kind=kind,
        sample_rate_hz=made_hz or taken_hz,
        hop_samples=config.whole("samples_per_frame"),
    )


def _spoken(config: Config, tokenizer: str | None) -> tuple[str, ...]:
    """Returns the language of a voice: its tokenizer's, else that of its text normaliser."""
    locale = config.text("text_tokenizer.locale") or config.text("text_tokenizer.g2p.locale")
    if locale:
        return _tags([re.split("[-_]", locale)[0].lower()])
    name = (tokenizer or "").rpartition(".")[2]
    found = next((code for word, code in _LANGUAGES.items() if name.startswith(word)), None)
    found = found or config.text("text_normalizer.lang")
    return _tags([found]) if found else ()


def _of_a_recogniser(config: Config, kind: Kind, target: str, source: str) -> ModelFacts:
    rate_hz = config.whole("preprocessor.sample_rate") or config.whole("sample_rate")
    stride_s = config.number("preprocessor.window_stride")
    return ModelFacts(
        target=target,
        kind=kind,
        languages=_understood(config) or languages_of_name(source),
        sample_rate_hz=rate_hz,
        mel_count=config.whole("preprocessor.features"),
        hop_samples=round(rate_hz * stride_s) if rate_hz and stride_s else None,
        is_streaming=_is_streaming(config) if kind.role else None,
        decoder=_decoder(config, target) if kind.role else None,
        tokenizer=_tokenizer(config) or ("characters" if kind.role else None),
        prompt_format=config.text("prompt_format"),
    )


def _tokenizer(config: Config) -> str | None:
    """Returns the type of the tokenizer; of an aggregate one, with what its parts are of.

    `bpe` is SentencePiece's, `wpe` that of BERT, of which NeMo takes parts from a hub.
    """
    name = config.text("tokenizer.type")
    if name != "agg":
        return name
    parts = [
        config.text(f"tokenizer.langs.{one}.type") for one in config.names_in("tokenizer.langs")
    ]
    strange = next((part for part in parts if part != "bpe"), None) if None not in parts else "?"
    return name if strange is None else f"agg of {strange}"


def _understood(config: Config) -> tuple[str, ...]:
    prompts = config.names_in("model_defaults.prompt_dictionary")
    named = prompts or config.names_in("tokenizer.langs")
    return _tags(named)


def _tags(names: Iterable[str]) -> tuple[str, ...]:
    known = (name for name in names if _TAG.fullmatch(name) and name not in _NO_LANGUAGES)
    return tuple(dict.fromkeys(known))


def _is_streaming(config: Config) -> bool:
    style = config.text("encoder.att_context_style") or ""
    return style.startswith("chunked_limited") or (
        config.get("encoder.causal_downsampling") is True
        and config.get("encoder.conv_context_size") == "causal"
    )


def _decoder(config: Config, target: str) -> str:
    name = target.rpartition(".")[2]
    if "MultiTask" in name or "Transf" in name:
        return "AED"
    if "RNNT" not in name:
        return "CTC"
    is_tdt = "tdt" in {config.text("decoding.model_type"), config.text("loss.loss_name")}
    transducer = "TDT" if is_tdt or config.get("model_defaults.tdt_durations") else "RNNT"
    return f"{transducer} + CTC" if "CTC" in name else transducer
