"""Implements the port to a recogniser with an attention decoder that is told what to write.

Importing this module is cheap; `load_canary` imports torch and NeMo, which takes seconds.
Everything happens on the device thread.
"""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from typing_extensions import override

from nemo_voice_serving.batching.backend import ModelDescription
from nemo_voice_serving.model_kinds.kinds import Role
from nemo_voice_serving.model_store.checkpoints import facts_in
from nemo_voice_stt.backends.batches import recognise_audible, warm_up_shapes, warm_up_speech
from nemo_voice_stt.backends.canary.time_tokens import spans_of, words_of
from nemo_voice_stt.backends.options import RecogniserOptions
from nemo_voice_stt.transcription.languages import code_of
from nemo_voice_stt.transcription.port import Abilities, Clip, Recogniser, Recognition

if TYPE_CHECKING:
    from nemo_voice_stt.backends.canary.aligner import Aligner
    from nemo_voice_stt.backends.canary.decoding import Stages, Wanted

logger = logging.getLogger(__name__)

_WARM_UP_TOKENS = 4
"""Enough to run every part of the decoder."""
_ENGLISH = "en"


class CanaryRecogniser(Recogniser):
    """An `EncDecMultiTaskModel` behind the port."""

    def __init__(
        self,
        stages: "Stages",
        aligner: "Aligner | None",
        abilities: Abilities,
        description: ModelDescription,
        options: RecogniserOptions,
    ) -> None:
        self._stages = stages
        self._aligner = aligner
        self.abilities = abilities
        self.description = description
        self._options = options

    @override
    def warm_up(self, report: Callable[[str], None]) -> None:
        from nemo_voice_serving.nemo.hardware import guarded  # noqa: PLC0415

        options, stages = self._options, self._stages
        is_cuda = stages.device.type == "cuda"
        rate_hz = stages.sample_rate_hz
        speech = warm_up_speech(options, self.description.languages, rate_hz)
        with guarded():
            for place, (items, seconds) in enumerate(warm_up_shapes(options, is_batched=is_cuda)):
                report(f"{items} x {seconds:g} s")
                pieces = [np.resize(speech, round(seconds * rate_hz))] * items
                lengths = [self._length(len(piece)) for piece in pieces]
                # The largest batch's longest transcript is what takes the most memory.
                most = None if is_cuda and place == 0 else _WARM_UP_TOKENS
                wanted = [self._wanted(Clip(pieces[0], needs_words=True))] * items
                stages.decode(pieces, lengths, wanted, most_tokens=most)
                if self._aligner is not None:
                    self._aligner.spans(pieces, lengths, [""] * items)

    @override
    def recognise(self, batch: Sequence[Clip], /) -> Sequence[Recognition]:
        from nemo_voice_serving.nemo.hardware import guarded  # noqa: PLC0415

        rate_hz, most = self._stages.sample_rate_hz, self._options.max_batch_items
        with guarded():
            return recognise_audible(batch, rate_hz, most, self._recognise)

    def _recognise(self, clips: Sequence[Clip]) -> list[Recognition]:
        stages = self._stages
        pieces = [clip.samples for clip in clips]
        lengths = [self._length(len(piece)) for piece in pieces]
        wanted = [self._wanted(clip) for clip in clips]
        written = stages.decode(pieces, lengths, wanted)
        results = [Recognition(stages.text_of(numbers), ()) for numbers in written]
        for row, (one, numbers) in enumerate(zip(wanted, written, strict=True)):
            if one.has_times:
                spans = spans_of(numbers, stages.frame_of, stages.text_of, stages.frame_s)
                words = words_of(spans, len(pieces[row]) / stages.sample_rate_hz)
                results[row] = Recognition(" ".join(word.text for word in words), words)
        if self._aligner is not None:
            self._align(clips, lengths, results)
        return results

    def _align(
        self, clips: Sequence[Clip], lengths: Sequence[int], results: list[Recognition]
    ) -> None:
        """Gives the results their words, where the clips want times and were not given any."""
        assert self._aligner is not None  # noqa: S101 its caller looked
        rows = [row for row, clip in enumerate(clips) if clip.needs_words and results[row].text]
        if not rows:
            return
        pieces = [clips[row].samples for row in rows]
        texts = [results[row].text for row in rows]
        aligned = self._aligner.spans(pieces, [lengths[row] for row in rows], texts)
        for row, spans in zip(rows, aligned, strict=True):
            duration_s = len(clips[row].samples) / self._stages.sample_rate_hz
            results[row] = Recognition(results[row].text, words_of(spans, duration_s))

    def _wanted(self, clip: Clip) -> "Wanted":
        from nemo_voice_stt.backends.canary.decoding import Wanted  # noqa: PLC0415

        able = self.abilities
        default = able.default_language or able.told_languages[0]
        source = clip.language or default
        target = clip.translate_to or source
        is_possible = source == target or (source, target) in able.translations
        if source not in able.told_languages or not is_possible:
            # The edge refuses these; one that does not must not fail the batch of others.
            logger.error("language is not told", extra={"language": source, "written": target})
            source = target = source if source in able.told_languages else default
        writes_times = able.word_times and self._aligner is None
        return Wanted(source, target, clip.needs_words and writes_times)

    def _length(self, samples: int) -> int:
        return self._options.padded_length(samples, self._stages.sample_rate_hz)


