"""A Canary model's stages on one device: samples to features to frames to tokens after a prompt.

`backend.py` calls it, on the device thread only. Never `transcribe()`, nor NeMo's decoding object:
both leave the decoder in training mode, where dropout changes what it writes.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from nemo.collections.asr.models import EncDecMultiTaskModel
from nemo.collections.asr.parts.submodules.multitask_decoding import MultiTaskDecodingConfig
from omegaconf import DictConfig, OmegaConf

from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.model_kinds.judgement import PROMPT_FORMATS
from nemo_voice_serving.nemo.loading import UnusableModel, restore
from nemo_voice_stt.backends.canary.prompts import Prompts
from nemo_voice_stt.backends.encoder_precision import settle_encoder
from nemo_voice_stt.backends.padding import padded

TOKENIZERS = frozenset({"CanaryTokenizer", "CanaryBPETokenizer"})
"""NeMo's classes that know the tokens of prompts."""

DEFAULT_EXTRA_TOKENS = 50
"""How many more tokens than frames a transcript may have, prompt included, as NVIDIA publishes."""
MOST_EXTRA_TOKENS = 200
"""A checkpoint may ask for no more: a model that repeats itself ends there."""
LEAST_TOKENS = 64
"""A decoder with fewer positions has no room for a sentence."""

_SPECIAL = re.compile(r"<\|[^|]*\|>|<pad>|<unk>|<s>|</s>")
_TIME = re.compile(r"<\|(\d+)\|>")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the model is to write of one piece."""

    source: str
    target: str
    has_times: bool = False


class Stages:
    """A loaded Canary model, frozen, at rest on its device."""

    def __init__(self, model: Any, device: torch.device, precision: torch.dtype) -> None:
        self.model = model
        self.device = device
        self.precision = precision
        self.sample_rate_hz = int(model.preprocessor._sample_rate)
        self.frame_s = float(
            model.encoder.subsampling_factor * model.cfg.preprocessor.window_stride
        )
        self.prompts = Prompts(model)
        self._extra_tokens = int(model.cfg.decoding.greedy.max_generation_delta)
        pieces = model.tokenizer.ids_to_tokens(list(range(model.tokenizer.vocab_size)))
        self._special = {place for place, one in enumerate(pieces) if _SPECIAL.fullmatch(one)}
        times = ((place, _TIME.fullmatch(one)) for place, one in enumerate(pieces))
        self._frames = {place: int(time[1]) for place, time in times if time}

    def frame_of(self, number: int) -> int | None:
        """Returns the frame that a token stands for; None for a token of text."""
        return self._frames.get(number)

    def text_of(self, numbers: Sequence[int]) -> str:
        """Returns what tokens spell, without those that are no text."""
        spelled = [number for number in numbers if number not in self._special]
        return str(self.model.tokenizer.ids_to_text(spelled)).strip()

    def decode(
        self,
        pieces: Sequence[Samples],
        lengths: Sequence[int],
        wanted: Sequence[Wanted],
        *,
        most_tokens: int | None = None,
    ) -> list[list[int]]:
        """Returns the tokens that the model writes of each piece, without prompt and end.

        Args:
            pieces: At the model's rate.
            lengths: In samples; each piece is padded with silence to its own.
            wanted: What to write of each.
            most_tokens: Ends each transcript after so many.
        """
        prompts = [
            self.prompts.tokens(one.source, one.target, has_times=one.has_times) for one in wanted
        ]
        with torch.inference_mode():
            states, mask, counts = self._encode(pieces, lengths)
            limits = [
                self._limit(count, len(prompt), most_tokens, has_times=one.has_times)
                for count, prompt, one in zip(counts, prompts, wanted, strict=True)
            ]
            written: list[list[int]] = [[] for _ in pieces]
            # One call takes prompts of one length; almost always they are of one.
            for length in sorted(set(map(len, prompts))):
                rows = [row for row, prompt in enumerate(prompts) if len(prompt) == length]
                tokens = self._generate(
                    states[rows],
                    mask[rows],
                    [prompts[row] for row in rows],
                    max(limits[row] for row in rows),
                )
                for row, numbers in zip(rows, tokens, strict=True):
                    written[row] = self._ended(numbers[length : limits[row]])
        return written

    def _encode(
        self, pieces: Sequence[Samples], lengths: Sequence[int]
    ) -> tuple[torch.Tensor, torch.Tensor, list[int]]:
        """Returns the states that the decoder attends to, their mask, and each row's frames."""
        model = self.model
        features, feature_lengths = model.preprocessor(
            input_signal=padded(pieces, lengths, self.device),
            length=torch.tensor(lengths).to(self.device),
        )
        frames, counts = model.encoder(
            audio_signal=features.to(self.precision), length=feature_lengths
        )
        states = model.encoder_decoder_proj(frames.transpose(1, 2).float())
        mask = torch.arange(states.shape[1], device=self.device) < counts.unsqueeze(1)
        mask = mask.to(states.dtype)
        if model.use_transf_encoder:
            states = model.transf_encoder(encoder_states=states, encoder_mask=mask)
        return states, mask, counts.tolist()

    def _limit(self, frames: int, prompt: int, most: int | None, *, has_times: bool) -> int:
        """Returns how long prompt and transcript may become: by this row's length alone."""
        # A fast speaker's words with two times each are more tokens than there are frames.
        room = (2 if has_times else 1) * frames + self._extra_tokens
        longest = min(room, int(self.model.transf_decoder.max_sequence_length))
        return longest if most is None else min(longest, prompt + most)

    def _generate(
        self,
        states: torch.Tensor,
        mask: torch.Tensor,
        prompts: Sequence[tuple[int, ...]],
        limit: int,
    ) -> list[list[int]]:
        search = self.model.decoding.decoding.greedy_search
        # Its own bound goes by the longest row of the batch.
        search.max_delta_len = max(0, limit - states.shape[1])
        search.max_seq_length = limit
        found, *_ = search(
            decoder_input_ids=torch.tensor(prompts, device=self.device),
            encoder_hidden_states=states,
            encoder_input_mask=mask,
        )
        tokens: list[list[int]] = found.tolist()
        return tokens

    def _ended(self, numbers: list[int]) -> list[int]:
        end = self.model.tokenizer.eos_id
        return numbers[: numbers.index(end)] if end in numbers else numbers


