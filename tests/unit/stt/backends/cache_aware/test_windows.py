"""Windows over a stream of samples: whole chunks, each sample where its frames need it."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nemo_voice_stt.backends.cache_aware.windows import Geometry, Window, Windows

EXAMPLES = settings(deadline=None, database=None, derandomize=True, max_examples=60)


def geometry(chunk: int) -> Geometry:
    """Returns that of 16 kHz features each 10 ms, of 25 ms, and of an encoder that takes eight."""
    return Geometry(hop=160, before=201, after=200, subsampling=8, chunk=chunk)


def cut(windows: Windows, total: int, lengths: list[int], padding: int) -> list[Window]:
    """Returns the windows of numbered samples that are added in pieces of these lengths."""
    samples = np.arange(total, dtype=np.float32)
    found: list[Window] = []
    place, turn = 0, 0
    while place < total:
        length = lengths[turn % len(lengths)]
        windows.add(samples[place : place + length])
        place, turn = place + length, turn + 1
        while (window := windows.next()) is not None:
            found.append(window)
    windows.end(total + padding)
    while (window := windows.next()) is not None:
        found.append(window)
    return found


@EXAMPLES
@given(
    chunk=st.sampled_from([1, 2, 7, 14]),
    total=st.integers(0, 80_000),
    lengths=st.lists(st.integers(1, 30_000), min_size=1, max_size=5),
    padding=st.sampled_from([0, 1, 159, 4_800, 16_000]),
)
def test_each_frame_is_in_one_window_with_the_samples_it_needs(
    chunk: int, total: int, lengths: list[int], padding: int
) -> None:
    shape = geometry(chunk)
    found = cut(Windows(shape), total, lengths, padding)
    length = max(total + padding, shape.hop)
    whole = np.zeros(length, np.float32)
    whole[:total] = np.arange(total)
    frames = [
        frame for one in found for frame in range(one.first_frame, one.first_frame + one.frames)
    ]
    assert frames == list(range(length // shape.hop))
    assert [one.is_last for one in found] == [False] * (len(found) - 1) + [True]
    for one in found:
        begins = (one.first_frame - one.context_frames) * shape.hop
        assert np.array_equal(one.samples, whole[begins : begins + len(one.samples)])
        first, last = one.first_frame * shape.hop, (one.first_frame + one.frames - 1) * shape.hop
        assert begins == 0 or begins <= first - shape.before
        assert begins + len(one.samples) >= min(length, last + shape.after)


@EXAMPLES
@given(
    chunk=st.sampled_from([1, 2, 7, 14]),
    lengths=st.lists(st.integers(1, 60_000), min_size=1, max_size=5),
)
def test_windows_of_a_stream_that_goes_on_are_whole_chunks_of_a_size_that_makes_batches(
    chunk: int, lengths: list[int]
) -> None:
    shape = geometry(chunk)
    found = cut(Windows(shape), 100_000, lengths, 4_800)
    assert {one.chunks for one in found} <= set(shape.sizes)
    for one in found[:-1]:
        first = shape.subsampling - 1 if one.first_frame == 0 else 0
        assert one.frames == one.chunks * shape.chunk_frames - first
    assert found[-1].frames <= found[-1].chunks * shape.chunk_frames


def test_the_first_window_is_there_as_soon_as_its_last_frame_is() -> None:
    windows = Windows(geometry(2))
    needed = 8 * 160 + 200  # nine frames: the encoder's second sees up to the ninth
    windows.add(np.zeros(needed - 1, np.float32))
    assert windows.next() is None
    windows.add(np.zeros(1, np.float32))
    window = windows.next()
    assert window is not None
    assert (window.frames, len(window.samples)) == (9, needed)
    assert windows.next() is None


def test_a_stream_that_is_behind_is_cut_into_larger_windows() -> None:
    assert geometry(1).sizes == (1, 2, 4, 8, 16, 32)
    assert geometry(14).sizes == (1, 2)
    windows = Windows(geometry(1))
    windows.add(np.zeros(16_000 * 4, np.float32))
    found = []
    while (window := windows.next()) is not None:
        found.append(window.chunks)
    assert found == [32, 16, 2]


def test_samples_that_no_window_needs_any_more_are_forgotten() -> None:
    windows = Windows(geometry(1))
    for _ in range(600):
        windows.add(np.zeros(1_600, np.float32))
        while windows.next() is not None:
            pass
        assert sum(map(len, windows._held)) < 2_400
    assert windows.taken > 16_000 * 59


def test_nothing_is_added_after_the_end() -> None:
    windows = Windows(geometry(1))
    windows.add(np.ones(320, np.float32))
    windows.end(320)
    windows.end(9_999)
    windows.add(np.ones(320, np.float32))
    window = windows.next()
    assert window is not None
    assert (window.is_last, window.frames) == (True, 2)
    assert windows.next() is None
