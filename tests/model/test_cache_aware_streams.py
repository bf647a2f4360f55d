"""Streams of live audio are heard as NeMo's models hear the whole, whatever shares their steps."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from nemo_voice_serving.batching.halving import run_in_halves
from nemo_voice_serving.errors import BackendFailed, OutOfMemory
from nemo_voice_serving.nemo.loading import UnusableModel
from nemo_voice_stt.backends.cache_aware.encoder import Encoded, EncoderState
from nemo_voice_stt.backends.cache_aware.recogniser import (
    CacheAwarePart,
    CacheAwareRecogniser,
    CacheAwareStream,
)
from nemo_voice_stt.backends.cache_aware.warm_up import hear_noise
from nemo_voice_stt.backends.cache_aware.windows import Window
from nemo_voice_stt.backends.decoder_choice import DecoderChoice
from nemo_voice_stt.backends.loading import load as load_any
from nemo_voice_stt.backends.options import RecogniserOptions
from nemo_voice_stt.backends.transducer_ctc.backend import NemoRecogniser
from nemo_voice_stt.transcription.port import Clip, Recognition
from nemo_voice_stt.transcription.streaming_port import MAX_CHUNKS, Heard
from support.models.demo_models import Samples
from support.models.recognisers import LIVE_ENCODER, Config, saved, unpacked

RATE_HZ = 16_000
LIVE = [
    ("nemotron-streaming", "auto"),
    ("nemotron-prompted", "auto"),
    ("streaming-multi", "auto"),
    ("streaming-multi", "ctc"),
    ("parakeet-eou", "auto"),
]
LOOKAHEADS_MS = [0, 80, 480, 1040]
VIEWS = [
    *(("nemotron-streaming", "auto", lookahead_ms) for lookahead_ms in LOOKAHEADS_MS),
    *((name, decoder, 80) for name, decoder in LIVE[1:]),
    ("streaming-multi", "ctc", 0),
]

Load = Callable[..., NemoRecogniser]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the look-alikes lie."""
    return tmp_path_factory.mktemp("cache-aware")


@pytest.fixture(scope="module")
def load(folder: Path) -> Load:
    """Loads a look-alike, each once."""

    @cache
    def loaded(name: str, decoder: str = "auto", **options: Any) -> NemoRecogniser:
        wanted = RecogniserOptions(device="cpu", decoder=DecoderChoice(decoder), **options)
        found = load_any(unpacked(saved(name, folder)), name, "test", wanted)
        assert isinstance(found, NemoRecogniser)
        return found

    return loaded


@pytest.fixture(scope="module")
def sounds() -> list[Samples]:
    """Bursts of noise whose lengths are no whole frames: a look-alike writes much for each."""
    return [noise(seed, length) for seed, length in enumerate((24_000, 40_123, 31_999, 1_700))]


