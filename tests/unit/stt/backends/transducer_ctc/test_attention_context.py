"""Which of the widths that a live encoder was trained with is used."""

import pytest

from nemo_voice_stt.backends.transducer_ctc.attention_context import widest


@pytest.mark.parametrize(
    ("sizes", "chosen"),
    [
        ([[70, 13], [70, 6], [70, 0]], [70, 13]),
        ([[70, 0], [140, 27], [70, 27]], [140, 27]),
        ([[56, 0], [56, -1]], [56, -1]),
    ],
)
def test_the_widest_context_is_the_one_that_sees_most_of_what_follows(
    sizes: list[list[int]], chosen: list[int]
) -> None:
    assert widest(sizes) == chosen
