"""Tells a prompted model which language is spoken: each row of a batch its own.

NeMo sets a number beside every frame of the encoder and mixes it in. `decoding_pipeline.py` calls
it between encoder and decoder.
"""

import logging
import re
from collections.abc import Sequence
from typing import Any

import torch

from nemo_voice_serving.nemo.loading import UnusableModel
from nemo_voice_stt.backends.told_languages import refuse_unknown
from nemo_voice_stt.transcription.languages import nearest

logger = logging.getLogger(__name__)

UNTOLD = "auto"
"""The prompt with which the model finds the language out."""
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_NO_LANGUAGES = frozenset({UNTOLD, "unk"})


class LanguagePrompts:
    """The prompts of one checkpoint by the codes of their languages."""

    def __init__(self, model: Any, assumed: Sequence[str] = ()) -> None:
        """Takes the model, and the languages of the settings, the usual one first.

        Raises:
            UnusableModel: The model must be told a language, and the settings name none, or one
                that it lacks.
        """
        self.kernel: torch.nn.Module = model.prompt_kernel
        self._count = int(model.num_prompts)
        stored = {
            str(name): int(at) for name, at in model.cfg.model_defaults.prompt_dictionary.items()
        }
        wrong = [name for name, number in stored.items() if not 0 <= number < self._count]
        if wrong:
            raise UnusableModel(
                f"its prompt_dictionary numbers {wrong[0]} beyond the {self._count} prompts it has"
            )
        self._numbers = numbers_by_code(stored)
        refuse_unknown(assumed, self.languages)
        finds_out = UNTOLD in stored and len(assumed) != 1
        self.assumed = None if finds_out else self._first_of(assumed)
        """What is taken for spoken where nobody says it; None where the model finds out."""
        self._untold = stored[UNTOLD] if self.assumed is None else self._numbers[self.assumed]

    @property
    def languages(self) -> tuple[str, ...]:
        """The codes it can be told: those of the checkpoint, and each without its region."""
        return tuple(self._numbers)

    def apply(self, frames: torch.Tensor, languages: Sequence[str | None]) -> torch.Tensor:
        """Returns the frames, as batch, width and time, with each row's language mixed in."""
        numbers = [self._number_of(language) for language in languages]
        chosen = torch.tensor(numbers, device=frames.device)
        # One row computes as it would alone: the prompt is the same at every frame.
        prompts = torch.nn.functional.one_hot(chosen, self._count).to(frames.dtype)
        prompts = prompts.unsqueeze(1).expand(-1, frames.shape[2], -1)
        mixed: torch.Tensor = self.kernel(torch.cat([frames.transpose(1, 2), prompts], dim=-1))
        return mixed.to(frames.dtype).transpose(1, 2)

    def _number_of(self, language: str | None) -> int:
        if language is None:
            return self._untold
        if language not in self._numbers:
            # The use case refuses these; one that does not must not fail the batch of others.
            logger.error("language is not told", extra={"language": language})
        return self._numbers.get(language, self._untold)

    def _first_of(self, assumed: Sequence[str]) -> str:
        known = nearest(assumed[0], self.languages) if assumed else None
        if known is None:
            examples = ", ".join(list(self._numbers)[:5])
            raise UnusableModel(
                f"it has no prompt {UNTOLD!r}: it cannot find out which language is spoken. Set"
                f" NEMO_VOICE_LANGUAGES to those that your callers speak, the usual one first; it"
                f" knows {examples}"
            )
        return known


def numbers_by_code(prompts: dict[str, int]) -> dict[str, int]:
    """Returns the prompt of each language tag, and of each tag's language without its region.

    Where several regions have a language, the first prompt is meant.
    """
    tags = {
        name: number
        for name, number in sorted(prompts.items(), key=lambda prompt: prompt[1])
        if _TAG.fullmatch(name) and name not in _NO_LANGUAGES
    }
    bare: dict[str, int] = {}
    for tag, number in tags.items():
        bare.setdefault(tag.partition("-")[0], number)
    return bare | tags
