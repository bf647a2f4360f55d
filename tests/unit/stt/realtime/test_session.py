"""A live session over fakes: which events it tells, in which order, of which audio."""

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.errors import BackendFailed
from nemo_voice_stt.realtime.audio_format import Encoding, LiveFormat
from nemo_voice_stt.realtime.errors import BufferTooSmall, FormatChanged
from nemo_voice_stt.realtime.events import (
    Committed,
    Failed,
    Final,
    Partial,
    SpeechStarted,
    SpeechStopped,
)
from nemo_voice_stt.realtime.options import LiveOptions, TurnDetection
from support.models.live import LoudStream, Scene, scene_of, silence, tone

BY_CLIENT = LiveOptions(turn_detection=None)
BY_SERVER = LiveOptions(turn_detection=TurnDetection(padding_s=0.3, silence_s=0.5))
SPOKEN = ["SpeechStarted", "SpeechStopped", "Committed", "Final"]


async def spoken(options: LiveOptions, *audio: bytes, **limits: float) -> Scene:
    """Returns a session that got this audio, once all its transcripts are there."""
    scene = scene_of(options, **limits)
    for piece in audio:
        await scene.session.append(piece)
    await scene.session.settle()
    return scene


async def test_a_commit_ends_an_item_with_all_audio_before_it() -> None:
    scene = await spoken(BY_CLIENT, tone(0.5), silence(0.25))
    assert scene.events == []
    await scene.session.commit()
    await scene.session.settle()
    committed, final = scene.events
    assert isinstance(committed, Committed)
    assert isinstance(final, Final)
    assert final.item_id == committed.item_id
    assert final.transcript.text == "750 ms"
    assert scene.engine.utterances[0].pcm == tone(0.5) + silence(0.25)


async def test_items_name_the_one_before() -> None:
    scene = scene_of(BY_CLIENT)
    for _ in range(3):
        await scene.session.append(tone(0.2))
        await scene.session.commit()
    await scene.session.settle()
    committed = [event for event in scene.events if isinstance(event, Committed)]
    assert [one.previous_item_id for one in committed] == [
        None,
        committed[0].item_id,
        committed[1].item_id,
    ]


@pytest.mark.parametrize("options", [BY_CLIENT, BY_SERVER])
async def test_a_commit_of_nothing_is_refused(options: LiveOptions) -> None:
    scene = await spoken(options, tone(0.05) if options is BY_CLIENT else b"")
    with pytest.raises(BufferTooSmall, match="100ms"):
        await scene.session.commit()


async def test_the_server_finds_what_is_spoken() -> None:
    scene = await spoken(BY_SERVER, silence(1), tone(1), silence(1))
    assert scene.kinds() == SPOKEN
    started, stopped = scene.events[:2]
    assert isinstance(started, SpeechStarted)
    assert isinstance(stopped, SpeechStopped)
    assert 640 <= started.at_ms <= 740  # 0.3 s before 1 s, by chunks of 32 ms
    assert 2180 <= stopped.at_ms <= 2280  # 0.2 s after 2 s
    assert len(scene.engine.utterances[0].pcm) == 48 * (stopped.at_ms - started.at_ms)
    assert len({getattr(event, "item_id", None) for event in scene.events}) == 1


async def test_all_of_the_silence_belongs_to_an_item_where_nothing_is_begun_early() -> None:
    scene = await spoken(BY_SERVER, silence(1), tone(1), silence(1), early_final_s=0)
    stopped = scene.events[1]
    assert isinstance(stopped, SpeechStopped)
    assert 2480 <= stopped.at_ms <= 2580  # 0.5 s after 2 s
    assert scene.engine.utterances[0].may_have_ended == []


async def test_an_utterance_hears_that_it_may_be_over_once_it_has_all_that_it_will_have() -> None:
    scene = scene_of(BY_SERVER)
    await scene.session.append(tone(1))
    (utterance,) = scene.engine.utterances
    assert utterance.may_have_ended == []
    for _ in range(15):
        await scene.session.append(silence(0.02))
    assert scene.kinds() == ["SpeechStarted"]
    assert set(utterance.may_have_ended) == {len(utterance.pcm)}
    await scene.session.append(silence(1))
    assert utterance.may_have_ended[-1] == len(utterance.pcm)


