"""The table of kinds knows every class of NeMo's, and what is served is what the backends run."""

import inspect
from typing import Any

import nemo.collections.asr.models as asr
import nemo.collections.tts.models as tts
import pytest
from nemo.core import ModelPT

from nemo_voice_serving.model_kinds.kinds import KINDS
from support.models.recognisers import MADE

ABSTRACT = {"ASRModel"}
NO_CHECKPOINTS = {
    "OnlineCFGDistillation",
    "EasyMagpieTTSModelOnlinePO",
    "MagpieTTSModelOfflinePODataGen",
}
"""Classes that only train others."""


def classes_of(package: Any) -> set[str]:
    # Experimental classes are wrapped.
    found = {name: getattr(one, "__wrapped__", one) for name, one in inspect.getmembers(package)}
    classes = {name: one for name, one in found.items() if inspect.isclass(one)}
    return {name for name, one in classes.items() if issubclass(one, ModelPT)}


@pytest.mark.parametrize(("package", "collection"), [(asr, "asr"), (tts, "tts")])
def test_every_model_of_nemo_has_a_kind(package: Any, collection: str) -> None:
    names = classes_of(package) - ABSTRACT - NO_CHECKPOINTS
    assert len(names) > 5
    assert names - set(KINDS) == set()
    assert {KINDS[name].collection for name in names} == {collection}


def test_classes_that_are_said_to_be_gone_are_gone() -> None:
    gone = {name for name, kind in KINDS.items() if "no longer" in kind.why_not}
    assert gone
    assert gone & (classes_of(asr) | classes_of(tts)) == set()


def test_every_recogniser_that_is_served_has_a_look_alike() -> None:
    made = {make()["target"].rpartition(".")[2] for make in MADE.values()}
    served = {
        name
        for name, kind in KINDS.items()
        if kind.is_served and kind.family in {"transducer", "ctc"}
    }
    assert made == served


def test_attention_decoders_that_are_served_are_those_of_the_backend() -> None:
    served = {name for name, kind in KINDS.items() if kind.is_served and kind.family == "aed"}
    assert served == {asr.EncDecMultiTaskModel.__name__}
