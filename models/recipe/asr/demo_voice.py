"""Makes training speech with the demo voice: `python -m recipe.asr.demo_voice --shards 20`.

The texts are those of `text.py`; FastPitch's own durations say when each word begins. Run it again
with another `--series` when the voice has changed.
"""

import argparse
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soxr
import torch

from recipe.asr.data import training_texts
from recipe.asr.model import quiet_nemo
from recipe.asr.shards import MelFrames, cache_folder, has_shard, write_missing, write_shard
from recipe.asr.sound import RATE_HZ, Spoken, punctuated, recorded
from recipe.asr.text import TextSource

VOICE_RATE_HZ = 22_050
UTTERANCES = 200
"""In a shard: about ten minutes of speech."""
CHECKED = 60
"""In the shard of held-out sentences, whose error rate is reported during training."""
_HOP_S = 256 / VOICE_RATE_HZ
DEMO = Path(__file__).parents[2] / "demo"


class DemoVoice:
    """FastPitch and HiFi-GAN, speaking whole utterances."""

    def __init__(self, voice: Path, vocoder: Path) -> None:
        from nemo.collections.tts.models import FastPitchModel, HifiGanModel  # noqa: PLC0415

        quiet_nemo()
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._voice: Any = FastPitchModel.restore_from(str(voice), map_location=self._device).eval()
        self._vocoder: Any = HifiGanModel.restore_from(
            str(vocoder), map_location=self._device
        ).eval()
        self._space = self._voice.vocab.space

    def speak(self, text: str, rng: random.Random) -> Spoken | None:
        """Returns the speech with its words' times; None if its tokens do not show the words."""
        said = punctuated(text, rng)
        pace = rng.choice((1.0, 1.0, rng.uniform(0.85, 1.2)))
        with torch.inference_mode():
            tokens = self._voice.parse(said, normalize=False)
            made = self._voice.fastpitch(text=tokens, durs=None, pitch=None, pace=pace)
            samples = self._vocoder.convert_spectrogram_to_audio(spec=made[0])[0]
        ends_s = made[2][0].cumsum(0).cpu().numpy() / pace * _HOP_S
        starts_s = _word_starts_s(tokens[0].tolist(), self._space, ends_s)
        if len(starts_s) != len(text.split()) + 1:
            return None
        heard = soxr.resample(samples.cpu().numpy(), VOICE_RATE_HZ, RATE_HZ)
        return Spoken(text, np.asarray(heard, np.float32), tuple(starts_s))


def _word_starts_s(tokens: list[int], space: int, ends_s: np.ndarray) -> list[float]:
    """Returns when each run of tokens between spaces begins, and when the last ends."""
    starts = [0.0, *ends_s[:-1].tolist()]
    spoken = [i for i, token in enumerate(tokens) if token != space]
    first = [i for i in spoken if i == 0 or tokens[i - 1] == space]
    return [starts[i] for i in first] + ([float(ends_s[spoken[-1]])] if spoken else [])


def voice_shard(seed: str, voice: DemoVoice, texts: TextSource, utterances: int) -> list[Spoken]:
    """Returns the utterances of one shard."""
    rng, noise_rng = random.Random(seed), np.random.default_rng(list(seed.encode()))
    spoken: list[Spoken] = []
    while len(spoken) < utterances:
        item = voice.speak(texts.text(rng), rng)
        if item is not None:
            heard = recorded(item.samples, rng, noise_rng)
            spoken.append(Spoken(item.text, heard, item.starts_s))
    return spoken


def make(folder: Path, series: str, shards: int, voice: DemoVoice) -> None:
    """Writes the shards of a series that are not there yet."""
    mel = MelFrames()
    if not has_shard(folder, "check-voice-0000"):
        kept = voice_shard("check", voice, training_texts(held_out=True), CHECKED)
        write_shard(folder, "check-voice-0000", kept, mel)
    texts = training_texts()

    def made(number: int) -> list[Spoken]:
        return voice_shard(f"{series} {number}", voice, texts, UTTERANCES)

    write_missing(folder, series, shards, made, mel)


def main(argv: Sequence[str] | None = None) -> int:
    """Makes speech of the demo voice; see `--help`."""
    parser = argparse.ArgumentParser(prog="recipe.asr.demo_voice", description=__doc__)
    parser.add_argument("--shards", type=int, default=20, help="shards of 200 sentences (20)")
    parser.add_argument("--series", default="voice", help="the name of the shards (voice)")
    parser.add_argument("--voice", type=Path, default=DEMO / "fastpitch.nemo")
    parser.add_argument("--vocoder", type=Path, default=DEMO / "hifigan.nemo")
    parser.add_argument("--folder", type=Path, default=cache_folder() / "shards")
    arguments = parser.parse_args(argv)
    voice = DemoVoice(arguments.voice, arguments.vocoder)
    make(arguments.folder, arguments.series, arguments.shards, voice)
    return 0


if __name__ == "__main__":
    sys.exit(main())