async def test_what_was_held_back_in_a_pause_is_told_once_speech_goes_on() -> None:
    scene = scene_of(BY_SERVER)
    audio = tone(1) + silence(0.4) + tone(0.5)
    await scene.session.append(audio + silence(1))
    await scene.session.settle()
    (utterance,) = scene.engine.utterances
    assert utterance.pcm.startswith(audio)


@given(
    spans=st.lists(st.tuples(st.floats(0.1, 1.5), st.floats(0.02, 1.5)), min_size=1, max_size=5),
    step=st.integers(481, 20_000),
    early_s=st.sampled_from([0.0, 0.1, 0.2, 0.5, 3.0]),
)
@settings(deadline=None, database=None, derandomize=True, max_examples=30)
def test_an_item_is_what_its_events_say_whatever_is_said(
    spans: list[tuple[float, float]], step: int, early_s: float
) -> None:
    audio = b"".join(silence(quiet_s) + tone(loud_s) for loud_s, quiet_s in spans) + silence(4)
    pieces = [audio[place : place + step] for place in range(0, len(audio), step)]
    scene = asyncio.run(spoken(BY_SERVER, *pieces, early_final_s=early_s, max_utterance_s=2.0))
    starts = [event.at_ms for event in scene.events if isinstance(event, SpeechStarted)]
    ends = [event.at_ms for event in scene.events if isinstance(event, SpeechStopped)]
    assert starts == sorted(starts)
    assert all(utterance.pcm in audio for utterance in scene.engine.utterances)
    assert all(utterance.pcm for utterance in scene.engine.utterances)
    if len(starts) == len(ends) == len(scene.engine.utterances):
        for utterance, start, end in zip(scene.engine.utterances, starts, ends, strict=True):
            assert utterance.pcm == audio[48 * start : 48 * end]
            if early_s == 0.2:
                assert utterance.may_have_ended[-1] == len(utterance.pcm)


@pytest.mark.parametrize("step", [100, 960, 4801, 10**7])
async def test_what_is_found_does_not_depend_on_the_pieces(step: int) -> None:
    audio = silence(0.7) + tone(0.8) + silence(0.9) + tone(0.5) + silence(1.2)
    pieces = [audio[place : place + step] for place in range(0, len(audio), step)]
    whole, scene = await spoken(BY_SERVER, audio), await spoken(BY_SERVER, *pieces)
    assert [utterance.pcm for utterance in scene.engine.utterances] == [
        utterance.pcm for utterance in whole.engine.utterances
    ]
    assert len(scene.engine.utterances) == 2


async def test_no_sample_is_in_two_items() -> None:
    options = replace(BY_SERVER, turn_detection=TurnDetection(padding_s=5.0, silence_s=0.2))
    scene = await spoken(options, silence(1), tone(1), silence(0.5), tone(1), silence(1))
    first, second = scene.engine.utterances
    assert len(first.pcm) + len(second.pcm) <= 2 * 24_000 * 4.5


async def test_silence_alone_is_no_item_and_takes_no_room() -> None:
    scene = await spoken(BY_SERVER, *[silence(1)] * 30)
    assert scene.events == []
    assert not scene.engine.utterances
    assert len(scene.session._audio._pcm) < 2 * 24_000


async def test_a_client_may_commit_what_the_server_still_listens_to() -> None:
    scene = await spoken(BY_SERVER, silence(1), tone(1))
    await scene.session.commit()
    await scene.session.settle()
    assert scene.kinds() == ["SpeechStarted", "Committed", "Final"]


async def test_what_is_cleared_is_never_transcribed() -> None:
    for options in (BY_CLIENT, BY_SERVER):
        scene = await spoken(options, tone(1))
        await scene.session.clear()
        assert scene.kinds()[-1] == "Cleared"
        assert scene.engine.utterances[0].is_closed
        with pytest.raises(BufferTooSmall):
            await scene.session.commit()


async def test_partials_are_told_as_they_come_and_the_final_adds_the_rest() -> None:
    scene = await spoken(BY_CLIENT, tone(0.5))
    scene.engine.utterances[0].say("500")
    await scene.session.commit()
    await scene.session.settle()
    partial, _, final = scene.events
    assert isinstance(partial, Partial)
    assert isinstance(final, Final)
    assert partial.added == "500"
    assert final.rest == " ms"