def load_canary(
    directory: Path, source: str, revision: str, options: RecogniserOptions
) -> CanaryRecogniser:
    """Returns the recogniser, loaded from an unpacked checkpoint.

    Raises:
        ModelStoreError: The checkpoint is not of a kind that is served.
        RefusedConfig: The aligner in it would load something else with it.
        UnusableModel: Its files are not whole, or it understands none of the wanted languages.
        NoDevice: The options want a device that is not usable.
    """
    facts = facts_in(directory, Role.RECOGNISER, source)
    # Imported here: NeMo takes seconds to import, and `--help` should not.
    from nemo_voice_serving.nemo import hardware  # noqa: PLC0415
    from nemo_voice_serving.nemo.loading import UnusableModel, parameter_count  # noqa: PLC0415
    from nemo_voice_stt.backends.canary.aligner import load_aligner  # noqa: PLC0415
    from nemo_voice_stt.backends.canary.decoding import load_stages  # noqa: PLC0415
    from nemo_voice_stt.backends.canary.prompts import (  # noqa: PLC0415
        languages_of,
        writes_times,
    )
    from nemo_voice_stt.backends.told_languages import refuse_unknown  # noqa: PLC0415

    device = hardware.choose_device(options.device)
    precision = hardware.precision_of(options.precision, device)
    stages = load_stages(directory, device, precision)
    aligner = load_aligner(directory, device, precision)
    named = facts.languages or options.languages or (_ENGLISH,)
    has_words = aligner is not None or writes_times(stages.model)
    known = languages_of(stages.model.tokenizer, named)
    if not known:
        raise UnusableModel(
            f"its tokenizer has no token for {', '.join(named)}: name what it was trained with in"
            " NEMO_VOICE_LANGUAGES"
        )
    refuse_unknown(options.languages, known)
    abilities = abilities_of(known, options.languages, word_times=has_words)
    description = ModelDescription(
        source=source,
        revision=revision,
        architecture=type(stages.model).__name__,
        parameters=parameter_count(*(one.model for one in (stages, aligner) if one)),
        sample_rate_hz=stages.sample_rate_hz,
        device=hardware.describe(device),
        precision=str(precision).removeprefix("torch."),
        kind=facts.kind.name,
        languages=abilities.told_languages,
        translations=abilities.translations,
    )
    return CanaryRecogniser(stages, aligner, abilities, description, options)


def abilities_of(known: Sequence[str], wanted: Sequence[str], *, word_times: bool) -> Abilities:
    """Returns what a Canary model can do.

    Args:
        known: The languages that it was trained with.
        wanted: Those that the settings leave of them, the default first; none for all.
        word_times: Whether its words have times.
    """
    languages = (
        tuple(code for one in wanted for code in known if code_of(code) == code_of(one))
        if wanted
        else tuple(known)
    )
    english = next((code for code in known if code.partition("-")[0] == _ENGLISH), None)
    is_english_first = not wanted and english is not None
    return Abilities(
        word_times=word_times,
        confidence=False,
        logprobs=False,
        hotwords=False,
        told_languages=languages,
        default_language=english if is_english_first else next(iter(languages), None),
        # NVIDIA's models translate between English and each of the others.
        translations=tuple(
            (spoken, written)
            for spoken in languages
            for written in known
            if spoken != written and english in {spoken, written}
        ),
    )
