"""The names of outputs."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nemo_voice_stt.archive.names import (
    output_name,
    part_of_name,
    relative_to_root,
    same_on_disk,
)


@pytest.mark.parametrize(
    ("relative", "name", "with_suffix"),
    [
        ("a.wav", "a", "a.wav"),
        ("calls/2024.01.02.mp3", "calls/2024.01.02", "calls/2024.01.02.mp3"),
        ("no-suffix", "no-suffix", "no-suffix"),
        ("b.d/c", "b.d/c", "b.d/c"),
    ],
)
def test_an_output_has_the_name_of_its_recording(
    relative: str, name: str, with_suffix: str
) -> None:
    assert output_name(relative, keep_suffix=False) == name
    assert output_name(relative, keep_suffix=True) == with_suffix


def test_parts_of_a_file_are_told_apart_by_their_times() -> None:
    assert part_of_name(12.5, 4.75) == "@12.500-17.250"
    assert part_of_name(0.0, None) == "@0.000-"


@pytest.mark.parametrize(
    ("path", "relative"),
    [
        ("/data/a.wav", "a.wav"),
        ("/data/x/../b/a.wav", "b/a.wav"),
        ("/database/a.wav", "database/a.wav"),
        ("/data/../../etc/a.wav", "etc/a.wav"),
    ],
)
def test_no_recording_has_its_outputs_outside_the_folder(path: str, relative: str) -> None:
    assert relative_to_root(path, "/data") == relative


def test_at_the_root_of_the_disk_names_are_relative_too() -> None:
    assert relative_to_root("/a.wav", "/") == "a.wav"


@pytest.mark.parametrize("folds_case", [True, False])
def test_names_are_the_same_as_the_disk_has_it(folds_case: bool) -> None:
    first, second = "Café", "CAFE\u0301"
    are_same = same_on_disk(first, folds_case=folds_case) == same_on_disk(
        second, folds_case=folds_case
    )
    assert are_same == folds_case


PARTS = st.lists(st.sampled_from(["..", ".", "", "a", "b.wav", "data", "…"]), max_size=8)


@settings(deadline=None, database=None, derandomize=True)
@given(root=PARTS, path=PARTS)
def test_whatever_the_path_the_output_is_below_the_folder(root: list[str], path: list[str]) -> None:
    folder = os.path.abspath("/" + "/".join(root))  # noqa: PTH100 text, as a manifest has it
    recording = os.path.join(folder, "/".join(path))  # noqa: PTH118
    parts = relative_to_root(recording, folder).split("/")
    assert ".." not in parts
    assert len(parts) == 1 or "" not in parts
