"""The prompts that tell a Canary model what to write: which languages, with times or without."""

from typing import Any

_USER = "user"
_SPECIAL_TOKENS = "spl_tokens"
"""The tokenizer of an aggregate one that has the prompt's tokens, and no language."""
_SLOTS_OF_THE_SECOND = {
    "decodercontext": "",
    "emotion": "<|emo:undefined|>",
    "itn": "<|noitn|>",
    "diarize": "<|nodiarize|>",
}
"""What NeMo writes where nobody says otherwise."""


class Prompts:
    """Writes prompts with the tokens of one model; only the device thread may call it."""

    def __init__(self, model: Any) -> None:
        self._prompt = model.prompt
        self._is_first_format = model.prompt_format == "canary"
        self._known: dict[tuple[str, str, bool], tuple[int, ...]] = {}

    def tokens(self, source: str, target: str, *, has_times: bool) -> tuple[int, ...]:
        """Returns the numbers of the tokens that stand before the transcript.

        Args:
            source: The language that is spoken, as the model names it.
            target: The one to write in; another one means to translate.
            has_times: Whether times are to be written around the words.
        """
        key = (source, target, has_times)
        if key not in self._known:
            slots = {"source_lang": source, "target_lang": target, "pnc": "yes"}
            if self._is_first_format:
                slots["task"] = "transcribe" if source == target else "translate"
            else:
                slots |= _SLOTS_OF_THE_SECOND | {"timestamp": "yes" if has_times else "no"}
            encoded = self._prompt.encode_dialog([{"role": _USER, "slots": slots}])
            self._known[key] = tuple(encoded["context_ids"].tolist())
        return self._known[key]


def languages_of(tokenizer: Any, named: tuple[str, ...]) -> tuple[str, ...]:
    """Returns the codes of what a model can be told is spoken.

    An aggregate tokenizer has a part for each; a unified one has tokens for many more languages
    than the model was trained with, of which those count that its configuration or name says.

    Args:
        tokenizer: The model's.
        named: The languages that the configuration or the published name says.
    """
    parts = getattr(tokenizer, "langs", None)
    codes = tuple(one for one in parts if one != _SPECIAL_TOKENS) if parts else named
    return tuple(code for code in codes if _has_token(tokenizer, f"<|{code}|>"))


def writes_times(model: Any) -> bool:
    """Returns whether a model was trained to write times: the Flash models were.

    The unified tokenizer of canary-1b-v2 has the tokens, too, and no training with them.
    """
    tokenizer = model.tokenizer
    is_aggregate = getattr(tokenizer, "langs", None) is not None
    return (
        model.prompt_format != "canary"
        and is_aggregate
        and all(_has_token(tokenizer, token) for token in ("<|timestamp|>", "<|0|>"))
    )


def _has_token(tokenizer: Any, token: str) -> bool:
    special = getattr(tokenizer, "special_tokens", None)
    if special is not None:
        return token in special
    number = tokenizer.token_to_id(token)
    return number is not None and tokenizer.ids_to_tokens([number]) == [token]
