"""The search in machine code finds what the plainest one finds, whatever the batch."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nemo_voice_stt.backends.transducer_ctc.greedy_search import (
    Floats,
    Found,
    GreedySearch,
    SearchNetwork,
    SearchState,
)

Numbers = npt.NDArray[np.float64]
DERANDOMIZED = settings(deadline=None, database=None, derandomize=True, max_examples=60)


def network(
    seed: int,
    *,
    width: int = 16,
    joint: int = 24,
    tokens: int = 30,
    layers: int = 1,
    durations: tuple[int, ...] = (),
    most: int = 3,
    activation: str = "relu",
    blank_bias: float = 1.0,
) -> SearchNetwork:
    """Returns networks with random weights."""
    random = np.random.default_rng(seed)

    def numbers(*shape: int, spread: float = 1.0) -> Floats:
        return (random.standard_normal(shape) * spread).astype(np.float32)

    outputs = tokens + 1 + len(durations)
    output_bias = numbers(outputs, spread=0.5)
    output_bias[tokens] += blank_bias
    return SearchNetwork(
        embedding=numbers(tokens + 1, width),
        inputs=[numbers(width, 4 * width, spread=0.4) for _ in range(layers)],
        biases=[numbers(4 * width, spread=0.4) for _ in range(layers)],
        recurrent=[numbers(width, 4 * width, spread=0.4) for _ in range(layers)],
        project=numbers(width, joint, spread=0.6),
        project_bias=numbers(joint, spread=0.3),
        output=numbers(joint, outputs, spread=0.6),
        output_bias=output_bias,
        activation=activation,
        durations=durations,
        most_symbols=most,
        alpha=0.33,
    )


def state_at_first(net: SearchNetwork, *, seed: int = 1) -> SearchState:
    random = np.random.default_rng(seed)
    layers, width = len(net.inputs), net.embedding.shape[1]
    return SearchState(
        hidden=random.standard_normal((1, layers, width)).astype(np.float32),
        cell=random.standard_normal((1, layers, width)).astype(np.float32),
        said=random.standard_normal((1, net.project.shape[1])).astype(np.float32),
        time=np.zeros(1, np.int64),
    )


def frames_of(net: SearchNetwork, rows: int, longest: int, *, seed: int = 2) -> Floats:
    shape = (rows, longest, net.project.shape[1])
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def plainly(net: SearchNetwork, frames: Numbers, state: SearchState) -> list[tuple[float, ...]]:
    """Returns number, start, duration, probability and certainty of each token of one row."""
    hidden, cell = state.hidden[0].astype(float), state.cell[0].astype(float)
    said, time, found = state.said[0].astype(float), 0, list[tuple[float, ...]]()
    while time < len(frames):
        logits = activated(net, frames[time] + said) @ net.output + net.output_bias
        own, of_durations = logits[: net.blank + 1], logits[net.blank + 1 :]
        token = int(own.argmax())
        lasts = (
            net.durations[int(of_durations.argmax())] if net.durations else int(token == net.blank)
        )
        if token == net.blank:
            time += max(1, lasts)
            continue
        chances = np.exp(own - own.max()) / np.exp(own - own.max()).sum()
        greatest = (net.blank + 1) ** (1 - net.alpha) - 1
        certain = 1 + (1 - (chances**net.alpha).sum()) / greatest
        found.append((token, time, lasts if net.durations else 1, np.log(chances[token]), certain))
        hidden, cell = heard(net, token, hidden, cell)
        said = hidden[-1] @ net.project + net.project_bias
        time += lasts
        if len([1 for one in found if one[1] == time]) >= net.most_symbols:
            time += 1
    return found


def activated(net: SearchNetwork, x: Numbers) -> Numbers:
    kinds = {"relu": np.maximum(x, 0), "tanh": np.tanh(x), "sigmoid": 1 / (1 + np.exp(-x))}
    return kinds[net.activation]


def heard(
    net: SearchNetwork, token: int, hidden: Numbers, cell: Numbers
) -> tuple[Numbers, Numbers]:
    hidden, cell, x = hidden.copy(), cell.copy(), net.embedding[token].astype(float)
    for layer in range(len(hidden)):
        gates = x @ net.inputs[layer] + hidden[layer] @ net.recurrent[layer] + net.biases[layer]
        enter, keep, new, leave = np.split(gates, 4)
        enter, keep, leave = (1 / (1 + np.exp(-gate)) for gate in (enter, keep, leave))
        cell[layer] = keep * cell[layer] + enter * np.tanh(new)
        x = hidden[layer] = leave * np.tanh(cell[layer])
    return hidden, cell


def rows_of(found: Found) -> list[tuple[float, ...]]:
    parts = (found.numbers, found.starts, found.lasting, found.logprobs, found.confidences)
    return list(zip(*parts, strict=True))


@DERANDOMIZED
@given(
    seed=st.integers(0, 10_000),
    shape=st.tuples(st.integers(1, 40), st.integers(1, 40), st.integers(1, 60)),
    layers=st.integers(1, 3),
    durations=st.sampled_from([(), (0, 1, 2, 3, 4), (1, 2), (0, 2, 7)]),
    most=st.integers(1, 4),
    activation=st.sampled_from(["relu", "tanh", "sigmoid"]),
    longest=st.integers(0, 40),
    blank_bias=st.sampled_from([-100.0, 0.0, 2.0, 100.0]),
)
def test_it_finds_what_the_plainest_search_finds(
    seed: int,
    shape: tuple[int, int, int],
    layers: int,
    durations: tuple[int, ...],
    most: int,
    activation: str,
    longest: int,
    blank_bias: float,
) -> None:
    width, joint, tokens = shape
    net = network(
        seed,
        width=width,
        joint=joint,
        tokens=tokens,
        layers=layers,
        durations=durations,
        most=most,
        activation=activation,
        blank_bias=blank_bias,
    )
    begin, frames = state_at_first(net, seed=seed), frames_of(net, 1, longest, seed=seed)
    (found,) = GreedySearch(net, begin).search(frames, [longest])
    expected = plainly(net, frames[0].astype(float), begin)
    assert [one[:3] for one in rows_of(found)] == [one[:3] for one in expected]
    for one, other in zip(rows_of(found), expected, strict=True):
        assert one[3:] == pytest.approx(other[3:], abs=2e-5)


@pytest.mark.parametrize("durations", [(), (0, 1, 2, 3, 4)])
def test_a_row_says_exactly_the_same_in_every_batch(durations: tuple[int, ...]) -> None:
    net = network(5, durations=durations)
    search, frames = GreedySearch(net, state_at_first(net)), frames_of(net, 9, 60)
    lengths = [60, 0, 59, 1, 13, 60, 33, 2, 47]
    together = search.search(frames, lengths)
    alone = [search.search(frames[row : row + 1], [lengths[row]])[0] for row in range(9)]
    cut = [
        search.search(frames[row : row + 1, : lengths[row]], [lengths[row]])[0] for row in range(9)
    ]
    assert together == alone == cut
    assert [bool(row.numbers) for row in together][:3] == [True, False, True]


@pytest.mark.parametrize("durations", [(), (0, 1, 2, 3, 9)])
@pytest.mark.parametrize("seams", [[1, 2, 30], [17], [20, 21, 22, 23]])
def test_frames_in_parts_say_the_same_as_the_whole(
    durations: tuple[int, ...], seams: list[int]
) -> None:
    # A limit is counted anew in each part, as NeMo counts it: here none is reached.
    net = network(8, durations=durations, most=50, blank_bias=3.0)
    search, frames = GreedySearch(net, state_at_first(net)), frames_of(net, 3, 60)
    whole = search.search(frames, [60] * 3)
    state, parts = search.begin(3), [list[tuple[float, ...]]() for _ in range(3)]
    for start, stop in zip([0, *seams], [*seams, 60], strict=True):
        found = search.search(frames[:, start:stop], [stop - start] * 3, state)
        for own, row in zip(parts, found, strict=True):
            moved = replace(row, starts=[start + at for at in row.starts])
            own.extend(rows_of(moved))
    assert parts == [rows_of(row) for row in whole]
    assert all(parts)


def test_a_state_is_taken_apart_and_joined() -> None:
    net = network(8, durations=(0, 1, 2))
    search, frames = GreedySearch(net, state_at_first(net)), frames_of(net, 3, 20)
    state = search.begin(3)
    search.search(frames, [20, 3, 0], state)
    turned = SearchState.joined([state.of(row) for row in (2, 1, 0)])
    later = frames_of(net, 3, 20, seed=9)
    again = search.search(later[::-1], [20] * 3, turned)
    assert again[::-1] == search.search(later, [20] * 3, state)


def test_tokens_without_end_are_limited_at_each_frame() -> None:
    net = network(3, durations=(0,), most=4, blank_bias=-1000.0)
    search = GreedySearch(net, state_at_first(net))
    (found,) = search.search(frames_of(net, 1, 5), [5])
    assert found.starts == [frame for frame in range(5) for _ in range(4)]


def test_numbers_that_are_none_end_the_search_too() -> None:
    net = network(3, durations=(0, 1))
    search = GreedySearch(net, state_at_first(net))
    frames = frames_of(net, 2, 6)
    frames[0, 2:] = np.nan
    broken, whole = search.search(frames, [6, 6])
    assert len(broken.numbers) <= 6 * net.most_symbols
    assert whole == search.search(frames[1:], [6])[0]


def test_nothing_beyond_the_frames_is_read() -> None:
    net = network(3)
    search = GreedySearch(net, state_at_first(net))
    with pytest.raises(ValueError, match="7 frames where there are 6"):
        search.search(frames_of(net, 2, 6), [6, 7])
    with pytest.raises(ValueError, match="1 lengths and 2 states of 2 rows"):
        search.search(frames_of(net, 2, 6), [6])
    with pytest.raises(ValueError, match="2 lengths and 3 states of 2 rows"):
        search.search(frames_of(net, 2, 6), [6, 6], search.begin(3))


def test_networks_too_large_for_ready_gates_find_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    net = network(4, durations=(0, 1, 2), layers=2)
    ready = GreedySearch(net, state_at_first(net))
    name = "nemo_voice_stt.backends.transducer_ctc.greedy_search._MOST_READY"
    monkeypatch.setattr(name, 0)
    computed = GreedySearch(net, state_at_first(net))
    frames = frames_of(net, 2, 40)
    one, other = ready.search(frames, [40, 40]), computed.search(frames, [40, 40])
    assert [row.numbers for row in one] == [row.numbers for row in other]
    assert [row.starts for row in one] == [row.starts for row in other]
