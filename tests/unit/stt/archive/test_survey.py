"""What there is to do, and what contradicts, before anything runs."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nemo_voice_serving.errors import InvalidRequest
from nemo_voice_stt.archive.errors import ArchiveRefused
from nemo_voice_stt.archive.options import OutputFormat
from nemo_voice_stt.archive.recording import Found, Recording, Refused
from nemo_voice_stt.archive.survey import Once, Outputs, Survey, survey
from support.archives import FakeSink


def recording(path: str, **fields: object) -> Recording:
    return Recording(Path(path), path.partition(".")[0], **fields)  # type: ignore[arg-type]


def source(*found: Found) -> Callable[[], Iterator[Found]]:
    return lambda: iter(found)


def surveyed(*found: Found, sink: FakeSink | None = None) -> Survey:
    outputs = Outputs(sink or FakeSink(), (OutputFormat.JSON, OutputFormat.TXT))
    return survey(source(*found), outputs)


def test_what_is_left_is_measured_by_what_is_known_of_it() -> None:
    found = surveyed(
        recording("a.wav", stated_s=2.0),
        recording("b.wav", size_bytes=100),
        recording("c.mp3", size_bytes=10),
        recording("d.mp3", size_bytes=5, stated_s=1.0),
        recording("e.wav", size_bytes=7),
        recording("f.wav", size_bytes=9),
        Refused({}, InvalidRequest("no")),
        sink=FakeSink("e.json", "e.txt", "f.json"),
    )
    assert (found.recordings, found.done, found.refused) == (6, 1, 1)
    assert (found.left_s, found.left_bytes) == (3.0, {".wav": 109, ".mp3": 10})
    assert found.foreign == ["e.json", "e.txt", "f.json"]


def test_a_recording_named_twice_counts_once() -> None:
    one, done = recording("a.wav", stated_s=2.0), recording("b.wav", size_bytes=3)
    new = recording("c.wav", size_bytes=3)
    sink = FakeSink("b.json", "b.txt")
    found = surveyed(one, done, one, done, new, new, sink=sink)
    assert (found.recordings, found.done, found.left_s) == (3, 1, 2.0)
    assert found.left_bytes == {".wav": 3}
    once = Once(Outputs(sink, (OutputFormat.JSON,)), found.repeated)
    assert [once(each) for each in (one, done, one, recording("z.wav"), done)] == [
        *(True, True, False, True, False)
    ]


@pytest.mark.parametrize(
    "other",
    [
        recording("a.mp3"),
        recording("a.wav", start_s=0.0),
        recording("a.wav", language="de"),
        recording("a.wav", keywords=("x",)),
    ],
)
def test_different_recordings_with_the_same_outputs_are_refused(other: Recording) -> None:
    with pytest.raises(ArchiveRefused, match=rf"(?s)--keep-suffix.*a\.wav and {other.path}"):
        surveyed(recording("a.wav"), recording("b.wav"), other)


def test_names_that_differ_by_case_are_one_only_where_the_disk_says_so() -> None:
    both = (recording("a.wav"), recording("A.wav"))
    assert surveyed(*both).recordings == 2
    with pytest.raises(ArchiveRefused, match=r"a\.wav and A\.wav"):
        surveyed(*both, sink=FakeSink(folds_case=True))


def test_no_output_takes_the_name_of_a_file_of_ours() -> None:
    with pytest.raises(ArchiveRefused, match=r"would be nemo-voice-run\.json"):
        surveyed(Recording(Path("nemo-voice-run.wav"), "nemo-voice-run"))


def test_names_that_cannot_be_printed_are_escaped() -> None:
    with pytest.raises(ArchiveRefused, match=r"a\\n\.wav and a\\n\.mp3"):
        surveyed(Recording(Path("a\n.wav"), "a"), Recording(Path("a\n.mp3"), "a"))
