"""The search in machine code finds what NeMo's own finds, token for token and start for start."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from nemo.collections.asr.modules import RNNTDecoder, RNNTJoint, StatelessTransducerDecoder
from nemo.collections.asr.parts.submodules.transducer_decoding.rnnt_label_looping import (
    GreedyBatchedRNNTLabelLoopingComputer,
)
from nemo.collections.asr.parts.submodules.transducer_decoding.tdt_label_looping import (
    GreedyBatchedTDTLabelLoopingComputer,
)
from nemo.collections.asr.parts.utils.rnnt_utils import batched_hyps_to_hypotheses

from nemo_voice_stt.backends.transducer_ctc.backend import NemoRecogniser
from nemo_voice_stt.backends.transducer_ctc.emissions import emissions
from nemo_voice_stt.backends.transducer_ctc.frame_decoder import CONFIDENCE
from nemo_voice_stt.backends.transducer_ctc.greedy_search import Found, GreedySearch
from nemo_voice_stt.backends.transducer_ctc.search_network import (
    UnknownNetwork,
    network_of,
    projected,
    state_before,
)
from nemo_voice_stt.backends.transducer_ctc.transducer import TransducerDecoder
from support.models.demo_models import Samples
from support.models.hearing import hear

TDT = (0, 1, 2, 3, 4)


def transducer(
    *,
    seed: int = 0,
    encoder: int = 48,
    width: int = 32,
    joint: int = 40,
    tokens: int = 60,
    layers: int = 1,
    durations: tuple[int, ...] = TDT,
    most: int = 10,
    activation: str = "relu",
    blank_bias: float = 1.0,
) -> Any:
    """Returns NeMo's networks with random weights, as much of a model as the search needs."""
    torch.manual_seed(seed)
    prednet = {"pred_hidden": width, "pred_rnn_layers": layers, "dropout": 0.1}
    jointnet = {
        "encoder_hidden": encoder,
        "pred_hidden": width,
        "joint_hidden": joint,
        "activation": activation,
        "dropout": 0.1,
    }
    model = SimpleNamespace(
        decoder=RNNTDecoder(prednet=prednet, vocab_size=tokens).eval(),
        joint=RNNTJoint(
            jointnet=jointnet, num_classes=tokens, num_extra_outputs=len(durations)
        ).eval(),
    )
    with torch.no_grad():
        for name, weights in [*model.decoder.named_parameters(), *model.joint.named_parameters()]:
            if "bias" not in name:
                weights.mul_(3.0)
        model.joint.joint_net[-1].bias[tokens] += blank_bias
    kept = {
        "decoder": model.decoder,
        "joint": model.joint,
        "blank_index": tokens,
        "max_symbols_per_step": most,
        "preserve_step_confidence": True,
        "exclude_blank_from_confidence": True,
        "confidence_method_cfg": CONFIDENCE,
        "allow_cuda_graphs": False,
    }
    search = (
        GreedyBatchedTDTLabelLoopingComputer(durations=list(durations), **kept)
        if durations
        else GreedyBatchedRNNTLabelLoopingComputer(**kept)
    )
    decoding = SimpleNamespace(decoding_computer=search)
    model.decoding = SimpleNamespace(decoding=decoding, durations=list(durations))
    return model


def nemo_finds(model: Any, frames: torch.Tensor, lengths: list[int]) -> list[Found]:
    """Returns what NeMo's search finds; durations and probabilities as computed afterwards."""
    computer = model.decoding.decoding.decoding_computer
    with torch.inference_mode():
        found, _ = computer(x=frames.transpose(1, 2), out_len=torch.tensor(lengths))
        hypotheses = batched_hyps_to_hypotheses(found, batch_size=len(lengths))
        numbers = [one.y_sequence.tolist() for one in hypotheses]
        starts = [one.timestamp.tolist() for one in hypotheses]
        emitted = emissions(model, frames, numbers, starts)
    return [
        Found(
            numbers[row],
            starts[row],
            [one.frames for one in emitted[row]],
            [one.logprob for one in emitted[row]],
            [float(one) for one in hypothesis.non_blank_step_confidence_precomputed or []],
        )
        for row, hypothesis in enumerate(hypotheses)
    ]


def we_find(model: Any, frames: torch.Tensor, lengths: list[int]) -> list[Found]:
    with torch.inference_mode():
        search = GreedySearch(network_of(model), state_before(model))
        return search.search(projected(model, frames), lengths)


def assert_equal(ours: list[Found], theirs: list[Found]) -> None:
    for one, other in zip(ours, theirs, strict=True):
        assert (one.numbers, one.starts, one.lasting) == (
            other.numbers,
            other.starts,
            other.lasting,
        )
        assert one.logprobs == pytest.approx(other.logprobs, abs=2e-5)
        assert one.confidences == pytest.approx(other.confidences, abs=1e-5)