def load_stages(directory: Path, device: torch.device, precision: torch.dtype) -> Stages:
    """Returns the model of an unpacked checkpoint on its device.

    Raises:
        UnusableModel: It is of another prompt, or its decoder has no room for a sentence.
    """
    model = restore(EncDecMultiTaskModel, directory, change_config=_served)
    if model.transf_decoder.max_sequence_length < LEAST_TOKENS:
        raise UnusableModel(
            f"its decoder writes {model.transf_decoder.max_sequence_length} tokens at most"
        )
    # The features stay float32, and so does the decoder: the likeliest of 16,000 tokens is lost in
    # bfloat16's rounding, and one wrong token leads to others.
    precision = settle_encoder(model.encoder, precision)
    model.to(device)
    model.eval()
    return Stages(model, device, precision)


def _served(config: DictConfig) -> None:
    """Changes the configuration to what these stages need; the rest of it loads nothing."""
    if config.get("prompt_format") not in PROMPT_FORMATS:
        known = " and ".join(PROMPT_FORMATS)
        raise UnusableModel(
            f"the checkpoint's prompt_format is {config.get('prompt_format')!r}; served are {known}"
        )
    tokenizer = OmegaConf.select(config, "tokenizer.custom_tokenizer._target_")
    if tokenizer is not None and str(tokenizer).rpartition(".")[2] not in TOKENIZERS:
        raise UnusableModel(f"the checkpoint's tokenizer is {tokenizer}, not Canary's")
    stored = config.get("decoding")
    decoding = OmegaConf.create(
        OmegaConf.to_container(OmegaConf.structured(MultiTaskDecodingConfig))
    )
    decoding.strategy = "greedy_batch"
    decoding.greedy.max_generation_delta = extra_tokens(stored)
    config.decoding = decoding  # a stored one may name files of a language model
    config.restore_timestamps_model = False  # `aligner.py` does, after a look at its configuration
    for name in ("train_ds", "validation_ds", "test_ds", "multitask_metrics_cfg", "spec_augment"):
        config.pop(name, None)


def extra_tokens(decoding: DictConfig | None) -> int:
    """Returns how many more tokens than frames a checkpoint lets the decoder write, within reason.

    Args:
        decoding: The checkpoint's settings of decoding.
    """
    strategy = "beam" if decoding is None else str(decoding.get("strategy") or "beam")
    name = f"{'beam' if strategy == 'beam' else 'greedy'}.max_generation_delta"
    stored = OmegaConf.select(decoding, name) if decoding is not None else None
    if not isinstance(stored, int) or stored < 0:
        return DEFAULT_EXTRA_TOKENS
    return min(stored, MOST_EXTRA_TOKENS)
