"""CTC's decoder on probabilities that a test writes: folding, times, certainty, hotwords."""

from collections.abc import Sequence

import pytest
import torch

from nemo_voice_stt.backends.transducer_ctc.ctc import CtcDecoder
from nemo_voice_stt.backends.transducer_ctc.vocabulary import Vocabulary

LABELS = [" ", *"abcdefghijklmnopqrstuvwxyz"]
BLANK = len(LABELS)


class Written:
    """A layer that gives the logarithms it is given as frames."""

    num_classes_with_blank = BLANK + 1

    def __call__(self, *, encoder_output: torch.Tensor) -> torch.Tensor:
        return encoder_output.transpose(1, 2)


@pytest.fixture(scope="module")
def decoder() -> CtcDecoder:
    """The decoder of a checkpoint that writes letters."""
    return CtcDecoder(Written(), Vocabulary(labels=LABELS))


def frames(*rows: Sequence[dict[str, float]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns frames in which each label has the probability that a row gives it; `_` is blank."""
    longest = max(map(len, rows))
    chances = torch.full((len(rows), longest, BLANK + 1), 1e-6)
    for row, spelled in enumerate(rows):
        for place, labels in enumerate(spelled):
            for label, chance in labels.items():
                number = BLANK if label == "_" else LABELS.index(label)
                chances[row, place, number] = chance
    return chances.log().transpose(1, 2), torch.tensor([len(row) for row in rows])


def sure(text: str) -> list[dict[str, float]]:
    return [{label: 0.99} for label in text]


def test_repetitions_are_one_token_and_a_blank_parts_two(decoder: CtcDecoder) -> None:
    (tokens,) = decoder.decode(*frames(sure("_aab__bb_b")), [()])
    assert [(token.piece, token.start_frame, token.end_frame) for token in tokens] == [
        ("a", 1, 3),
        ("b", 3, 4),
        ("b", 6, 8),
        ("b", 9, 10),
    ]


def test_a_token_is_as_likely_as_where_it_is_likeliest(decoder: CtcDecoder) -> None:
    row = [{"a": 0.5, "_": 0.1}, {"a": 0.9}, {"a": 0.6, "b": 0.3}]
    (tokens,) = decoder.decode(*frames(row), [()])
    (token,) = tokens
    assert token.logprob == pytest.approx(torch.tensor(0.9).log().item())
    (surer,) = decoder.decode(*frames(sure("a")), [()])[0]
    (less,) = decoder.decode(*frames([{"a": 0.5, "b": 0.45}]), [()])[0]
    assert token.confidence is not None
    assert surer.confidence is not None
    assert less.confidence is not None
    assert 1 >= surer.confidence > less.confidence >= 0


def test_nothing_but_blanks_is_nothing(decoder: CtcDecoder) -> None:
    assert decoder.decode(*frames(sure("____")), [()]) == [()]
    assert decoder.decode(*frames(sure("____")), [("cat",)]) == [()]


def spelled(decoder: CtcDecoder, hotwords: Sequence[tuple[str, ...]]) -> list[str]:
    doubtful = [*sure("_c"), {"o": 0.5, "a": 0.4}, *sure("t_")]
    rows = [doubtful] * (len(hotwords) - 1) + [[*doubtful, *sure("___s")]]
    return [
        "".join(token.piece for token in tokens)
        for tokens in decoder.decode(*frames(*rows), hotwords)
    ]


def test_a_hotword_is_preferred_in_its_own_row_alone(decoder: CtcDecoder) -> None:
    assert spelled(decoder, [(), ()]) == ["cot", "cots"]
    assert spelled(decoder, [("cat",), ()]) == ["cat", "cots"]
    assert spelled(decoder, [(), ("cat",), ("cut",), ("cat",)]) == ["cot", "cat", "cot", "cats"]
    assert spelled(decoder, [(), ()]) == ["cot", "cots"]


def test_a_hotword_in_capitals_is_found_by_a_model_without(decoder: CtcDecoder) -> None:
    assert spelled(decoder, [("CAT",), ("Ünsay", "猫")]) == ["cat", "cots"]


def test_a_hotword_that_is_not_said_changes_nothing(decoder: CtcDecoder) -> None:
    assert spelled(decoder, [("dog",), ("zebra", "cow")]) == ["cot", "cots"]
