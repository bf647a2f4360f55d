"""The recogniser's figures: on espeak's speech, changed, noisy, surrounded, joined; and its cost.

Each measurement takes the laboratory and returns findings. Called by `__main__.py`.
"""

from collections import Counter
from collections.abc import Sequence

from evaluation.findings import Figure, Findings, error_rate
from evaluation.laboratory import Laboratory
from evaluation.measures import Hearing, percentile, worst
from evaluation.models import Transcript
from evaluation.sentences import recognition_sentences
from evaluation.speech import Clip, joined, noises, noisy, spoken, surrounded, varied

_SILENCES_S = (0.5, 1.0, 2.0)
_NOISES_EACH = 30
_WORST = 20
_COST_CLIPS = 48


def plain(laboratory: Laboratory) -> Findings:
    """Recognition of espeak's usual voice, and when each word begins."""
    clips = _plain_clips(laboratory)
    transcripts = laboratory.recogniser.transcripts([clip.samples for clip in clips])
    hearings = [Hearing(c.text, t.text) for c, t in zip(clips, transcripts, strict=True)]
    exact = sum(hearing.errors.edits == 0 for hearing in hearings)
    note = f"{exact} of {len(hearings)} sentences without an error"
    rate = error_rate("Recognition of espeak's speech: word errors", hearings, 2.0, note)
    return Findings((rate, _word_starts(clips, transcripts)), worst(hearings, _WORST))


def _plain_clips(laboratory: Laboratory) -> list[Clip]:
    texts = laboratory.some(recognition_sentences())
    return [spoken(laboratory.espeak, text) for text in texts]


def _word_starts(clips: Sequence[Clip], transcripts: Sequence[Transcript]) -> Figure:
    errors_ms = [
        abs(got - wanted) * 1000
        for clip, transcript in zip(clips, transcripts, strict=True)
        if transcript.text == clip.text and len(transcript.starts_s) == len(clip.starts_s)
        for got, wanted in zip(transcript.starts_s, clip.starts_s, strict=True)
        if wanted is not None
    ]
    return Figure(
        title="Word starts: median distance from espeak's",
        value=percentile(errors_ms, 50),
        unit="ms",
        count=f"{len(errors_ms)} words of sentences heard right",
        goal=60.0,
        note=f"90 % within {percentile(errors_ms, 90):.0f} ms",
    )


def changed(laboratory: Laboratory) -> Findings:
    """Recognition with another voice, speed, pitch and gain for each sentence."""
    clips = varied(laboratory.espeak, laboratory.some(recognition_sentences()))
    hearings = laboratory.heard(clips)
    title = "… with voice, speed, pitch and gain changed: word errors"
    return Findings((error_rate(title, hearings, 3.0),), worst(hearings, _WORST))


def in_noise(laboratory: Laboratory) -> Findings:
    """Recognition with white noise 20 dB below the speech."""
    hearings = laboratory.heard(noisy(_plain_clips(laboratory), snr_db=20))
    return Findings((error_rate("… with 20 dB white noise: word errors", hearings, 5.0),))


def in_silence(laboratory: Laboratory) -> Findings:
    """Recognition with 0.5, 1 or 2 s of silence on both sides, a third of the sentences each."""
    clips = [
        surrounded(clip, _SILENCES_S[index % len(_SILENCES_S)])
        for index, clip in enumerate(_plain_clips(laboratory))
    ]
    hearings = laboratory.heard(clips)
    thirds = (hearings[index :: len(_SILENCES_S)] for index in range(len(_SILENCES_S)))
    parts = [
        f"{silence_s:g} s: {error_rate('', third, None).value:.2f} %"
        for silence_s, third in zip(_SILENCES_S, thirds, strict=True)
    ]
    title = "… with silence on both sides: word errors"
    return Findings((error_rate(title, hearings, 3.0, ", ".join(parts)),))


def in_a_row(laboratory: Laboratory) -> Findings:
    """Recognition of two to eight sentences joined to one clip."""
    hearings = laboratory.heard(joined(_plain_clips(laboratory)))
    return Findings((error_rate("… 2 to 8 sentences joined: word errors", hearings, 3.0),))


def of_noise(laboratory: Laboratory) -> Findings:
    """Recognition of noise without speech: the text must be empty."""
    clips = laboratory.some(noises(_NOISES_EACH))
    transcripts = laboratory.recogniser.transcripts([samples for _, samples in clips])
    wordy = [kind for (kind, _), heard in zip(clips, transcripts, strict=True) if heard.text]
    kinds = ", ".join(f"{kind}: {count}" for kind, count in sorted(Counter(wordy).items()))
    figure = Figure(
        title="Noise alone (white, pink, hum): clips in which a word is heard",
        value=len(wordy),
        unit="",
        count=f"{len(clips)} clips",
        goal=0.0,
        note=kinds,
    )
    return Findings((figure,))


def cost(laboratory: Laboratory) -> Findings:
    """Processor time of the recogniser on one thread."""
    clips = [clip.samples for clip in _plain_clips(laboratory)[:_COST_CLIPS]]
    laboratory.recogniser.run(clips[:1])
    figures = []
    for batch_items in (1, 8):
        spent = laboratory.recogniser.cost(clips, batch_items)
        figures.append(
            Figure(
                title=f"Recogniser, batches of {batch_items}: processor time",
                value=spent.factor,
                unit="s per s of speech",
                count=f"{spent.speech_s:.0f} s of speech",
            )
        )
    return Findings(tuple(figures))
