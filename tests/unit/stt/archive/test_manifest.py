"""Lines of NeMo manifests."""

import json
import os
import tracemalloc
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from nemo_voice_stt.archive.manifest import recordings_listed
from nemo_voice_stt.archive.recording import Recording, Refused
from support.archives import manifest


def only(tmp_path: Path, row: dict[str, Any]) -> Recording | Refused:
    (one,) = recordings_listed(manifest(tmp_path / "m.json", row))
    return one


def recording(tmp_path: Path, **row: Any) -> Recording:
    one = only(tmp_path, {"audio_filepath": "a.wav", **row})
    assert isinstance(one, Recording)
    return one


def test_paths_are_relative_to_the_manifest(tmp_path: Path) -> None:
    one = recording(tmp_path, audio_filepath="calls/a.wav")
    assert (one.path, one.name) == (tmp_path / "calls/a.wav", "calls/a")


def test_absolute_paths_keep_their_folders(tmp_path: Path) -> None:
    inside = recording(tmp_path, audio_filepath=str(tmp_path / "x" / "a.wav"))
    outside = recording(tmp_path, audio_filepath="/data/calls/a.wav")
    above = recording(tmp_path, audio_filepath="../../../../../../../../a.wav")
    assert (inside.name, outside.name, above.name) == ("x/a", "data/calls/a", "a")


def test_a_duration_alone_means_the_whole_file(tmp_path: Path) -> None:
    one = recording(tmp_path, duration=3.5)
    assert (one.start_s, one.length_s, one.stated_s) == (None, None, 3.5)


def test_an_offset_means_a_part(tmp_path: Path) -> None:
    one = recording(tmp_path, offset=0, duration=3.5)
    assert (one.start_s, one.length_s, one.name) == (0.0, 3.5, "a@0.000-3.500")


@pytest.mark.parametrize("field", ["lang", "language", "source_lang"])
def test_the_language_has_several_names(tmp_path: Path, field: str) -> None:
    assert recording(tmp_path, **{field: "de", "target_lang": "en"}).language == "de"


@pytest.mark.parametrize(
    ("given", "keywords"), [("a, b", ("a, b",)), (["a", "b"], ("a", "b")), (None, ()), ("", ())]
)
def test_keywords_are_a_text_or_a_list(
    tmp_path: Path, given: object, keywords: tuple[str, ...]
) -> None:
    assert recording(tmp_path, keywords=given).keywords == keywords


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"audio_filepath": 3},
        {"audio_filepath": ""},
        {"audio_filepath": "a\0.wav"},
        {"audio_filepath": "a\ud800.wav"},
        {"audio_filepath": "a", "duration": "long"},
        {"audio_filepath": "a", "duration": float("nan")},
        {"audio_filepath": "a", "duration": True},
        {"audio_filepath": "a", "offset": -1},
        {"audio_filepath": "a", "offset": float("inf")},
        {"audio_filepath": "a", "offset": 10**400},
        {"audio_filepath": "a", "lang": 3},
        {"audio_filepath": "a", "keywords": [3]},
        {"audio_filepath": "a", "keywords": ["\ud800"]},
        {"audio_filepath": "a", "keywords": {"x": 1}},
    ],
)
def test_a_wrong_line_is_refused_with_its_number(tmp_path: Path, row: dict[str, Any]) -> None:
    one = only(tmp_path, row)
    assert isinstance(one, Refused)
    assert one.place == {"manifest": str(tmp_path / "m.json"), "line": 1}
    assert one.error.code == "invalid_request"


def test_deeply_nested_json_is_one_bad_line(tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text("[" * 100_000 + "\n" + '{"audio_filepath": "a.wav"}')
    first, second = recordings_listed(tmp_path / "m.json")
    assert isinstance(first, Refused)
    assert isinstance(second, Recording)


def test_names_of_any_bytes_and_marks_of_order_are_read(tmp_path: Path) -> None:
    data = b'\xef\xbb\xbf{"audio_filepath": "caf\xe9.wav"}\r\n{"audio_filepath": "b\\udce9.wav"}'
    (tmp_path / "m.json").write_bytes(data)
    names = [os.fsencode(one.name) for one in recordings_listed(tmp_path / "m.json")
             if isinstance(one, Recording)]  # fmt: skip
    assert names == [b"caf\xe9", b"b\xe9"]


def test_a_long_manifest_takes_no_memory(tmp_path: Path) -> None:
    line = json.dumps({"audio_filepath": "calls/a.wav", "duration": 1.0, "text": "x" * 500}) + "\n"
    (tmp_path / "m.json").write_text(line * 20_000)
    listed = recordings_listed(tmp_path / "m.json")
    next(listed)
    tracemalloc.start()
    assert sum(1 for _ in islice(listed, None)) == 19_999
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000