async def test_partials_that_were_wrong_leave_no_rest() -> None:
    scene = await spoken(BY_CLIENT, tone(0.5))
    scene.engine.utterances[0].say("five")
    await scene.session.commit()
    await scene.session.settle()
    assert isinstance(scene.events[-1], Final)
    assert scene.events[-1].rest is None


@pytest.mark.parametrize("error", [BackendFailed("broken"), RuntimeError("secret")])
async def test_an_item_that_fails_fails_by_itself(error: Exception) -> None:
    scene = scene_of(BY_CLIENT)
    scene.engine.error = error
    await scene.session.append(tone(0.5))
    scene.engine.error = None
    await scene.session.commit()
    await scene.session.append(tone(0.25))
    await scene.session.commit()
    await scene.session.settle()
    failed, final = [event for event in scene.events if isinstance(event, Failed | Final)]
    assert isinstance(failed, Failed)
    assert "secret" not in failed.error.message
    assert isinstance(final, Final)
    assert scene.finished == [("backend_failed", 0.5), ("ok", 0.25)]


@pytest.mark.parametrize("options", [BY_CLIENT, BY_SERVER])
@pytest.mark.parametrize("step_s", [0.02, 0.1, 3.0])
async def test_an_item_that_is_too_long_is_divided_in_a_pause_and_nothing_is_lost(
    options: LiveOptions, step_s: float
) -> None:
    audio = (tone(1.3) + silence(0.3)) * 5
    step = 2 * round(step_s * 24_000)
    pieces = [audio[place : place + step] for place in range(0, len(audio), step)]
    scene = await spoken(options, *pieces, max_utterance_s=2.0)
    await scene.session.finish()
    parts = [utterance.pcm for utterance in scene.engine.utterances]
    assert len(parts) >= 3
    assert b"".join(parts) == audio
    for part in parts[:-1]:
        assert not any(part[-2 * 2_400 :])  # the last tenth of a second is silent


async def test_an_item_without_a_pause_is_divided_all_the_same() -> None:
    scene = await spoken(BY_CLIENT, tone(40), max_utterance_s=2.0)
    await scene.session.finish()
    lengths = [len(utterance.pcm) / 48_000 for utterance in scene.engine.utterances]
    assert lengths == [17.0, 17.0, 6.0]


async def test_transcripts_come_in_the_order_of_their_items() -> None:
    scene = scene_of(BY_CLIENT)
    gate = asyncio.Event()
    await scene.session.append(tone(0.5))
    first = scene.engine.utterances[0]
    whole = first.final

    async def late() -> object:
        await gate.wait()
        return await whole()

    first.final = late  # type: ignore[method-assign,assignment]
    await scene.session.commit()
    await scene.session.append(tone(0.2))
    await scene.session.commit()
    await asyncio.sleep(0)
    gate.set()
    await scene.session.settle()
    texts = [event.transcript.text for event in scene.events if isinstance(event, Final)]
    assert texts == ["500 ms", "200 ms"]


async def test_no_more_audio_is_read_while_too_many_items_are_unfinished() -> None:
    scene = scene_of(BY_CLIENT, max_unfinished=2)
    gate = asyncio.Event()

    async def never() -> object:
        await gate.wait()
        raise BackendFailed("late")

    async def commit() -> None:
        await scene.session.append(tone(0.2))
        scene.engine.utterances[-1].final = never  # type: ignore[method-assign,assignment]
        await scene.session.commit()

    await commit()
    second = asyncio.create_task(commit())
    await asyncio.wait({second}, timeout=0.05)
    assert not second.done()
    gate.set()
    await second


async def test_a_session_holds_no_more_than_a_few_of_its_longest_items() -> None:
    scene = scene_of(BY_CLIENT, max_utterance_s=2.0, max_unfinished=100)
    gate = asyncio.Event()

    async def commit() -> None:
        await scene.session.append(tone(1.9))
        whole = scene.engine.utterances[-1].final

        async def late() -> object:
            await gate.wait()
            return await whole()

        scene.engine.utterances[-1].final = late  # type: ignore[method-assign,assignment]
        await scene.session.commit()

    for _ in range(2):
        await commit()
    third = asyncio.create_task(commit())
    await asyncio.wait({third}, timeout=0.05)
    assert not third.done()
    gate.set()
    await third
    await scene.session.settle()