@pytest.mark.parametrize("durations", [(), TDT, (0, 3)])
@pytest.mark.parametrize(
    "shape",
    [
        pytest.param({}, id="one-layer"),
        pytest.param({"layers": 2, "width": 33, "joint": 17, "tokens": 101}, id="two-layers-odd"),
        pytest.param({"activation": "tanh", "most": 1}, id="tanh"),
        pytest.param({"activation": "sigmoid", "blank_bias": 0.2, "most": 2}, id="sigmoid"),
        pytest.param({"blank_bias": -50.0, "most": 3}, id="never-blank"),
        pytest.param({"blank_bias": 50.0}, id="always-blank"),
    ],
)
def test_it_finds_what_nemo_finds(durations: tuple[int, ...], shape: dict[str, Any]) -> None:
    model = transducer(durations=durations, **shape)
    frames = 2.0 * torch.randn(6, 48, 60)
    lengths = [60, 0, 1, 37, 60, 44]
    ours, theirs = we_find(model, frames, lengths), nemo_finds(model, frames, lengths)
    assert_equal(ours, theirs)
    is_silent = shape.get("blank_bias") == 50.0
    assert bool(ours[0].numbers) is not is_silent


@pytest.mark.parametrize("durations", [(), TDT])
def test_a_published_size_and_a_long_row_find_what_nemo_finds(durations: tuple[int, ...]) -> None:
    model = transducer(
        encoder=128, width=640, joint=640, tokens=1024, layers=2, durations=durations, blank_bias=2
    )
    frames = torch.randn(2, 128, 750)
    assert_equal(we_find(model, frames, [750, 40]), nemo_finds(model, frames, [750, 40]))


def test_speech_is_decoded_as_nemo_decodes_it(
    recogniser: NemoRecogniser, speech: list[Samples]
) -> None:
    decoder = recogniser.stages.decoder
    assert isinstance(decoder, TransducerDecoder)
    assert decoder.native is not None
    ours = hear(recogniser, speech)
    decoder.__dict__["native"], native = None, decoder.native
    try:
        theirs = hear(recogniser, speech)
    finally:
        decoder.__dict__["native"] = native
    assert [one.text for one in ours] == [one.text for one in theirs]
    for one, other in zip(ours, theirs, strict=True):
        for word, same in zip(one.words, other.words, strict=True):
            assert (word.text, word.start_s, word.end_s) == (same.text, same.start_s, same.end_s)
            assert word.confidence == pytest.approx(same.confidence, abs=1.1e-3)
            ours_logprobs = [token.logprob for token in word.tokens]
            assert ours_logprobs == pytest.approx([t.logprob for t in same.tokens], abs=2e-4)


def test_rounded_networks_are_searched_in_float32() -> None:
    model = transducer(blank_bias=0.5)
    exact = we_find(model, torch.ones(1, 48, 20), [20])
    for module in (model.decoder, model.joint):
        module.to(torch.bfloat16)
    network = network_of(model)
    assert network.embedding.dtype == np.float32
    rounded = we_find(model, torch.ones(1, 48, 20, dtype=torch.bfloat16), [20])
    assert rounded[0].logprobs[:1] == pytest.approx(exact[0].logprobs[:1], abs=0.1)


def unusual_decoder(model: Any) -> None:
    model.decoder = StatelessTransducerDecoder({"pred_hidden": 32}, vocab_size=60)


def unusual_layers(model: Any) -> None:
    prednet = {"pred_hidden": 32, "pred_rnn_layers": 1}
    model.decoder = RNNTDecoder(prednet, vocab_size=60, normalization_mode="layer")


def projected_layers(model: Any) -> None:
    prednet = {"pred_hidden": 32, "pred_rnn_layers": 1, "rnn_hidden_size": 64}
    model.decoder = RNNTDecoder(prednet, vocab_size=60)


def unusual_activation(model: Any) -> None:
    model.joint.joint_net[0] = torch.nn.GELU()


def unusual_temperature(model: Any) -> None:
    model.joint.temperature = 2.0


def another_search(model: Any) -> None:
    model.decoding.decoding.decoding_computer = None


def other_outputs(model: Any) -> None:
    model.decoding.decoding.decoding_computer.durations = torch.tensor([0, 1])


@pytest.mark.parametrize(
    "change",
    [
        unusual_decoder,
        unusual_layers,
        projected_layers,
        unusual_activation,
        unusual_temperature,
        another_search,
        other_outputs,
    ],
)
def test_unusual_networks_are_left_to_nemo(change: Any) -> None:
    model = transducer()
    change(model)
    with pytest.raises(UnknownNetwork):
        network_of(model)
