"""The decoder is the checkpoint's own, of two the one the settings name; a lack is explained."""

import pytest

from nemo_voice_serving.model_kinds.errors import UnsupportedModel
from nemo_voice_serving.model_kinds.judgement import described
from nemo_voice_serving.model_store.errors import ModelUnsupported
from nemo_voice_stt.decoder_choice import (
    DecoderChoice,
    decoder_of,
    refuse_lacking,
)
from nemo_voice_stt.model_files import model_of
from nemo_voice_stt.settings import SttSettings
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
        (TDT, "ctc", r"parakeet-tdt-1\.1b has no CTC decoder, .* it has TDT alone"),
        (CTC, "transducer", "has no transducer decoder, .* it has CTC alone"),
        (CANARY, "ctc", "has no CTC decoder, .* it has AED alone"),
        (CANARY, "transducer", "has no transducer decoder, .* it has AED alone"),
    ],
)
def test_a_decoder_that_is_lacking_is_explained(name: str, wanted: str, words: str) -> None:
    with pytest.raises(ModelUnsupported, match=words):
        refuse_lacking(described(config_of(name)), DecoderChoice(wanted), name)


def test_a_decoder_that_is_lacking_is_found_before_the_download() -> None:
    check = model_of(SttSettings(model=TDT, decoder="ctc")).check
    assert check is not None
    check(described(config_of(HYBRID)))
    with pytest.raises(UnsupportedModel, match=r"It has no CTC decoder, .* it has TDT alone"):
        check(described(config_of(TDT)))