async def test_what_the_detector_is_unsure_of_is_heard_and_divided_like_speech(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scene = scene_of(BY_SERVER, max_utterance_s=2.0)
    await scene.session.append(tone(1) + silence(0.3))
    chances = LoudStream.follow

    async def unsure(stream: LoudStream, samples: Samples) -> list[float]:
        return [0.4 for _ in await chances(stream, samples)]

    monkeypatch.setattr(LoudStream, "follow", unsure)
    murmur = tone(40)
    await scene.session.append(murmur)
    lengths = [len(utterance.pcm) / 48_000 for utterance in scene.engine.utterances]
    assert lengths[:2] == pytest.approx([17.0, 17.0], abs=0.2)
    assert len(scene.session._audio._pcm) < 48_000
    await scene.session.finish()
    heard = b"".join(utterance.pcm for utterance in scene.engine.utterances)
    assert heard == tone(1) + silence(0.3) + murmur


async def test_a_session_that_is_closed_leaves_nothing_behind() -> None:
    scene = scene_of(BY_CLIENT)
    before = asyncio.all_tasks()
    await scene.session.append(tone(0.2))
    await scene.session.commit()
    await scene.session.append(tone(0.2))
    await scene.session.close()
    assert all(utterance.is_closed for utterance in scene.engine.utterances)
    assert asyncio.all_tasks() == before


async def test_telephone_audio_is_decoded() -> None:
    options = replace(BY_CLIENT, audio_format=LiveFormat(Encoding.MU_LAW, 8_000))
    scene = await spoken(options, b"\xff" * 4_000)
    assert scene.engine.utterances[0].pcm == silence(0.5, 8_000)


async def test_half_a_sample_at_the_end_of_an_item_spoils_nothing_of_the_next() -> None:
    scene = await spoken(BY_CLIENT, tone(0.5) + b"\x01")
    await scene.session.commit()
    await scene.session.append(tone(0.5))
    await scene.session.clear()
    await scene.session.append(tone(0.25))
    await scene.session.commit()
    assert [utterance.pcm for utterance in scene.engine.utterances] == [
        tone(0.5),
        tone(0.5),
        tone(0.25),
    ]
    await scene.session.settle()


async def test_the_format_cannot_change_within_an_item() -> None:
    scene = await spoken(BY_CLIENT, tone(0.5))
    other = replace(BY_CLIENT, audio_format=LiveFormat(rate_hz=16_000))
    with pytest.raises(FormatChanged):
        scene.session.configure(other)
    await scene.session.commit()
    scene.session.configure(other)
    await scene.session.append(tone(0.5, 16_000))
    await scene.session.commit()
    await scene.session.settle()
    assert [e.transcript.text for e in scene.events if isinstance(e, Final)] == ["500 ms"] * 2


async def test_what_waits_for_a_commit_is_kept_when_the_server_takes_over() -> None:
    scene = await spoken(BY_CLIENT, tone(0.5))
    scene.session.configure(BY_SERVER)
    await scene.session.append(tone(0.5))
    await scene.session.append(silence(1))
    await scene.session.settle()
    assert scene.kinds() == SPOKEN
    assert len(scene.engine.utterances[0].pcm) > len(tone(1))


async def test_speech_goes_on_when_its_client_chooses_another_silence() -> None:
    scene = await spoken(BY_SERVER, tone(1))
    detection = TurnDetection(padding_s=0.3, silence_s=0.2)
    scene.session.configure(replace(BY_SERVER, turn_detection=detection))
    await scene.session.append(silence(0.6))
    await scene.session.settle()
    assert scene.kinds() == SPOKEN


async def test_minutes_in_one_piece_leave_others_their_turn() -> None:
    scene = scene_of(BY_CLIENT)
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    beside = asyncio.create_task(others())
    await scene.session.append(silence(60))
    beside.cancel()
    assert turns > 100


@pytest.mark.parametrize(("seconds", "was_spoken"), [(2, True), (60, False)])
async def test_audio_that_nobody_can_have_spoken_by_now_says_nothing_of_the_devices_room(
    seconds: int, *, was_spoken: bool
) -> None:
    scene = await spoken(BY_CLIENT, tone(seconds))
    await scene.session.commit()
    await scene.session.settle()
    assert scene.spoken == [was_spoken]
