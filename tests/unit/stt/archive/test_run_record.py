"""What outputs were made with, remembered beside them."""

import json
from typing import Any

import pytest

from nemo_voice_stt.archive.errors import ArchiveRefused
from nemo_voice_stt.archive.names import RUN
from nemo_voice_stt.archive.run_record import RunRecord
from support.archives import FakeSink

OPTIONS: dict[str, Any] = {"format": ["json"], "language": None}
MODEL: dict[str, Any] = {"source": "demo", "revision": "r1"}


def test_the_first_run_writes_what_the_next_one_finds_unchanged() -> None:
    sink = FakeSink()
    first = RunRecord(sink, OPTIONS)
    assert first.is_first
    first.refuse_other_options()
    first.begin(MODEL, "1.0")
    written = sink.files[RUN]
    assert json.loads(written) == {"version": "1.0", "model": MODEL, "options": OPTIONS}
    second = RunRecord(sink, OPTIONS)
    assert not second.is_first
    second.refuse_other_options()
    second.begin(MODEL, "2.0")
    assert sink.files[RUN] == written


def test_every_difference_is_named() -> None:
    sink = FakeSink()
    RunRecord(sink, OPTIONS).begin(MODEL, "1.0")
    other = RunRecord(sink, {"format": ["json", "srt"], "language": "de", "words": True})
    with pytest.raises(ArchiveRefused) as refused:
        other.refuse_other_options()
    assert str(refused.value).splitlines()[1:] == [
        '  --format was ["json"], and is ["json", "srt"] now',
        '  --language was null, and is "de" now',
        "  --words was null, and is true now",
    ]
    with pytest.raises(ArchiveRefused, match='the model\'s revision was "r1", and is "r2" now'):
        other.begin({**MODEL, "revision": "r2"}, "1.0")


@pytest.mark.parametrize(
    ("data", "told"),
    [(b"{", "is no JSON"), (b"[]", "is no record"), (b'{"options": 3}', "--format was null")],
)
def test_a_record_that_is_none_is_refused(data: bytes, told: str) -> None:
    sink = FakeSink(RUN)
    sink.files[RUN] = data
    with pytest.raises(ArchiveRefused, match=told):
        RunRecord(sink, OPTIONS).refuse_other_options()
