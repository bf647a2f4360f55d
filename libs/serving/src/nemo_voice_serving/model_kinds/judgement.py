"""Judges a checkpoint by its configuration: served, with its facts, or refused with the reason."""

import re
from functools import lru_cache

from nemo_voice_serving.model_kinds.config import read_config
from nemo_voice_serving.model_kinds.errors import MalformedConfig, UnsupportedModel
from nemo_voice_serving.model_kinds.facts import ModelFacts, facts_of
from nemo_voice_serving.model_kinds.kinds import COLLECTIONS, KINDS, MAGPIE, Kind, Role
from nemo_voice_serving.model_kinds.languages import READ_ALOUD
from nemo_voice_serving.model_kinds.published_voices import VOCODERS
from nemo_voice_serving.model_kinds.safety import refuse_foreign_class, refuse_unsafe
from nemo_voice_serving.model_kinds.sizes import refuse_absurd_sizes

_MAGPIES = re.compile(r"(Easy)?MagpieTTS\w*$")
"""NVIDIA has a class for each way to train one, and adds further ones."""
_WITHOUT_RULES = frozenset({"GermanPhonemesTokenizer", "ItalianPhonemesTokenizer"})
"""They take phonemes that were made outside of the checkpoint."""
PROMPT_FORMATS = ("canary", "canary2")
"""How a multitask recogniser may be told what to write: those that a backend writes."""
_SENTENCEPIECE = ("agg", "bpe")
"""Tokenizers whose files lie in the archive; others are built by a hub's names."""
_COMPARED = (
    ("sample_rate_hz", "{} Hz"),
    ("mel_count", "{} mel bands"),
    ("hop_samples", "{} samples a frame"),
)


@lru_cache(maxsize=4)
def described(content: bytes, source: str = "") -> ModelFacts:
    """Returns what the checkpoint is, served or not.

    Args:
        content: Its `model_config.yaml`.
        source: Its name, for messages, and for its language where the configuration has none.

    Raises:
        RefusedConfig: It is no model of NeMo's, or would load something else with it.
    """
    config = read_config(content)
    target = config.text("target")
    if target is None:
        raise MalformedConfig("Its configuration does not say which NeMo class (target) it is of.")
    kind = KINDS.get(target.rpartition(".")[2]) or _unlisted(target)
    refuse_foreign_class(target, kind.collection)
    if kind.is_served:
        refuse_unsafe(config)
        refuse_absurd_sizes(config)
    return facts_of(config, kind, target, source)


def judged(content: bytes, role: Role, source: str = "") -> ModelFacts:
    """Returns the facts of a checkpoint that can be served in this role.

    Args:
        content: Its `model_config.yaml`.
        role: What it is to be used as.
        source: Its name.

    Raises:
        RefusedConfig: The message says why it cannot, and what to name instead.
    """
    facts = described(content, source)
    if refusal := why_not(facts, role):
        raise refusal
    return facts


def why_not(facts: ModelFacts, role: Role) -> UnsupportedModel | None:
    """Returns why a checkpoint cannot be served in this role; None where it can."""
    kind = facts.kind
    what = f"{kind.description} ({facts.class_name})"
    if kind.role is None:
        return UnsupportedModel(f"It is {what}, {kind.why_not}.", _instead(role))
    if kind.role.service is not role.service:
        other = kind.role.service
        served = f", or serve it by {other.meaning}" if kind.is_served else ""
        problem = f"It is {what}, which is for {other.meaning}, not for {role.service.meaning}."
        return UnsupportedModel(problem, f"{_instead(role)[:-1]}{served}.")
    if not kind.is_served:
        return UnsupportedModel(f"It is {what}, {kind.why_not}.", _instead(role))
    if kind.role is not role:
        problem = f"It is {what}, where a {role} has to be named."
        return UnsupportedModel(problem, f"Name it as the {kind.role}. {_instead(role)}")
    if role is Role.RECOGNISER and kind.family == "aed":
        return _lack_of_a_multitask_recogniser(facts)
    is_voice = role is Role.VOICE
    return _lack_of_a_reading(facts) or _lack_of_a_voice(facts) if is_voice else None


def refuse_misfit(voice: ModelFacts, vocoder: ModelFacts, vocoder_source: str = "") -> None:
    """Checks that the vocoder takes the spectrograms that the voice makes.

    Raises:
        UnsupportedModel: Naming both numbers, and a vocoder that fits where one is known.
    """
    for field, unit in _COMPARED:
        made, taken = getattr(voice, field), getattr(vocoder, field)
        if made is None or taken is None or made == taken:
            continue
        name = f"The vocoder {vocoder_source}" if vocoder_source else "The vocoder"
        raise UnsupportedModel(
            f"{name} takes {unit.format(taken)}, and the voice makes {unit.format(made)}.",
            _fitting(voice),
        )


def _unlisted(target: str) -> Kind:
    """Returns what is known of a class that has no entry: what its collection of NeMo is about."""
    if _MAGPIES.match(target.rpartition(".")[2]):
        return MAGPIE
    parts = target.split(".")
    collection = parts[2] if len(parts) > 2 else ""  # noqa: PLR2004 nemo.collections.<name>
    return Kind(
        name="unknown",
        description=COLLECTIONS.get(collection, "a model"),
        collection=collection,
        why_not="of a class that neither service knows",
    )


def _instead(role: Role) -> str:
    return f"As a {role}, name one like {role.examples}."


def _lack_of_a_reading(voice: ModelFacts) -> UnsupportedModel | None:
    """Returns why no text can be read for the voice; a language that is not known comes later."""
    spoken = {language.partition("-")[0].lower() for language in voice.languages}
    if not spoken or not spoken.isdisjoint(READ_ALOUD):
        return None
    problem = (
        f"It is a voice that speaks {', '.join(voice.languages)}, and texts are read in "
        f"{', '.join(READ_ALOUD)} only: numbers and dates would be said in a wrong language."
    )
    return UnsupportedModel(problem, _instead(Role.VOICE))


def _lack_of_a_voice(voice: ModelFacts) -> UnsupportedModel | None:
    tokenizer = voice.tokenizer
    if tokenizer is None:
        problem = "It is a FastPitch voice without a tokenizer, older than NeMo 1.8."
        return UnsupportedModel(problem, _instead(Role.VOICE))
    if tokenizer in _WITHOUT_RULES:
        problem = (
            f"It is a FastPitch voice that takes phonemes ({tokenizer}), and its checkpoint has "
        )
        return UnsupportedModel(f"{problem}no rules that make them of text.", _instead(Role.VOICE))
    return None


def _lack_of_a_multitask_recogniser(recogniser: ModelFacts) -> UnsupportedModel | None:
    prompt, tokenizer = recogniser.prompt_format, recogniser.tokenizer
    if prompt not in PROMPT_FORMATS:
        names = f", which names its prompt format {prompt[:40]!r}" if prompt else ""
        problem = f"It is a multitask recogniser without Canary's prompts{names}."
        return UnsupportedModel(problem, _instead(Role.RECOGNISER))
    if tokenizer not in _SENTENCEPIECE:
        problem = f"It is a multitask recogniser without a SentencePiece tokenizer ({tokenizer})."
        return UnsupportedModel(problem, _instead(Role.RECOGNISER))
    return None


def _fitting(voice: ModelFacts) -> str:
    language = voice.languages[0] if voice.languages else ""
    found = VOCODERS.get((language, voice.sample_rate_hz or 0))
    if found:
        return f"Name as its vocoder {found}"
    return "Name as its vocoder the one that was published with it."
