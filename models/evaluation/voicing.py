"""The voice's figures: heard by our recogniser and by an independent one; and its cost.

Each measurement takes the laboratory and returns findings. Called by `__main__.py`.
"""

import random
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from evaluation.findings import Figure, Findings, error_rate
from evaluation.judge import judged
from evaluation.laboratory import Laboratory
from evaluation.measures import Hearing, closest, is_in_dictionary, percentile, pooled, worst
from evaluation.models import Cost
from evaluation.sentences import normalised, round_trip_sentences, unknown_words, written_forms
from evaluation.speech import Clip, spoken

_WORST = 20
_JUDGED = 60  # pocketsphinx takes as long as the speech lasts
_RESAMPLES = 2000
_TEACHER_SPEED_WPM = 150
_TEACHER_WORD_GAP_MS = 20


def round_trip(laboratory: Laboratory) -> Findings:
    """Text to speech to text, both by our models."""
    texts = laboratory.some(round_trip_sentences())
    hearings = laboratory.heard([Clip(text, laboratory.said(text)) for text in texts])
    rate = error_rate("Round trip, text to speech to text: word errors", hearings, 6.0)
    return Findings((rate,), worst(hearings, _WORST))


def written(laboratory: Laboratory) -> Findings:
    """Digits, money, dates and abbreviations: read right, and heard right."""
    forms = laboratory.some(written_forms())
    readings = [normalised(laboratory.voice.reading(form.text)) for form in forms]
    misread = [
        f"“{form.text}” is read “{reading}”"
        for form, reading in zip(forms, readings, strict=True)
        if reading not in form.spoken
    ]
    heard = laboratory.heard([Clip(form.text, laboratory.said(form.text)) for form in forms])
    hearings = [
        closest(hearing.heard, form.spoken) for hearing, form in zip(heard, forms, strict=True)
    ]
    reading_figure = Figure(
        title="Written forms (digits, money, dates, abbreviations …): texts read otherwise",
        value=len(misread),
        unit="",
        count=f"{len(forms)} texts",
        goal=0.0,
        note="; ".join(misread),
    )
    rate = error_rate("Written forms, round trip: word errors", hearings, 6.0)
    return Findings((reading_figure, rate), worst(hearings, _WORST))


def unknown(laboratory: Laboratory) -> Findings:
    """Words that no dictionary has: the sentence around them, and the words themselves."""
    known = laboratory.voice.knows
    rares = [
        rare
        for rare in laboratory.some(unknown_words())
        if not known(rare.word) and not is_in_dictionary(rare.word)
    ]
    clips = [Clip(rare.sentence, laboratory.said(rare.sentence)) for rare in rares]
    hearings = laboratory.heard(clips)
    missed = [
        f"{rare.word}"
        for rare, hearing in zip(rares, hearings, strict=True)
        if rare.word.lower() not in normalised(hearing.heard).split()
    ]
    figure = Figure(
        title="Words outside the dictionary, round trip: of these words, not spelled exactly so",
        value=100 * len(missed) / max(len(rares), 1),
        unit="%",
        count=f"{len(rares)} words",
    )
    title = "Sentences with a word outside the dictionary, round trip: word errors"
    return Findings((error_rate(title, hearings, 15.0), figure), worst(hearings, _WORST))


@contextmanager
def judging(laboratory: Laboratory) -> Iterator["Judging"]:
    """Lets the independent recogniser listen in processes beside the other measurements."""
    texts = laboratory.some(round_trip_sentences()[:_JUDGED])
    teacher = [
        spoken(
            laboratory.espeak,
            text,
            speed_wpm=_TEACHER_SPEED_WPM,
            word_gap_ms=_TEACHER_WORD_GAP_MS,
        ).samples
        for text in texts
    ]
    voice = [laboratory.said(text) for text in texts]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        yield Judging(texts, pool.submit(judged, teacher), pool.submit(judged, voice))


class Judging:
    """The independent recogniser at work on both voices."""

    def __init__(
        self, texts: Sequence[str], teacher: Future[list[str]], voice: Future[list[str]]
    ) -> None:
        self._texts = texts
        self._teacher = teacher
        self._voice = voice

    def findings(self) -> Findings:
        """Returns the figures, waiting for the listener if it is not done."""
        teacher = [Hearing(*pair) for pair in zip(self._texts, self._teacher.result(), strict=True)]
        voice = [Hearing(*pair) for pair in zip(self._texts, self._voice.result(), strict=True)]
        teacher_rate = error_rate("Pocketsphinx on espeak itself: word errors", teacher, None)
        voice_rate = error_rate("Pocketsphinx on our voice: word errors", voice, None)
        low, high = difference_interval(teacher, voice)
        difference = Figure(
            title="Pocketsphinx: our voice against espeak, more word errors",
            value=voice_rate.value - teacher_rate.value,
            unit="points",
            count=voice_rate.count,
            goal=0.0,
            note=f"95 % of resamplings of the sentences: {low:+.1f} to {high:+.1f}",
        )
        return Findings((teacher_rate, voice_rate, difference))


def difference_interval(before: Sequence[Hearing], after: Sequence[Hearing]) -> tuple[float, float]:
    """Returns the middle 95 % of the error rate's difference in points, sentences resampled."""
    pairs = [(old.errors, new.errors) for old, new in zip(before, after, strict=True)]
    rng = random.Random(5)
    differences = []
    for _ in range(_RESAMPLES):
        drawn = rng.choices(pairs, k=len(pairs))
        old, new = (pooled(side) for side in zip(*drawn, strict=True))
        differences.append(100 * (new.rate - old.rate))
    return percentile(differences, 2.5), percentile(differences, 97.5)


def cost(laboratory: Laboratory) -> Findings:
    """Processor time of both models of the voice on one thread, over all that was said."""
    laboratory.said(round_trip_sentences()[0])
    return Findings(
        (
            _cost_figure("FastPitch with its tokens", laboratory.voice.spectrogram_cost),
            _cost_figure("HiFi-GAN", laboratory.voice.vocoder_cost),
        )
    )


def _cost_figure(name: str, spent: Cost) -> Figure:
    return Figure(
        title=f"{name}: processor time",
        value=spent.factor,
        unit="s per s of speech",
        count=f"{spent.speech_s:.0f} s of speech",
    )