def noise(seed: int, length: int) -> Samples:
    random = np.random.default_rng(seed)
    loudness = np.repeat(random.uniform(0.01, 0.3, length // 800 + 1), 800)[:length]
    return (random.standard_normal(length) * loudness).astype(np.float32).clip(-1, 1)


def streaming(recogniser: NemoRecogniser) -> CacheAwareRecogniser:
    found = recogniser.streaming
    assert isinstance(found, CacheAwareRecogniser)
    return found


@contextmanager
def looking_ahead(recogniser: NemoRecogniser, lookahead_ms: int) -> Iterator[None]:
    """Makes files be heard with the attention of live audio."""
    encoder = recogniser.stages.model.encoder
    wide = encoder.att_context_size
    encoder.set_default_att_context_size([70, lookahead_ms // 80])
    yield
    encoder.set_default_att_context_size(wide)


def pieces(sound: Samples, seed: int = 0) -> Iterator[Samples]:
    """Yields a sound in pieces of any length, from a sample to half a second."""
    random = np.random.default_rng(seed)
    place = 0
    while place < len(sound):
        length = int(random.choice([1, 159, 160, 161, 900, 2_400, 8_000]))
        yield sound[place : place + length]
        place += length


def parts_of(stream: CacheAwareStream, sound: Samples, seed: int = 0) -> Iterator[CacheAwarePart]:
    """Yields each part of a stream that is said a sound, as soon as it is there."""
    for piece in pieces(sound, seed):
        stream.add(piece)
        while (part := stream.next_part()) is not None:
            yield part
    stream.end()
    while (part := stream.next_part()) is not None:
        yield part


def heard(live: CacheAwareRecogniser, sound: Samples, language: str | None = None) -> list[Heard]:
    """Returns what a stream says after each of its parts."""
    stream = live.open(language)
    said = [live.step([part])[0] for part in parts_of(stream, sound)]
    live.close(stream)
    return said


def final(said: Sequence[Heard]) -> Recognition:
    assert said[-1].recognition is not None
    assert all(one.recognition is None for one in said[:-1])
    return said[-1].recognition


def numbers_of(recognition: Recognition) -> list[int]:
    return [token.number for word in recognition.words for token in word.tokens]


def equal(one: Recognition, other: Recognition) -> None:
    """Checks that two recognitions are the same but for rounding."""
    assert one.text == other.text
    assert numbers_of(one) == numbers_of(other)
    for left, right in zip(one.words, other.words, strict=True):
        assert (left.text, left.start_s, left.end_s) == (right.text, right.start_s, right.end_s)
        assert left.confidence == pytest.approx(right.confidence, abs=5e-3)
        chances = [token.logprob for token in right.tokens]
        assert [token.logprob for token in left.tokens] == pytest.approx(chances, abs=5e-3)


@pytest.mark.parametrize(("seed", "lookahead_ms"), list(enumerate(LOOKAHEADS_MS)))
def test_the_features_of_a_stream_are_those_of_the_whole(
    load: Load, sounds: list[Samples], lookahead_ms: int, seed: int
) -> None:
    recogniser = load("nemotron-streaming", lookahead_ms=lookahead_ms)
    encoder, preprocessor = streaming(recogniser)._encoder, recogniser.stages.model.preprocessor
    for sound in sounds:
        stream = streaming(recogniser).open(None)
        found = []
        for part in parts_of(stream, sound, seed):
            rows, _ = encoder._features([part.window], [stream.encoder])
            found.append(rows[0])
        length = max(len(sound) + round(0.3 * RATE_HZ), RATE_HZ)
        whole = torch.zeros(1, length)
        whole[0, : len(sound)] = torch.from_numpy(sound)
        wanted, lengths = preprocessor(input_signal=whole, length=torch.tensor([length]))
        joined = torch.cat(found, dim=1)
        assert joined.shape[1] == int(lengths[0]) == length // 160
        assert torch.allclose(joined, wanted[0, :, : joined.shape[1]], atol=1e-4)


@pytest.mark.parametrize("lookahead_ms", LOOKAHEADS_MS)
def test_the_frames_of_a_stream_are_those_of_the_whole_with_the_same_attention(
    load: Load, sounds: list[Samples], lookahead_ms: int
) -> None:
    recogniser = load("nemotron-streaming", lookahead_ms=lookahead_ms)
    encoder, stages = streaming(recogniser)._encoder, recogniser.stages
    for sound in sounds:
        stream = streaming(recogniser).open(None)
        found = []
        with torch.inference_mode():
            for part in parts_of(stream, sound):
                encoded = encoder.encode([part.window], [stream.encoder])
                encoder.remember([part.window], [stream.encoder], encoded)
                found.append(encoded.frames[0, :, : int(encoded.lengths[0])])
            length = max(len(sound) + round(0.3 * RATE_HZ), RATE_HZ)
            whole = torch.zeros(1, length)
            whole[0, : len(sound)] = torch.from_numpy(sound)
            with looking_ahead(recogniser, lookahead_ms):
                wanted, lengths = stages._encode(whole, [length])
            with looking_ahead(recogniser, 80 if lookahead_ms != 80 else 480):
                others, _ = stages._encode(whole, [length])
        joined = torch.cat(found, dim=1)
        assert joined.shape[1] == int(lengths[0])
        assert torch.allclose(joined, wanted[0, :, : joined.shape[1]], atol=1e-4)
        if len(sound) > RATE_HZ:
            assert not torch.allclose(joined, others[0, :, : joined.shape[1]], atol=1e-2)


@pytest.mark.parametrize(("name", "decoder", "lookahead_ms"), VIEWS)
def test_what_a_stream_says_is_what_a_file_says_that_is_heard_with_the_same_attention(
    load: Load, sounds: list[Samples], name: str, decoder: str, lookahead_ms: int
) -> None:
    recogniser = load(name, decoder, lookahead_ms=lookahead_ms)
    texts = []
    for sound in sounds:
        with looking_ahead(recogniser, lookahead_ms):
            (whole,) = recogniser.recognise([Clip(sound)])
        equal(final(heard(streaming(recogniser), sound)), whole)
        texts.append(whole.text)
        assert len(numbers_of(whole)) > 3
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize(("name", "decoder"), LIVE)
def test_what_was_shown_is_never_taken_back(
    load: Load, sounds: list[Samples], name: str, decoder: str
) -> None:
    live = streaming(load(name, decoder, lookahead_ms=80))
    for sound in sounds[:3]:
        said = heard(live, sound)
        assert all(later.text.startswith(sooner.text) for sooner, later in pairwise(said))
        assert len({one.text for one in said}) > 5


@pytest.mark.parametrize(("name", "decoder", "lookahead_ms"), VIEWS)
def test_what_a_stream_says_does_not_depend_on_who_shares_its_steps(
    load: Load, sounds: list[Samples], name: str, decoder: str, lookahead_ms: int
) -> None:
    live = streaming(load(name, decoder, lookahead_ms=lookahead_ms))
    alone = [final(heard(live, sound)) for sound in sounds]
    together = heard_together(live, [*sounds, *reversed(sounds)])
    for one, other in zip(together, [*alone, *reversed(alone)], strict=True):
        equal(one, other)


def heard_together(
    live: CacheAwareRecogniser, sounds: Sequence[Samples], languages: Sequence[str | None] = ()
) -> list[Recognition]:
    """Returns what streams say that begin one after another, and share each step they can."""
    streams = [live.open(language) for language in languages or [None] * len(sounds)]
    waiting = [parts_of(stream, sound, 3) for stream, sound in zip(streams, sounds, strict=True)]
    next_parts: dict[int, CacheAwarePart] = {}
    found: dict[int, Recognition] = {}
    largest = 0
    for tick in range(10_000):
        for place in range(min(len(streams), tick + 1)):
            if place not in next_parts and place not in found:
                next_parts[place] = next(waiting[place])
        if not next_parts:
            break
        chunks = next_parts[min(next_parts)].chunks
        places = [place for place, part in next_parts.items() if part.chunks == chunks]
        largest = max(largest, len(places))
        said = live.step([next_parts.pop(place) for place in places])
        for place, one in zip(places, said, strict=True):
            if one.recognition is not None:
                found[place] = one.recognition
                live.close(streams[place])
    assert largest > 1
    return [found[place] for place in range(len(streams))]


def test_each_stream_of_a_step_is_heard_in_its_own_language(
    load: Load, sounds: list[Samples]
) -> None:
    recogniser = load("nemotron-prompted", lookahead_ms=80)
    languages = ["es-US", None, "de-DE", "ja"]
    together = heard_together(streaming(recogniser), [sounds[1]] * 4, languages)
    for language, one in zip(languages, together, strict=True):
        with looking_ahead(recogniser, 80):
            (whole,) = recogniser.recognise([Clip(sounds[1], language=language)])
        equal(one, whole)
    assert len({one.text for one in together}) > 1


@pytest.mark.parametrize(("name", "decoder"), LIVE)
def test_streams_leave_what_files_say_as_it_is(
    load: Load, folder: Path, sounds: list[Samples], name: str, decoder: str
) -> None:
    from nemo_voice_stt.backends.transducer_ctc.backend import (  # noqa: PLC0415 as plain as before
        load_recogniser,
    )

    options = RecogniserOptions(device="cpu", decoder=DecoderChoice(decoder))
    plain = load_recogniser(unpacked(saved(name, folder)), name, "test", options)
    recogniser = load(name, decoder, lookahead_ms=0)
    clips = [Clip(sound) for sound in sounds]
    wanted = plain.recognise(clips)
    stream = streaming(recogniser).open(None)
    for count, part in enumerate(parts_of(stream, sounds[0])):
        streaming(recogniser).step([part])
        if count in {0, 5}:
            for one, other in zip(recogniser.recognise(clips), wanted, strict=True):
                equal(one, other)
    streaming(recogniser).close(stream)
    assert recogniser.stages.model.encoder.att_context_size == [70, 13]
    for one, other in zip(recogniser.recognise(clips), wanted, strict=True):
        equal(one, other)


def test_streams_take_memory_of_the_device_only_while_they_are_open(
    load: Load, sounds: list[Samples]
) -> None:
    live = streaming(load("nemotron-streaming", lookahead_ms=80))
    final(heard(live, sounds[0]))
    before = live.streams
    assert before == 0
    streams = [live.open(None) for _ in range(9)]
    for stream in streams:
        stream.add(sounds[1])
    live.step([part for stream in streams if (part := stream.next_part()) is not None])
    assert live.streams == 9
    for stream in streams:
        live.close(stream)
        live.close(stream)  # whoever closes it may do so again
    late = live.open(None)
    late.add(sounds[1])
    part = late.next_part()
    assert part is not None
    live.close(late)
    live.step([part])  # it was on its way to the device
    assert live.streams == 0
    said = final(heard(live, sounds[0]))
    assert live.streams == 0
    assert len(said.words) > 3


def test_a_step_that_fails_keeps_no_memory_for_streams_that_are_closed(
    load: Load, sounds: list[Samples], monkeypatch: pytest.MonkeyPatch
) -> None:
    live = streaming(load("nemotron-streaming", lookahead_ms=80))
    streams = [live.open(None) for _ in range(2)]
    for stream in streams:
        stream.add(sounds[1])
    parts = [part for stream in streams if (part := stream.next_part()) is not None]
    live.close(streams[0])
    with monkeypatch.context() as patched:
        patched.setattr(live._decoder, "decode", lambda *_: 1 / 0)
        with pytest.raises(BackendFailed):
            live.step(parts)
    assert live.streams == 1
    live.close(streams[1])
    final(heard(live, sounds[0]))
    assert live.streams == 0


def test_a_step_that_the_memory_does_not_hold_is_taken_in_halves(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = streaming(load("nemotron-streaming", lookahead_ms=80))
    sounds = [noise(seed, RATE_HZ) for seed in range(3)]
    alone = [final(heard(live, sound)) for sound in sounds]
    decode, sizes = live._decoder.decode, []

    def narrow(frames: Any, lengths: Sequence[int], states: Sequence[Any]) -> list[Any]:
        sizes.append(len(states))
        if len(states) > 1:
            raise OutOfMemory("too much")
        return decode(frames, lengths, states)

    monkeypatch.setattr(live._decoder, "decode", narrow)
    waiting = [parts_of(live.open(None), sound) for sound in sounds]
    for parts in zip(*waiting, strict=True):
        said = run_in_halves(live.step, parts, lambda _items: None)
    assert max(sizes) == len(sounds)
    for one, wanted in zip(said, alone, strict=True):
        assert isinstance(one, Heard)
        equal(final([one]), wanted)


def test_a_warm_up_that_the_memory_does_not_hold_is_one_of_fewer_streams(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = streaming(load("nemotron-streaming", lookahead_ms=1040))
    encode, sizes = live._encoder.encode, []

    def narrow(windows: Sequence[Window], states: Sequence[EncoderState]) -> Encoded:
        sizes.append(len(states))
        encoded = encode(windows, states)
        if len(states) > most:
            raise OutOfMemory("too much")
        return encoded

    monkeypatch.setattr(live._encoder, "encode", narrow)
    most = 2
    hear_noise(live, 8, lambda _step: None)
    assert [size for size in sizes if size > most] == [8, 4]
    assert {1, 2} <= set(sizes)
    live.warm_up(lambda _step: None)
    assert live.streams == 0
    most = 0
    with pytest.raises(OutOfMemory):
        hear_noise(live, 8, lambda _step: None)


@pytest.mark.parametrize(("name", "decoder"), LIVE)
def test_in_silence_nothing_is_said_and_later_words_have_their_time(
    load: Load, sounds: list[Samples], name: str, decoder: str
) -> None:
    live = streaming(load(name, decoder, lookahead_ms=80))
    silent = np.zeros(2 * RATE_HZ, np.float32)
    assert {one.text for one in heard(live, silent)} == {""}
    later = final(heard(live, np.concatenate([silent, sounds[0]])))
    assert later.words[0].start_s == pytest.approx(2.0, abs=0.4)
    assert later.words[-1].end_s <= len(silent) / RATE_HZ + len(sounds[0]) / RATE_HZ


def test_a_stream_of_almost_nothing_has_an_end(load: Load) -> None:
    live = streaming(load("nemotron-streaming", lookahead_ms=0))
    for length in (0, 1, 100):
        assert final(heard(live, noise(5, length))).words is not None


def test_the_checkpoints_first_attention_is_the_default(load: Load) -> None:
    assert streaming(load("nemotron-streaming")).chunk_s == pytest.approx(0.08)
    assert streaming(load("nemotron-streaming", lookahead_ms=1040)).chunk_s == pytest.approx(1.12)


def test_a_lookahead_that_the_checkpoint_was_not_trained_with_is_refused(load: Load) -> None:
    with pytest.raises(UnusableModel, match=r"LOOKAHEAD_MS=200: .* one of 0, 80, 480, 1040,"):
        load("nemotron-streaming", lookahead_ms=200)


@pytest.mark.parametrize("name", ["parakeet-tdt", "parakeet-unified", "quartznet-ctc"])
def test_models_that_need_the_whole_hear_no_streams(load: Load, name: str) -> None:
    assert load(name).streaming is None
    with pytest.raises(UnusableModel, match="cannot hear live audio part by part"):
        load(name, lookahead_ms=80)


def test_features_that_are_scaled_by_the_whole_recording_hear_no_streams(tmp_path: Path) -> None:
    def scaled(config: Config) -> None:
        config["preprocessor"]["normalize"] = "per_feature"

    directory = unpacked(saved("nemotron-streaming", tmp_path, change=scaled))
    found = load_any(directory, "x", "test", RecogniserOptions(device="cpu"))
    assert found.streaming is None


def test_a_warm_up_with_many_streams_makes_no_larger_steps_than_traffic(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = streaming(load("nemotron-streaming", lookahead_ms=80))
    steps: list[str] = []
    encode = live._encoder.encode
    sizes: list[tuple[int, int]] = []

    def noted(windows: Sequence[Window], states: Sequence[EncoderState]) -> Encoded:
        sizes.append((len(windows), len(windows) * max(one.chunks for one in windows)))
        return encode(windows, states)

    monkeypatch.setattr(live._encoder, "encode", noted)
    hear_noise(live, 40, steps.append)
    assert steps[:3] == ["live, 40 x 1 x 0.16 s", "live, 16 x 16 x 0.16 s", "live, 32 x 8 x 0.16 s"]
    assert max(chunks for _, chunks in sizes) <= MAX_CHUNKS
    assert max(rows for rows, _ in sizes) == 40
    assert live.streams == 0


def test_the_warm_up_hears_a_stream(load: Load) -> None:
    steps: list[str] = []
    recogniser = load("nemotron-streaming", lookahead_ms=80, longest_s=2.0, bucket_edges=())
    recogniser.warm_up(steps.append)
    assert steps[1:] == [f"live, 1 x {size} x 0.16 s" for size in (1, 16, 8, 4, 2, 1)]
    assert streaming(recogniser).streams == 0


def test_a_token_that_lasts_beyond_its_part_is_the_same_as_in_the_whole(
    tmp_path: Path, sounds: list[Samples]
) -> None:
    def cache_aware(config: Config) -> None:
        config["encoder"] |= LIVE_ENCODER
        config["preprocessor"]["normalize"] = "NA"

    directory = unpacked(saved("parakeet-tdt", tmp_path, change=cache_aware))
    for lookahead_ms in (0, 480):
        options = RecogniserOptions(device="cpu", lookahead_ms=lookahead_ms)
        recogniser = load_any(directory, "x", "test", options)
        assert isinstance(recogniser, NemoRecogniser)
        live = streaming(recogniser)
        together = heard_together(live, sounds)
        for sound, one in zip(sounds, together, strict=True):
            with looking_ahead(recogniser, lookahead_ms):
                (whole,) = recogniser.recognise([Clip(sound)])
            equal(one, whole)
            equal(final(heard(live, sound)), whole)
