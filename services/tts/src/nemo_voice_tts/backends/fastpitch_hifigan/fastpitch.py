"""FastPitch: text to tokens, and batches of tokens to spectrograms, by the model's direct stages.

`backend.py` calls it on the device thread; `tokens` and `vocabulary` alone may run on any.
A model of several speakers adds what it learnt of the phrase's speaker to every row of a batch.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from nemo.collections.tts.models import FastPitchModel

from nemo_voice_serving.nemo.loading import UnusableModel, require_class, restore
from nemo_voice_tts.backends.fastpitch_hifigan.padding_masks import mask_between_convolutions
from nemo_voice_tts.backends.fastpitch_hifigan.vocabulary import Vocabulary
from nemo_voice_tts.errors import UnspeakableText
from nemo_voice_tts.synthesis.port import Phrase, Spectrogram
from nemo_voice_tts.text.insets import NONE, Pronunciations

_SHORTEST_PART = 32
"""Tokens of a part of an overlong phrase: less is no word."""
_HALF_A_FRAME = 0.5

_Made = tuple[torch.Tensor, list[int]]
"""The mel frames of a part, and how many of them each of its tokens has."""


class FastPitch:
    """A FastPitch model on a device."""

    def __init__(self, model: Any, device: torch.device, *, is_english: bool = True) -> None:
        self._network = model.fastpitch
        self.device = device
        self._padding = int(model.vocab.pad)
        self.model = model
        self.sample_rate_hz = int(model.cfg.sample_rate)
        self.mel_count = int(model.cfg.n_mel_channels)
        self.hop_samples = int(model.cfg.n_window_stride)
        self._sounded = _sounded(model.vocab)
        self._space = int(model.vocab.space)
        self.vocabulary = Vocabulary(model.vocab, is_english=is_english)
        self.speaker_count = _speaker_count(model.fastpitch)

    def tokens(self, text: str, pronunciations: Pronunciations = NONE) -> tuple[int, ...]:
        """Returns the tokens of normalised text, whose placeholders the pronunciations stand for.

        Raises:
            UnspeakableText: No letter or phoneme is among them.
            UnknownPhoneme: The model has not every sound of a pronunciation.
        """
        found = self.vocabulary.encode(text, pronunciations)
        if self._sounded.isdisjoint(found):
            raise UnspeakableText("The text holds no letter or digit that this voice can say.")
        return found

    def spectrograms(
        self, phrases: Sequence[Phrase], *, most_tokens: int, most_batch_tokens: int
    ) -> list[Spectrogram]:
        """Returns each phrase's spectrogram, equal to what it would be alone.

        Args:
            phrases: One batch.
            most_tokens: Longest phrase that is spoken in one piece at the normal pace: attention
                grows with the square. A longer one is spoken in parts cut at spaces and joined.
            most_batch_tokens: Most tokens in one run of the model, padding included.
        """
        parts = [
            (place, part)
            for place, phrase in enumerate(phrases)
            for part in self._parts(phrase, most_tokens)
        ]
        made: dict[int, _Made] = {}
        for run in _runs([len(part.tokens) for _, part in parts], most_batch_tokens):
            made.update(zip(run, self._run([parts[at][1] for at in run]), strict=True))
        joined: list[list[_Made]] = [[] for _ in phrases]
        for at, (place, _) in enumerate(parts):
            joined[place].append(made[at])
        frame_s = self.hop_samples / self.sample_rate_hz
        return [_joined(pieces, frame_s) for pieces in joined]

    def _parts(self, phrase: Phrase, most_tokens: int) -> Iterator[Phrase]:
        # A slow pace makes more frames of a token, and attention is over frames.
        most = max(_SHORTEST_PART, int(most_tokens * min(1.0, phrase.pace)))
        rest = phrase.tokens
        while len(rest) > most:
            spaces = [place for place in range(most // 2, most) if rest[place] == self._space]
            end = spaces[-1] + 1 if spaces else most
            yield replace(phrase, tokens=rest[:end])
            rest = (self._space, *rest[end:])
        yield replace(phrase, tokens=rest)

    @torch.inference_mode()  # type: ignore[untyped-decorator,unused-ignore]  # torch is untyped here
    def _run(self, phrases: Sequence[Phrase]) -> list["_Made"]:
        longest = max(len(phrase.tokens) for phrase in phrases)
        rows = [
            [*phrase.tokens, *[self._padding] * (longest - len(phrase.tokens))]
            for phrase in phrases
        ]
        text = torch.tensor(rows, dtype=torch.long).to(self.device)
        pace = torch.tensor([[phrase.pace] for phrase in phrases]).to(self.device)
        speaker = None
        if self.speaker_count > 1:
            speaker = torch.tensor([phrase.speaker for phrase in phrases]).to(self.device)
        pitch = torch.zeros(text.shape, device=self.device)  # a shift of the predicted pitch
        mels, frame_counts, durations, *_ = self._network.infer(
            text=text, pitch=pitch, speaker=speaker, pace=pace
        )
        # As the network rounds them before it repeats each token so often.
        repeats = torch.floor(durations.float() / pace + _HALF_A_FRAME).long().tolist()
        counts = frame_counts.tolist()
        # Copies, so that one long phrase does not keep the whole batch in memory.
        return [
            (mel[:, :count].clone(), row[: len(phrase.tokens)])
            for mel, count, row, phrase in zip(mels, counts, repeats, phrases, strict=True)
        ]


def load_fastpitch(directory: Path, device: torch.device, *, is_english: bool = True) -> FastPitch:
    """Returns the model from its unpacked files, ready to run.

    Args:
        directory: Where the checkpoint was unpacked.
        device: Where it runs.
        is_english: Whether it speaks English, whose initials are said letter by letter.

    Raises:
        UnusableModel: It is no FastPitch model with a tokenizer, or is built in another way.
    """
    require_class(FastPitchModel, directory)
    model = restore(FastPitchModel, directory, change_config=_without_normaliser)
    if getattr(model, "vocab", None) is None:
        raise UnusableModel(f"the FastPitch model in {directory} has no tokenizer: too old")
    # NeMo's parse() sets these for the time of a call, which is not safe with several threads.
    owners: tuple[Any, ...] = (model.vocab, getattr(model.vocab, "g2p", None))
    for owner in owners:
        if getattr(owner, "phoneme_probability", None) is not None:
            owner.phoneme_probability = 1.0
    mask_between_convolutions(model.fastpitch)
    model.to(device)
    return FastPitch(model, device, is_english=is_english)


def _sounded(tokenizer: Any) -> frozenset[int]:
    """Returns the tokens of letters and sounds; a letter may have a mark before it."""
    signs = {tokenizer.pad, tokenizer.oov, tokenizer.blank}
    return frozenset(
        place
        for place, symbol in enumerate(tokenizer.tokens)
        if place not in signs and any(map(str.isalnum, symbol))
    )


def _speaker_count(network: Any) -> int:
    """Returns how many speakers the network learnt.

    Raises:
        UnusableModel: It imitates a recording, and none comes with a request.
    """
    encoder = network.speaker_encoder
    if encoder is None:
        table = network.speaker_emb
    elif encoder.precomputed_emb is not None:
        table = None
    elif encoder.lookup_module is None:
        raise UnusableModel("the FastPitch model speaks only like a recording that it is given")
    else:
        table = encoder.lookup_module.table
    return 1 if table is None else int(table.num_embeddings)


def _without_normaliser(config: Any) -> None:
    # The process pool normalises; here it would take half a minute to build, and never be called.
    config.pop("text_normalizer", None)
    config.pop("text_normalizer_call_kwargs", None)


def _runs(lengths: Sequence[int], most_padded: int) -> Iterator[list[int]]:
    """Yields the places of parts that run together: similar lengths, within the padded limit."""
    run: list[int] = []
    for place in sorted(range(len(lengths)), key=lambda place: lengths[place]):
        if run and lengths[place] * (len(run) + 1) > most_padded:
            yield run
            run = []
        run.append(place)
    yield run


def _joined(parts: Sequence["_Made"], frame_s: float) -> Spectrogram:
    mels = [mel for mel, _ in parts]
    frames = mels[0] if len(mels) == 1 else torch.cat(mels, dim=1)
    counts: list[int] = []
    for _, part in parts:
        if counts:  # a part begins with a blank of its own, which no token of the phrase is
            counts[-1] += part[0]
        counts += part[1:] if counts else part
    return Spectrogram(frames, int(frames.shape[1]), tuple(count * frame_s for count in counts))
