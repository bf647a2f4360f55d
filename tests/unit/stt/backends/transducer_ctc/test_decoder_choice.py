"""The decoder is the checkpoint's own, of two the one the settings name; a lack is explained."""

import pytest

from nemo_voice_serving.model_kinds.judgement import described
from nemo_voice_serving.model_store.errors import ModelUnsupported
from nemo_voice_stt.backends.transducer_ctc.attention_context import widest
from nemo_voice_stt.backends.transducer_ctc.decoder_choice import (
    DecoderChoice,
    decoder_of,
    refuse_lacking,
)
from support.models.look_alikes import config_of

TDT, CTC, HYBRID, CANARY = (
    "nvidia/parakeet-tdt-1.1b",
    "nvidia/parakeet-ctc-1.1b",
    "nvidia/parakeet-tdt_ctc-110m",
    "nvidia/canary-1b-flash",
)


@pytest.mark.parametrize(
    ("name", "wanted", "chosen"),
    [
        (TDT, "auto", "transducer"),
        (TDT, "transducer", "transducer"),
        (CTC, "auto", "ctc"),
        (CTC, "ctc", "ctc"),
        (HYBRID, "auto", "transducer"),
        (HYBRID, "transducer", "transducer"),
        (HYBRID, "ctc", "ctc"),
    ],
)
def test_the_decoder_is_what_there_is_and_is_wanted(name: str, wanted: str, chosen: str) -> None:
    assert decoder_of(described(config_of(name)), DecoderChoice(wanted), name) == chosen


@pytest.mark.parametrize(
    ("name", "wanted", "words"),
    [
        (
            TDT,
            "ctc",
            r"parakeet-tdt-1\.1b cannot be served\. It has no CTC decoder, .* it has TDT alone",
        ),
        (CTC, "transducer", "has no transducer decoder, .* it has CTC alone"),
        (CANARY, "ctc", "has no CTC decoder, .* it has AED alone"),
        (CANARY, "transducer", "has no transducer decoder, .* it has AED alone"),
    ],
)
def test_a_decoder_that_is_lacking_is_explained(name: str, wanted: str, words: str) -> None:
    with pytest.raises(ModelUnsupported, match=words):
        refuse_lacking(described(config_of(name)), DecoderChoice(wanted), name)


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
