"""What each key may use: places, audio seconds, and what is told of it."""

import pytest

from nemo_voice_serving.errors import RateLimitExceeded
from nemo_voice_serving.http.quotas import Accounts, Bucket, charge_audio
from nemo_voice_serving.settings import KeyLimitSettings

FIRST, SECOND = b"\x01" * 32, b"\x02" * 32


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


class Told:
    """What an observer hears."""

    def __init__(self) -> None:
        self.inside: dict[str, int] = {}
        self.audio_s: dict[str, float] = {}
        self.refused: list[tuple[str, str]] = []

    def key_changed(self, key: str, inside: int) -> None:
        self.inside[key] = inside

    def key_charged(self, key: str, audio_s: float) -> None:
        self.audio_s[key] = self.audio_s.get(key, 0) + audio_s

    def key_refused(self, key: str, limit: str) -> None:
        self.refused.append((key, limit))

    def key_gone(self, key: str) -> None:
        del self.inside[key]
        self.audio_s.pop(key, None)


def accounts_of(told: Told, clock: Clock, **limits: float) -> Accounts:
    accounts = Accounts(KeyLimitSettings.model_validate(limits), told, clock)
    accounts.keep(frozenset({FIRST, SECOND}))
    return accounts


def test_a_key_has_so_many_places_and_each_is_free_again_after_its_request() -> None:
    told = Told()
    accounts = accounts_of(told, Clock(), requests=2)
    with accounts.request(FIRST), accounts.request(FIRST), accounts.request(SECOND):
        with pytest.raises(RateLimitExceeded, match="may have 2") as refused, \
                accounts.request(FIRST):  # fmt: skip
            raise AssertionError("a third request got in")
        assert refused.value.headers()["Retry-After"] == "1"
    with pytest.raises(KeyError), accounts.request(FIRST):
        raise KeyError("a request that fails")
    with accounts.request(FIRST), accounts.request(FIRST):
        pass
    assert told.inside == {"01010101": 0, "02020202": 0}
    assert told.refused == [("01010101", "requests")]


def test_without_limits_everything_is_counted_and_nothing_refused() -> None:
    told = Told()
    accounts = accounts_of(told, Clock())
    for _ in range(100):
        with accounts.request(FIRST) as account:
            charge_audio(3600)
    assert account.headers() == {}
    assert told.audio_s == {"01010101": 360_000}


def test_audio_is_refused_when_the_minute_is_used_and_comes_back_evenly() -> None:
    clock, told = Clock(), Told()
    accounts = accounts_of(told, clock, audio_s_per_minute=120)
    with accounts.request(FIRST) as account:
        charge_audio(130)
    with pytest.raises(RateLimitExceeded) as refused, accounts.request(FIRST):
        pass
    # Overdrawn by 10, and one second of audio must be there: 11 at two a second.
    assert refused.value.retry_after_s == pytest.approx(5.5)
    assert refused.value.headers() == {
        "Retry-After": "6",
        "retry-after-ms": "5500",
        "x-ratelimit-limit-audio-seconds": "120",
        "x-ratelimit-remaining-audio-seconds": "0.0",
        "x-ratelimit-reset-audio-seconds": "65s",
    }
    clock.now_s += 5.5
    with accounts.request(FIRST), accounts.request(SECOND):
        pass
    assert account.headers()["x-ratelimit-remaining-audio-seconds"] == "1.0"
    clock.now_s += 1000
    assert account.headers()["x-ratelimit-remaining-audio-seconds"] == "120.0"
    assert account.headers()["x-ratelimit-reset-audio-seconds"] == "0s"
    assert told.refused == [("01010101", "audio_seconds")]


def test_a_bucket_of_less_than_a_second_opens_when_it_is_full() -> None:
    clock = Clock()
    bucket = Bucket(0.5, clock)
    assert bucket.open_in_s == 0
    bucket.take(0.1)
    clock.now_s += bucket.open_in_s
    assert bucket.open_in_s == pytest.approx(0)


def test_over_an_hour_nobody_gets_more_than_the_limit_and_a_first_minute() -> None:
    clock = Clock()
    accounts = accounts_of(Told(), clock, audio_s_per_minute=60)
    served_s = 0.0
    for _ in range(3600):
        clock.now_s += 1
        try:
            with accounts.request(FIRST):
                charge_audio(7)
                served_s += 7
        except RateLimitExceeded:
            continue
    assert 3600 <= served_s <= 3600 + 60 + 7


def test_audio_of_nobodys_request_is_not_charged() -> None:
    told = Told()
    accounts_of(told, Clock())
    charge_audio(10)
    assert told.audio_s == {}


def test_a_key_that_is_no_longer_one_is_forgotten_after_its_last_request() -> None:
    told = Told()
    accounts = accounts_of(told, Clock(), audio_s_per_minute=60)
    with accounts.request(SECOND):
        charge_audio(1)
    with accounts.request(FIRST):
        charge_audio(1)
        accounts.keep(frozenset())
        assert told.inside == {"01010101": 1}
    assert told.inside == {}
    assert told.audio_s == {}
