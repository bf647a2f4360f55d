"""Quotas of API keys: requests in flight, audio seconds a minute, and what metrics receive."""

import pytest

from nemo_voice_serving.access.quotas import Quotas, TokenBucket, charge_audio
from nemo_voice_serving.errors import RateLimitExceeded
from nemo_voice_serving.settings import KeyLimitSettings

FIRST, SECOND = b"\x01" * 32, b"\x02" * 32


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


class RecordingObserver:
    """Keeps what the metrics would receive."""

    def __init__(self) -> None:
        self.in_flight: dict[str, int] = {}
        self.audio_s: dict[str, float] = {}
        self.refused: list[tuple[str, str]] = []

    def key_changed(self, key: str, in_flight: int) -> None:
        self.in_flight[key] = in_flight

    def key_charged(self, key: str, audio_s: float) -> None:
        self.audio_s[key] = self.audio_s.get(key, 0) + audio_s

    def key_refused(self, key: str, limit: str) -> None:
        self.refused.append((key, limit))

    def key_gone(self, key: str) -> None:
        del self.in_flight[key]
        self.audio_s.pop(key, None)


def quotas_of(observer: RecordingObserver, clock: Clock, **limits: float) -> Quotas:
    quotas = Quotas(KeyLimitSettings.model_validate(limits), observer, clock)
    quotas.keep(frozenset({FIRST, SECOND}))
    return quotas


def test_a_key_over_its_concurrency_limit_is_refused_until_one_of_its_requests_ends() -> None:
    observer = RecordingObserver()
    quotas = quotas_of(observer, Clock(), requests=2)
    with quotas.request(FIRST), quotas.request(FIRST), quotas.request(SECOND):
        with pytest.raises(RateLimitExceeded, match="may have 2") as refused, \
                quotas.request(FIRST):  # fmt: skip
            raise AssertionError("a third request got in")
        assert refused.value.headers()["Retry-After"] == "1"
    with pytest.raises(KeyError), quotas.request(FIRST):
        raise KeyError("a request that fails")
    with quotas.request(FIRST), quotas.request(FIRST):
        pass
    assert observer.in_flight == {"01010101": 0, "02020202": 0}
    assert observer.refused == [("01010101", "requests")]


def test_without_limits_usage_is_counted_and_nothing_is_refused() -> None:
    observer = RecordingObserver()
    quotas = quotas_of(observer, Clock())
    for _ in range(100):
        with quotas.request(FIRST) as usage:
            charge_audio(3600)
    assert usage.headers() == {}
    assert observer.audio_s == {"01010101": 360_000}


def test_requests_are_refused_once_the_audio_quota_is_used_and_it_refills_evenly() -> None:
    clock, observer = Clock(), RecordingObserver()
    quotas = quotas_of(observer, clock, audio_s_per_minute=120)
    with quotas.request(FIRST) as usage:
        charge_audio(130)
    with pytest.raises(RateLimitExceeded) as refused, quotas.request(FIRST):
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
    with quotas.request(FIRST), quotas.request(SECOND):
        pass
    assert usage.headers()["x-ratelimit-remaining-audio-seconds"] == "1.0"
    clock.now_s += 1000
    assert usage.headers()["x-ratelimit-remaining-audio-seconds"] == "120.0"
    assert usage.headers()["x-ratelimit-reset-audio-seconds"] == "0s"
    assert observer.refused == [("01010101", "audio_seconds")]


def test_a_bucket_that_holds_less_than_a_second_opens_when_it_is_full() -> None:
    clock = Clock()
    bucket = TokenBucket(0.5, clock)
    assert bucket.open_in_s == 0
    bucket.take(0.1)
    clock.now_s += bucket.open_in_s
    assert bucket.open_in_s == pytest.approx(0)


def test_in_an_hour_a_key_gets_at_most_its_hourly_audio_and_one_full_bucket() -> None:
    clock = Clock()
    quotas = quotas_of(RecordingObserver(), clock, audio_s_per_minute=60)
    served_s = 0.0
    for _ in range(3600):
        clock.now_s += 1
        try:
            with quotas.request(FIRST):
                charge_audio(7)
                served_s += 7
        except RateLimitExceeded:
            continue
    assert 3600 <= served_s <= 3600 + 60 + 7


def test_audio_of_a_request_without_a_key_is_not_charged() -> None:
    observer = RecordingObserver()
    quotas_of(observer, Clock())
    charge_audio(10)
    assert observer.audio_s == {}


def test_a_removed_key_is_forgotten_after_its_last_request() -> None:
    observer = RecordingObserver()
    quotas = quotas_of(observer, Clock(), audio_s_per_minute=60)
    with quotas.request(SECOND):
        charge_audio(1)
    with quotas.request(FIRST):
        charge_audio(1)
        quotas.keep(frozenset())
        assert observer.in_flight == {"01010101": 1}
    assert observer.in_flight == {}
    assert observer.audio_s == {}
