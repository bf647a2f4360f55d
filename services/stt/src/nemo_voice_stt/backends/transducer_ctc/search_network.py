"""Takes a NeMo transducer's networks apart, for the search in machine code."""

from typing import Any

import numpy as np
import torch
from nemo.collections.asr.modules import RNNTDecoder, RNNTJoint
from nemo.collections.asr.parts.submodules.transducer_decoding.rnnt_label_looping import (
    GreedyBatchedRNNTLabelLoopingComputer,
)
from nemo.collections.asr.parts.submodules.transducer_decoding.tdt_label_looping import (
    GreedyBatchedTDTLabelLoopingComputer,
)
from nemo.collections.common.parts.rnn import LSTMDropout

from nemo_voice_stt.backends.transducer_ctc.frame_decoder import CONFIDENCE
from nemo_voice_stt.backends.transducer_ctc.greedy_search import (
    Floats,
    SearchNetwork,
    SearchState,
)

_ACTIVATIONS = {torch.nn.ReLU: "relu", torch.nn.Tanh: "tanh", torch.nn.Sigmoid: "sigmoid"}


class UnknownNetwork(Exception):
    """The networks, or the search that NeMo sets up for them, are not of the usual kind."""


def network_of(model: Any) -> SearchNetwork:
    """Returns a transducer's networks, in float32 whatever the model computes in.

    Raises:
        UnknownNetwork: They are not of the usual kind.
    """
    search: Any = getattr(model.decoding.decoding, "decoding_computer", None)
    _refuse_unknown_search(search)
    _refuse_unknown_networks(model)
    lstm, joint = model.decoder.prediction["dec_rnn"].lstm, model.joint
    layers = range(lstm.num_layers)
    activation, *_, output = joint.joint_net
    durations = getattr(search, "durations", None)
    network = SearchNetwork(
        embedding=_numbers(model.decoder.prediction["embed"].weight),
        inputs=[_numbers(getattr(lstm, f"weight_ih_l{layer}").T) for layer in layers],
        biases=[
            _numbers(
                getattr(lstm, f"bias_ih_l{layer}").float() + getattr(lstm, f"bias_hh_l{layer}")
            )
            for layer in layers
        ],
        recurrent=[_numbers(getattr(lstm, f"weight_hh_l{layer}").T) for layer in layers],
        project=_numbers(joint.pred.weight.T),
        project_bias=_numbers(joint.pred.bias),
        output=_numbers(output.weight.T),
        output_bias=_numbers(output.bias),
        activation=_ACTIVATIONS[type(activation)],
        durations=() if durations is None else durations.tolist(),
        most_symbols=int(search.max_symbols),
        alpha=float(CONFIDENCE.alpha),
    )
    if network.output.shape[1] != network.blank + 1 + len(network.durations):
        raise UnknownNetwork("its joint network has outputs of another kind")
    return network


def state_before(model: Any) -> SearchState:
    """Returns the state of one row before its first token."""
    blank = torch.tensor([[model.decoder.blank_idx]])
    with torch.inference_mode():
        out, (hidden, cell) = model.decoder.predict(blank, None, add_sos=False, batch_size=1)
        said = model.joint.project_prednet(out)
    return SearchState(
        hidden=_numbers(hidden.transpose(0, 1)),
        cell=_numbers(cell.transpose(0, 1)),
        said=_numbers(said.squeeze(1)),
        time=np.zeros(1, np.int64),
    )


def projected(model: Any, frames: torch.Tensor) -> Floats:
    """Returns the encoder's part of the joint network, of frames as batch, width and time."""
    return _numbers(model.joint.project_encoder(frames.transpose(1, 2)))


def _refuse_unknown_search(search: Any) -> None:
    known = (GreedyBatchedRNNTLabelLoopingComputer, GreedyBatchedTDTLabelLoopingComputer)
    if type(search) not in known:
        raise UnknownNetwork("NeMo searches it in another way")
    unusual = {
        "it is searched with other models": search.has_fusion_models(),
        "its search keeps more than tokens": search.preserve_logits or search.record_all_steps,
        "its search is not bounded": not search.max_symbols,
        "certainty is measured in another way": not search.preserve_step_confidence
        or getattr(search, "include_duration_confidence", False),
    }
    _refuse(unusual)


def _refuse_unknown_networks(model: Any) -> None:
    decoder, joint = model.decoder, model.joint
    if type(decoder) is not RNNTDecoder or type(joint) is not RNNTJoint:
        raise UnknownNetwork(f"it has a {type(decoder).__name__} and a {type(joint).__name__}")
    layers = decoder.prediction["dec_rnn"]
    if type(layers) is not LSTMDropout:
        raise UnknownNetwork(f"its prediction network is a {type(layers).__name__}")
    lstm, middle = layers.lstm, list(joint.joint_net)[1:-1]
    unusual = {
        "its prediction network is of an unusual shape": lstm.proj_size
        or lstm.bidirectional
        or not lstm.bias
        or lstm.input_size != lstm.hidden_size,
        "its blank is no padding": not decoder.blank_as_pad,
        "it has adapters": decoder.is_adapter_available() or joint.is_adapter_available(),
        "its joint network is of an unusual shape": type(joint.joint_net[0]) not in _ACTIVATIONS
        or type(joint.joint_net[-1]) is not torch.nn.Linear
        or any(type(layer) is not torch.nn.Dropout for layer in middle),
        "its joint network has a temperature": joint.temperature != 1.0,
    }
    _refuse(unusual)


def _refuse(unusual: dict[str, Any]) -> None:
    for reason, is_so in unusual.items():
        if is_so:
            raise UnknownNetwork(reason)


def _numbers(values: torch.Tensor) -> Floats:
    array: Floats = values.detach().float().contiguous().numpy()
    return array
