"""Implements the port to a voice with NVIDIA NeMo's FastPitch and HiFi-GAN.

Importing this module is cheap; `load_voice` imports torch and NeMo, which takes seconds.
Everything but `tokens`, `token_words`, `unread`, `check`, `windows` and `vocoder_items` happens on
the device thread.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from typing_extensions import override

from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.batching.backend import ModelDescription
from nemo_voice_serving.model_store.checkpoints import pair_in
from nemo_voice_tts.backends.fastpitch_hifigan.vocoder_windows import (
    Stretch,
    even_width,
    stretches,
)
from nemo_voice_tts.synthesis.port import Phrase, Spectrogram, Voice, Window
from nemo_voice_tts.text.insets import NONE, Pronunciations
from nemo_voice_tts.text.phonemes import Pronunciation

if TYPE_CHECKING:
    from nemo_voice_tts.backends.fastpitch_hifigan.fastpitch import FastPitch
    from nemo_voice_tts.backends.fastpitch_hifigan.hifigan import HifiGan

FIRST_WIDTH = 64
"""Frames of a first window: three quarters of a second of sound, most of it kept."""
WIDTHS: tuple[int, ...] = (64, 128, 256)
"""Frames of the windows: few sizes, so that windows of several requests share a batch."""
LONGEST = 512
"""Most frames that a CPU runs at once: the context of further runs costs a twentieth, and others
wait for no longer than for these."""
_WARM_UP_S = 4.0
"""A large vocoder takes longer for its lengths: the others are slower once, in a request."""


@dataclass(frozen=True, slots=True)
class VoiceOptions:
    """How a voice is loaded and what its batches may hold."""

    device: str = "auto"
    """`auto`, `cpu` or `cuda`."""
    precision: str = "auto"
    """`auto`, `float32`, `bfloat16` or `float16`, for the vocoder; FastPitch stays float32. On a
    GPU `auto` is float16: as quick as bfloat16, with an eighth of its noise."""
    language: str | None = None
    """What the voice speaks, where its checkpoint does not say it."""
    max_batch_items: int = 16
    most_tokens: int = 480
    """Longest phrase in one piece at the normal pace; a longer one is spoken in parts."""
    max_batch_tokens: int = 4096
    """Most tokens in one run of FastPitch, padding included."""
    is_windowed: bool | None = None
    """Whether the vocoder runs on windows: absent, on a GPU only, where batches pay."""
    warm_up_text: Callable[[Sequence[str]], str] = lambda _languages: "la "
    """Returns words that a voice of some languages can say, for the warm-up."""


class NemoVoice(Voice):
    """A `FastPitchModel` and a `HifiGanModel` behind the port."""

    def __init__(
        self,
        fastpitch: "FastPitch",
        hifigan: "HifiGan",
        description: ModelDescription,
        options: VoiceOptions,
    ) -> None:
        self._fastpitch = fastpitch
        self._hifigan = hifigan
        self.description = description
        self._options = options
        is_on_gpu = fastpitch.device.type == "cuda"
        self._is_windowed = is_on_gpu if options.is_windowed is None else options.is_windowed

    @property
    @override
    def vocoder_items(self) -> int:
        return self._options.max_batch_items if self._is_windowed else 1

    @override
    def warm_up(self, report: Callable[[str], None]) -> None:
        from nemo_voice_serving.nemo import hardware  # noqa: PLC0415

        spoken = self.tokens(self._options.warm_up_text(self.description.languages))
        longest: Spectrogram | None = None
        for items, token_count in warm_up_shapes(self._options, is_batched=self._is_windowed):
            report(f"{items} x {token_count} tokens")
            tokens = (spoken * token_count)[:token_count]
            made = self.spectrograms([Phrase(tokens)] * items)[0]
            longest = longest or made
            if not self._is_windowed:
                self.waveforms(self.windows(made, first=True))
        if self._is_windowed and longest is not None:
            self._warm_up_windows(longest, report)
        elif longest is not None:
            self._warm_up_lengths(longest, report)
        hardware.synchronise(self._fastpitch.device)

    @override
    def tokens(self, text: str, pronunciations: Pronunciations = NONE, /) -> tuple[int, ...]:
        return self._fastpitch.tokens(text, pronunciations)

    @override
    def token_words(self, text: str, pronunciations: Pronunciations = NONE, /) -> tuple[int, ...]:
        return self._fastpitch.vocabulary.token_words(text, pronunciations)

    @override
    def unread(self, text: str, /) -> str:
        return self._fastpitch.vocabulary.unread(text)

    @override
    def check(self, pronunciation: Pronunciation, /) -> None:
        self._fastpitch.vocabulary.symbols(pronunciation)

    @override
    def spectrograms(self, batch: Sequence[Phrase], /) -> Sequence[Spectrogram]:
        from nemo_voice_serving.nemo.hardware import guarded  # noqa: PLC0415

        with guarded():
            return self._fastpitch.spectrograms(
                batch,
                most_tokens=self._options.most_tokens,
                most_batch_tokens=self._options.max_batch_tokens,
            )

    @override
    def windows(self, spectrogram: Spectrogram, *, first: bool) -> Sequence[Window]:
        count, context = spectrogram.frame_count, self._hifigan.context_frames
        widths = WIDTHS
        if not self._is_windowed:
            widths = (even_width(count, longest=LONGEST, context=context),)
        planned = stretches(
            count, widths=widths, context=context, first_width=FIRST_WIDTH if first else None
        )
        return [_window(spectrogram, stretch) for stretch in planned]

    @override
    def waveforms(self, batch: Sequence[Window], /) -> Sequence[Samples]:
        from nemo_voice_serving.nemo.hardware import guarded  # noqa: PLC0415

        made: dict[int, Samples] = {}
        by_length = sorted(range(len(batch)), key=lambda place: batch[place].frame_count)
        with guarded():
            for _, group in groupby(by_length, key=lambda place: batch[place].frame_count):
                places = list(group)
                for first in range(0, len(places), self.vocoder_items):
                    chosen = places[first : first + self.vocoder_items]
                    sounds = self._hifigan.waveforms([batch[place] for place in chosen])
                    made.update(zip(chosen, sounds, strict=True))
        return [made[place] for place in range(len(batch))]

    def _warm_up_lengths(self, spectrogram: Spectrogram, report: Callable[[str], None]) -> None:
        """Runs each length that the vocoder pads to once, the shortest first, as time allows."""
        began_s = time.monotonic()
        lengths = self._hifigan.padded_lengths(min(LONGEST, spectrogram.frame_count))
        for frames in lengths:
            if time.monotonic() - began_s > _WARM_UP_S:
                return
            report(f"{frames} frames")
            self.waveforms([_window(spectrogram, Stretch(0, frames, 0, frames))])

    def _warm_up_windows(self, spectrogram: Spectrogram, report: Callable[[str], None]) -> None:
        widths = [width for width in WIDTHS if width <= spectrogram.frame_count]
        for width in sorted(widths, reverse=True):
            for items in _halves(self._options.max_batch_items):
                report(f"{items} x {width} frames")
                self.waveforms([_window(spectrogram, Stretch(0, width, 0, width))] * items)


def load_voice(
    fastpitch_directory: Path,
    hifigan_directory: Path,
    *,
    source: str,
    revision: str,
    options: VoiceOptions,
) -> NemoVoice:
    """Returns the voice, loaded from the two unpacked checkpoints.

    Raises:
        ModelStoreError: The checkpoints are not of these kinds, or do not fit each other.
        UnusableModel: Their files are not whole.
        NoDevice: The options want a device that is not usable.
    """
    facts = pair_in(fastpitch_directory, hifigan_directory, source)
    # Imported here: NeMo takes seconds to import, and `--help` should not.
    from nemo_voice_serving.nemo import hardware, loading  # noqa: PLC0415
    from nemo_voice_tts.backends.fastpitch_hifigan.fastpitch import load_fastpitch  # noqa: PLC0415
    from nemo_voice_tts.backends.fastpitch_hifigan.hifigan import load_hifigan  # noqa: PLC0415

    device = hardware.choose_device(options.device)
    precision = hardware.precision_of(options.precision, device, preferred="float16")
    languages = facts.languages or ((options.language,) if options.language else ())
    is_english = not languages or languages[0].startswith("en")
    fastpitch = load_fastpitch(fastpitch_directory, device, is_english=is_english)
    hifigan = load_hifigan(hifigan_directory, device, precision)
    for what in ("sample_rate_hz", "mel_count", "hop_samples"):
        made, taken = getattr(fastpitch, what), getattr(hifigan, what)
        if made != taken:
            raise loading.UnusableModel(f"voice and vocoder differ in {what}: {made}, {taken}")
    description = ModelDescription(
        source=source,
        revision=revision,
        architecture=f"{type(fastpitch.model).__name__} + {type(hifigan.model).__name__}",
        parameters=loading.parameter_count(fastpitch.model, hifigan.model),
        sample_rate_hz=fastpitch.sample_rate_hz,
        device=hardware.describe(device),
        precision=str(precision).removeprefix("torch."),
        kind=facts.kind.name,
        languages=languages,
        speakers=fastpitch.speaker_count,
    )
    return NemoVoice(fastpitch, hifigan, description, options)


def warm_up_shapes(options: VoiceOptions, *, is_batched: bool) -> list[tuple[int, int]]:
    """Returns the runs of FastPitch to make before serving, as phrases and tokens, largest first.

    A CPU computes every shape the same way: there, a long phrase and a short one find what fails.
    """
    lengths = (options.most_tokens, options.most_tokens // 4, options.most_tokens // 16)
    if not is_batched:
        return [(1, lengths[1]), (1, lengths[2])]
    return [(items, length) for items in _halves(options.max_batch_items) for length in lengths]


def _halves(most: int) -> list[int]:
    sizes = [most]
    while sizes[-1] > 1:
        sizes.append(sizes[-1] // 2)
    return sizes


def _window(spectrogram: Spectrogram, stretch: Stretch) -> Window:
    return Window(
        spectrogram,
        start=stretch.start,
        frame_count=stretch.frame_count,
        keep_start=stretch.keep_start,
        keep_end=stretch.keep_end,
    )
