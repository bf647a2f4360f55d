"""Where speech begins and ends in a stream of probabilities."""

import pytest

from nemo_voice_stt.realtime.options import TurnDetection
from nemo_voice_stt.realtime.turns import CHUNK_S, Turns, TurnStarted, TurnStopped

QUIET, LOUD = 0.0, 1.0


def followed(probabilities: list[float], **detection: float) -> list[TurnStarted | TurnStopped]:
    """Returns what the chunks begin and end."""
    turns = Turns(TurnDetection(**detection))
    return [turn for one in probabilities if (turn := turns.follow(one)) is not None]


def test_speech_begins_with_its_first_chunk() -> None:
    (started,) = followed([QUIET, QUIET, LOUD, LOUD])
    assert isinstance(started, TurnStarted)
    assert started.at_s == pytest.approx(2 * CHUNK_S)


def test_speech_ends_once_the_silence_is_as_long_as_the_client_chose() -> None:
    chunks = [LOUD, *[QUIET] * 20]
    (_, stopped) = followed(chunks, silence_s=0.2)
    assert isinstance(stopped, TurnStopped)
    assert stopped.at_s == pytest.approx(CHUNK_S * 8)  # 7 chunks are 0.224 s
    assert stopped.spoken_until_s == stopped.at_s


def test_of_the_silence_an_utterance_has_what_is_kept() -> None:
    turns = Turns(TurnDetection(silence_s=0.5), kept_silence_s=0.2)
    turns.follow(LOUD)
    may_be_over = []
    for count in range(1, 16):
        turns.follow(QUIET)
        may_be_over.append(turns.may_be_over)
        assert turns.spoken_until_s == pytest.approx(CHUNK_S + min(0.2, count * CHUNK_S))
    assert may_be_over == [False] * 6 + [True] * 9
    stopped = turns.follow(QUIET)
    assert isinstance(stopped, TurnStopped)
    assert stopped.spoken_until_s == pytest.approx(CHUNK_S + 0.2)


def test_speech_that_goes_on_takes_back_that_it_may_be_over() -> None:
    turns = Turns(TurnDetection(silence_s=0.5), kept_silence_s=0.1)
    for one in (LOUD, *[QUIET] * 5, LOUD):
        turns.follow(one)
    assert not turns.may_be_over
    assert turns.spoken_until_s == turns.at_s


def test_what_may_be_speech_after_a_silence_belongs_to_the_utterance_as_long_as_it_lasts() -> None:
    turns = Turns(TurnDetection(silence_s=0.5), kept_silence_s=0.1)
    for one in (LOUD, *[QUIET] * 5):
        turns.follow(one)
    may_be_over = [turns.may_be_over]
    for _ in range(50):
        assert turns.follow(0.4) is None
        may_be_over.append(turns.may_be_over)
        assert turns.spoken_until_s == turns.at_s
    assert may_be_over == [True] + [False] * 50
    stopped = turns.follow(QUIET)
    assert isinstance(stopped, TurnStopped)
    assert stopped.spoken_until_s == stopped.at_s


def test_a_pause_that_is_shorter_ends_nothing() -> None:
    assert len(followed([LOUD, *[QUIET] * 5, LOUD, *[QUIET] * 5], silence_s=0.2)) == 1


def test_speech_goes_on_a_little_below_the_threshold() -> None:
    assert len(followed([LOUD, *[0.4] * 50], silence_s=0.2)) == 1
    assert followed([0.4] * 50) == []


def test_the_threshold_is_the_clients() -> None:
    assert followed([0.7], threshold=0.8) == []
    assert len(followed([0.7], threshold=0.6)) == 1


def test_turns_follow_each_other() -> None:
    once = [LOUD, *[QUIET] * 10]
    kinds = [type(turn) for turn in followed(once * 2, silence_s=0.2)]
    assert kinds == [TurnStarted, TurnStopped] * 2


def test_speech_that_goes_on_ends_without_having_begun_again() -> None:
    turns = Turns(TurnDetection(silence_s=0.1), begins_at_s=1.0, in_speech=True)
    assert turns.in_speech
    found = [turns.follow(QUIET) for _ in range(4)]
    assert found[:3] == [None, None, None]
    assert isinstance(found[3], TurnStopped)
    assert found[3].at_s == pytest.approx(1 + 4 * CHUNK_S)
    assert not turns.in_speech
