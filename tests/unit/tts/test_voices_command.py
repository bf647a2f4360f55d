"""The command `voices`, on configurations alone: names, speakers, refusals."""

from pathlib import Path

import pytest

from nemo_voice_tts.__main__ import main
from support.models.look_alikes import archive_of

HIFI_TTS, SPANISH = "tts_en_fastpitch_multispeaker", "tts_es_fastpitch_multispeaker"


@pytest.fixture
def archive(tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The address of a published voice's archive, which holds no weights to load."""
    path = tmp_path / f"{request.param}.nemo"
    path.write_bytes(archive_of(request.param))
    return path.as_uri()


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    assert main(["voices", *arguments]) == 0
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("archive", [HIFI_TTS], indirect=True)
def test_published_names_are_printed_with_their_speakers(
    archive: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = printed(capsys, "--model", archive)
    assert (len(lines), lines[0], lines[-1]) == (10, "cori-samuel\t92", "likemanywaters\t12787")


@pytest.mark.parametrize("archive", [SPANISH], indirect=True)
def test_own_names_or_numbers_are_printed(archive: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "--model", archive)[-1] == "173\t173"
    named = printed(capsys, "--model", archive, "--speakers", '{"lucía": 7, "alloy": 7}')
    assert named == ["lucía\t7", "alloy\t7"]


def test_the_one_voice_of_the_demo_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys) == ["default\t0"]


@pytest.mark.parametrize("archive", [SPANISH], indirect=True)
@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--speakers", '{"helen": 174}'], "names speaker 174 'helen', and it has 174 speakers"),
        (["--default-voice", "helen"], "NEMO_VOICE_DEFAULT_VOICE is 'helen'"),
        (["--speakers", '{"helen": "92"}'], "no whole number"),
    ],
)
def test_speakers_that_the_model_has_not_are_an_error(
    archive: str, flags: list[str], words: str
) -> None:
    with pytest.raises(SystemExit, match=words):
        main(["voices", "--model", archive, *flags])


@pytest.mark.parametrize("archive", [SPANISH], indirect=True)
def test_inspect_refuses_them_too(archive: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", archive, "--speakers", '{"helen": 174}', "--vocoder", archive]) == 1
    assert "no. NEMO_VOICE_SPEAKERS names speaker 174 'helen'" in capsys.readouterr().out


@pytest.mark.parametrize("archive", ["tts_zh_fastpitch_sfspeech"], indirect=True)
def test_a_voice_whose_language_is_not_read_is_refused_with_those_that_are(archive: str) -> None:
    with pytest.raises(SystemExit, match="speaks zh, and texts are read in"):
        main(["voices", "--model", archive])
