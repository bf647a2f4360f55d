"""Makes the training data of the demo voice: espeak speaks, with the times of every phoneme.

Writes one folder: `lexicon.dict`, `heteronyms`, `items.jsonl`, `mels.f16` (80 a frame)
and `audio.s16` (256 samples a frame), the last two as bare numbers.
Everything follows from the seed; `python -m recipe data` calls `main`.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import numpy.typing as npt

from evaluation.sentences import all_test_texts, held_out_words, normalised
from recipe.files import written_whole
from recipe.phonetics.espeak import SAMPLE_RATE_HZ, Espeak, Utterance
from recipe.phonetics.letters import LetterSounds, align_letters
from recipe.phonetics.lexicon import Lexicon, build_lexicon, write_lexicon
from recipe.progress import Progress
from recipe.tts.align import (
    HOP_SAMPLES,
    Script,
    align_sounds,
    merge_pauses,
    token_durations,
    write_script,
)
from recipe.tts.config import tokenizer
from recipe.tts.items import AUDIO, MELS, Item, Letters, data_folder
from recipe.tts.signal import mel_maker, mel_of, pitch_hz, token_pitch_hz
from recipe.tts.text import TextSource

_WORD_GAP_MS = 20  # recognisers understand the teacher much better with it
_SILENT_FRAMES_BEFORE, _SILENT_FRAMES_AFTER = 6, 12
_SEED = 7
_LONGEST_FRAMES = 1400


class Teacher:
    """Speaks texts and measures what was spoken."""

    def __init__(self, folder: Path, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._letters: LetterSounds = align_letters(lexicon)
        self._tokenizer = tokenizer(folder / "lexicon.dict", folder / "heteronyms")
        self._espeak = Espeak()
        self._mel = mel_maker()

    def lesson(
        self, text: str, first_frame: int
    ) -> tuple[Item, npt.NDArray[np.float16], npt.NDArray[np.int16]] | None:
        """Returns an item with mel and samples; None if espeak does not speak as expected."""
        script = write_script(text, self._lexicon)
        if script is None:
            return None
        spoken = self._espeak.synth(script.espeak_text, word_gap_ms=_WORD_GAP_MS)
        timed = time_tokens(script, spoken)
        tokens = self._tokenizer.encode(text)
        if timed is None or tokens != self._ids(script.tokens):
            return None
        durations, samples = timed
        frames = int(durations.sum())
        if frames > _LONGEST_FRAMES:
            return None
        pitch = token_pitch_hz(pitch_hz(samples), durations)
        item = Item(
            text=text,
            tokens=tokens,
            durations=durations.tolist(),
            pitch_hz=[round(value, 1) for value in pitch.tolist()],
            words=self._spell(script, durations.tolist(), pitch),
            first_frame=first_frame,
            frames=frames,
        )
        return item, mel_of(self._mel, samples, frames), samples

    def _ids(self, tokens: Sequence[str]) -> list[int]:
        return [self._tokenizer._token2id[token] for token in tokens]

    def _spell(
        self, script: Script, durations: list[int], pitch: npt.NDArray[np.float64]
    ) -> list[Letters]:
        spelled = []
        for word in script.words:
            lasting, heights, at = [], [], word.start
            for count in self._letters[word.word]:
                lasting.append(sum(durations[at : at + count]))
                voiced = [value for value in pitch[at : at + count] if value > 0]
                heights.append(round(float(np.mean(voiced)), 1) if voiced else 0.0)
                at += count
            letters = self._ids(word.word) if lasting else []
            spelled.append(Letters(word.start, word.end, letters, lasting, heights))
        return spelled


def time_tokens(
    script: Script, spoken: Utterance
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int16]] | None:
    """Returns the frames of each token, and the samples with silence around; None if misspoken."""
    events = merge_pauses(spoken.phonemes)
    if events and events[0].name == "_":
        events = events[1:]
    starts = align_sounds([sound.name for sound in script.sounds], events)
    if starts is None:
        return None
    before = _SILENT_FRAMES_BEFORE * HOP_SAMPLES
    pauses = [event.sample for event in events if event.name == "_"]
    last = pauses[-1] if pauses else len(spoken.samples)
    end = (before + last) // HOP_SAMPLES * HOP_SAMPLES + _SILENT_FRAMES_AFTER * HOP_SAMPLES
    samples = np.zeros(end, np.int16)
    voice = spoken.samples[: min(last + HOP_SAMPLES, end - before)]
    samples[before : before + len(voice)] = voice
    shifted = [None if start is None else start + before for start in starts]
    return token_durations(script, shifted, end), samples


def training_texts(lexicon: Lexicon, seed: int) -> Iterator[str]:
    """Yields different texts, without test texts and without the words kept for testing."""
    forbidden, kept = set(all_test_texts()), held_out_words()
    for text in TextSource(list(lexicon), seed).texts():
        plain = normalised(text)
        if plain not in forbidden and kept.isdisjoint(plain.split()):
            forbidden.add(plain)
            yield text


def make_data(folder: Path, count: int) -> None:
    """Writes the data of `count` utterances into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = held_out_words()
    lexicon = {word: phonemes for word, phonemes in build_lexicon().items() if word not in kept}
    write_lexicon(lexicon, folder / "lexicon.dict")
    (folder / "heteronyms").write_text("", encoding="utf-8")
    teacher = Teacher(folder, lexicon)
    progress = Progress("voice data")
    made = frames = 0
    texts = training_texts(lexicon, _SEED)
    with (
        # Outermost, so last in place: it says that the data is whole.
        written_whole(folder / "items.jsonl") as listing,
        listing.open("w", encoding="utf-8") as lines,
        (folder / MELS).open("wb") as mels,
        (folder / AUDIO).open("wb") as audio,
    ):
        while made < count:
            lesson = teacher.lesson(next(texts), frames)
            if lesson is None:
                continue
            item, mel, samples = lesson
            lines.write(json.dumps(asdict(item)) + "\n")
            mels.write(mel.tobytes())
            audio.write(samples.tobytes())
            frames += item.frames
            made += 1
            hours = frames * HOP_SAMPLES / SAMPLE_RATE_HZ / 3600
            progress.report(made / count, f"{made} utterances, {hours:.2f} h")


def main(argv: Sequence[str] | None = None) -> int:
    """Makes the data unless it is there already."""
    parser = argparse.ArgumentParser(prog="python -m recipe tts-data", description=__doc__)
    parser.add_argument("--utterances", type=int, default=7200, help="how many (default 7200)")
    arguments = parser.parse_args(argv)
    if (data_folder() / "items.jsonl").exists():
        sys.stdout.write(f"voice data: {data_folder()} is complete\n")
        return 0
    make_data(data_folder(), arguments.utterances)
    return 0


if __name__ == "__main__":
    sys.exit(main())
