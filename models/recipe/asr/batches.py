"""Training batches: utterances of like length, joined, amid silence, varied and normalised.

Reads the shards of `shards.py`; called by `train.py`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F  # noqa: N812 - as everywhere
from wordfreq import top_n_list

from recipe.asr.shards import FRAME_S, MEL_BANDS, SILENCE, Shard, read_shard, shard_names

Times = npt.NDArray[np.float64]
_COMMON_WORDS = 14_000  # the most frequent of English, which make up nearly all that people say
_FIRST_WORDS = 1_000  # met in every other sentence: one that has no other word teaches little
_PLAIN_WEIGHT = 0.5
_NEPERS_PER_DB = 1 / 4.343  # of power


@dataclass(frozen=True)
class Batch:
    """Features and the tokens that are said in them."""

    features: torch.Tensor
    """(batch, bands, frames), normalised as NeMo does it."""
    lengths: torch.Tensor
    tokens: list[list[int]]
    times_s: list[Times]
    """When each token begins, and when the last ends."""


@dataclass(frozen=True)
class _Utterance:
    frames: npt.NDArray[np.float16]
    tokens: list[int]
    times_s: Times
    weight: float = 1.0
    """How likely an epoch is to take it."""


class Batches:
    """Batches without end, epoch after epoch.

    Args:
        folder: Where the shards are.
        tokenizer: A SentencePiece processor.
        shares: How much of each kind of shard an epoch takes: `{"espeak": 0.97, "noise": 0.03}`.
        frames: Frames in a batch, padding counted.
        rare_weight: How likely an utterance with a rare word is to be taken, others being 1 or,
            with none but the thousand most frequent words, a half.
    """

    def __init__(
        self,
        folder: Path,
        tokenizer: Any,
        shares: Mapping[str, float],
        frames: int,
        rare_weight: float = 1.0,
    ) -> None:
        self._folder = folder
        self._tokenizer = tokenizer
        self._shares = shares
        self._frames = frames
        self._rare_weight = rare_weight
        common = top_n_list("en", _COMMON_WORDS)
        self._common, self._first = frozenset(common), frozenset(common[:_FIRST_WORDS])
        self._pieces: dict[str, tuple[list[int], list[int]]] = {}
        self._loaded: dict[str, list[_Utterance]] = {}

    def epoch(self, seed: int, utterances: int = 1500, *, joining: bool = True) -> Iterator[Batch]:
        """Yields the batches of one epoch, drawn from the shards that are there now."""
        rng = np.random.default_rng(seed)
        chosen: list[_Utterance] = []
        for kind, share in self._shares.items():
            if not shard_names(self._folder, kind):
                continue  # it may come while training goes on
            pool = self._pool(kind)
            count = min(round(share * utterances), len(pool))
            weights = np.array([utterance.weight for utterance in pool])
            drawn = rng.choice(len(pool), count, replace=False, p=weights / weights.sum())
            chosen += [pool[i] for i in drawn]
        for group in self._groups(chosen, rng):
            yield self._batch(group, rng, joining=joining)

    def plain(self, kind: str) -> list[tuple[torch.Tensor, list[int]]]:
        """Each utterance of a kind as it is: features (bands, frames) and tokens."""
        found = []
        for utterance in self._pool(kind):
            frames = torch.from_numpy(np.array(utterance.frames)).float()[None]
            features = normalised(frames, torch.tensor([frames.shape[1]]))
            found.append((features[0].T, utterance.tokens))
        return found

    def _pool(self, kind: str) -> list[_Utterance]:
        names = shard_names(self._folder, kind)
        for name in names:
            if name not in self._loaded:
                self._loaded[name] = self._utterances(read_shard(self._folder, name))
        return [utterance for name in names for utterance in self._loaded[name]]

    def _utterances(self, shard: Shard) -> list[_Utterance]:
        found = []
        for index, (text, starts_s) in enumerate(zip(shard.texts, shard.starts_s, strict=True)):
            tokens, times_s = self._tokens(text, starts_s)
            frames = shard.frames[shard.offsets[index] : shard.offsets[index + 1]]
            found.append(_Utterance(frames, tokens, times_s, self._weight(text)))
        return found

    def _weight(self, text: str) -> float:
        words = text.split()
        if not self._common.issuperset(words):
            return self._rare_weight
        return _PLAIN_WEIGHT if self._first.issuperset(words) else 1.0

    def _tokens(self, text: str, starts_s: tuple[float, ...]) -> tuple[list[int], Times]:
        """Returns tokens and their starts: a word's time is divided by its tokens' letters."""
        tokens: list[int] = []
        times: list[float] = []
        for index, word in enumerate(text.split()):
            if word not in self._pieces:
                ids = self._tokenizer.encode(word)
                letters = [len(self._tokenizer.id_to_piece(i).strip("\u2581")) for i in ids]
                self._pieces[word] = (ids, letters)
            ids, letters = self._pieces[word]
            begin, end = starts_s[index], starts_s[index + 1]
            before = np.cumsum([0, *letters[:-1]]) / max(sum(letters), 1)
            times += (begin + (end - begin) * before).tolist()
            tokens += ids
        return tokens, np.array([*times, starts_s[-1]])

    def _groups(
        self, utterances: list[_Utterance], rng: np.random.Generator
    ) -> list[list[_Utterance]]:
        lengths = np.array([len(u.frames) for u in utterances])
        order = np.argsort(lengths * rng.uniform(0.93, 1.07, len(lengths)))
        groups: list[list[_Utterance]] = []
        group: list[_Utterance] = []
        longest = 0
        for index in order:
            longest = max(longest, int(lengths[index]))
            if group and longest * (len(group) + 1) > self._frames:
                groups.append(group)
                group, longest = [], int(lengths[index])
            group.append(utterances[index])
        groups.append(group)
        return [groups[i] for i in rng.permutation(len(groups))]

    def _batch(self, group: list[_Utterance], rng: np.random.Generator, *, joining: bool) -> Batch:
        size = 1
        if joining and rng.random() < 0.25:
            size = int(rng.choice((2, 2, 3, 4, 5, 8)))
        shuffled = [group[i] for i in rng.permutation(len(group))]
        padded = joining and rng.random() < 0.35
        rows = [
            _joined(shuffled[i : i + size], rng, padded=padded)
            for i in range(0, len(shuffled), size)
        ]
        lengths = torch.tensor([len(row.frames) for row in rows])
        frames = torch.full((len(rows), int(lengths.max()), MEL_BANDS), SILENCE)
        for index, row in enumerate(rows):
            frames[index, : len(row.frames)] = torch.from_numpy(row.frames).float()
        frames, lengths, factor = _varied(frames, lengths, rng)
        features = _masked(normalised(frames, lengths), lengths, rng)
        return Batch(
            features=features.transpose(1, 2).contiguous(),
            lengths=lengths,
            tokens=[row.tokens for row in rows],
            times_s=[row.times_s * factor for row in rows],
        )


def _joined(utterances: list[_Utterance], rng: np.random.Generator, *, padded: bool) -> _Utterance:
    """Returns several utterances as one, with short gaps between and, if padded, silence around."""
    parts: list[npt.NDArray[np.float16]] = []
    tokens: list[int] = []
    times: list[float] = []
    end_s = 0.0

    def silence(most: float) -> None:
        count = int(rng.uniform(0, most))
        parts.append(np.full((count, MEL_BANDS), SILENCE, np.float16))

    if padded and rng.random() < 0.8:
        silence(220)
    for index, utterance in enumerate(utterances):
        if index and rng.random() < 0.6:
            silence(60)
        offset_s = sum(map(len, parts)) * FRAME_S
        parts.append(utterance.frames)
        if utterance.tokens:
            tokens += utterance.tokens
            times += (utterance.times_s[:-1] + offset_s).tolist()
            end_s = float(utterance.times_s[-1]) + offset_s
    if padded and rng.random() < 0.8:
        silence(220)
    return _Utterance(np.concatenate(parts), tokens, np.array([*times, end_s]))


def _varied(
    frames: torch.Tensor, lengths: torch.Tensor, rng: np.random.Generator
) -> tuple[torch.Tensor, torch.Tensor, float]:
    """Returns the frames with random changes: tempo, blur, jitter and a floor of noise."""
    factor = 1.0
    if rng.random() < 0.15:
        factor = float(rng.uniform(0.88, 1.15))
        count = round(frames.shape[1] * factor)
        stretched = F.interpolate(frames.transpose(1, 2), size=count, mode="linear")
        frames = stretched.transpose(1, 2).contiguous()
        lengths = (lengths * factor).round().long().clamp(1, count)
    if rng.random() < 0.08:
        frames = _smeared(frames, time=rng.random() < 0.6, bands=rng.random() < 0.6)
    if rng.random() < 0.08:
        frames = frames + torch.randn_like(frames) * float(rng.uniform(0.05, 0.4))
    if rng.random() < 0.4:
        frames = torch.logaddexp(frames, _floor(frames, rng))
    return frames, lengths, factor


def _smeared(frames: torch.Tensor, *, time: bool, bands: bool) -> torch.Tensor:
    if time:
        inner = 0.25 * frames[:, :-2] + 0.5 * frames[:, 1:-1] + 0.25 * frames[:, 2:]
        frames = torch.cat([frames[:, :1], inner, frames[:, -1:]], 1)
    if bands:
        inner = 0.25 * frames[..., :-2] + 0.5 * frames[..., 1:-1] + 0.25 * frames[..., 2:]
        frames = torch.cat([frames[..., :1], inner, frames[..., -1:]], 2)
    return frames


def _floor(frames: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Returns the log power of a noise 28 to 95 dB below the loudest bin, tilted over the bands."""
    rows = len(frames)
    below = torch.from_numpy(rng.uniform(28, 95, rows)).float() * _NEPERS_PER_DB
    tilt = torch.from_numpy(rng.uniform(-4, 4, rows)).float()
    bands = torch.linspace(-0.5, 0.5, MEL_BANDS)
    level = (frames.amax((1, 2)) - below)[:, None, None] + (tilt[:, None] * bands)[:, None]
    if rng.random() < 0.6:
        uniform = torch.rand_like(frames).clamp(1e-6, 1 - 1e-6)
        return level + torch.log(-torch.log(uniform))
    return level.expand_as(frames)


def normalised(frames: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """Returns the frames with mean 0 and deviation 1 in each band, as NeMo computes it."""
    inside = (torch.arange(frames.shape[1])[None] < lengths[:, None])[..., None]
    count = lengths[:, None].float()
    mean = (frames * inside).sum(1) / count
    spread = ((frames - mean[:, None]) * inside).square().sum(1) / (count - 1).clamp_min(1)
    return (frames - mean[:, None]) / (spread.sqrt()[:, None] + 1e-5) * inside


def _masked(
    features: torch.Tensor, lengths: torch.Tensor, rng: np.random.Generator
) -> torch.Tensor:
    for row, length in enumerate(lengths.tolist()):
        if rng.random() < 0.1:
            width = int(rng.integers(1, 12))
            first = int(rng.integers(0, MEL_BANDS - width))
            features[row, :, first : first + width] = 0
        for _ in range(2):
            if rng.random() < 0.1:
                width = int(rng.integers(1, max(2, min(14, length // 12))))
                first = int(rng.integers(0, max(1, length - width)))
                features[row, first : first + width] = 0
    return features
