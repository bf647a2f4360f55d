"""`inspect` says what a checkpoint is without downloading it or importing NeMo."""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from nemo_voice_serving.cli.inspect import inspect_command
from nemo_voice_serving.model_store.checkpoints import Checkpoint
from nemo_voice_stt.model_files import model_of as recogniser_of
from nemo_voice_stt.settings import SttSettings
from nemo_voice_tts.model_files import model_of, vocoder_of
from nemo_voice_tts.settings import TtsSettings
from support.hub.server import Fault, Hub
from support.models.look_alikes import archive_of

VOICE, VOCODER = "nvidia/tts_en_fastpitch", "nvidia/tts_hifigan"
TALKERS = "nvidia/multitalker-parakeet-streaming-0.6b-v1"
LARGE = 6_000_000


@pytest.fixture
def nvidia(default_hub: Hub) -> Hub:
    """A hub with large look-alikes, of which only the beginning ever comes."""
    names = (VOICE, VOCODER, "nvidia/parakeet-tdt-0.6b-v3", TALKERS,
             "nvidia/stt_es_fastconformer_hybrid_large_pc")  # fmt: skip
    for name in names:
        content = archive_of(name, weight_bytes=LARGE)
        default_hub.add(name, {f"{name.partition('/')[2]}.nemo": content})
    content = archive_of("tts_es_fastpitch_multispeaker", weight_bytes=LARGE)
    default_hub.add("acme/spanish", {"spanish.nemo": content})
    default_hub.faults.extend([Fault(100_000, stalls=True)] * 2)
    return default_hub


def voice_and_vocoder(settings: TtsSettings) -> Sequence[Checkpoint]:
    return model_of(settings), vocoder_of(settings)


def inspected_voice(
    reference: str, capsys: pytest.CaptureFixture[str], cache: Path, **settings: Any
) -> tuple[dict[str, Any], int]:
    parsed = argparse.Namespace(reference=reference, json=True)
    status = inspect_command(parsed, TtsSettings(model_cache=cache, **settings), voice_and_vocoder)
    return json.loads(capsys.readouterr().out), status


def inspected_recogniser(
    reference: str, capsys: pytest.CaptureFixture[str], cache: Path, *, as_json: bool = True
) -> tuple[str, int]:
    parsed = argparse.Namespace(reference=reference, json=as_json)
    settings = SttSettings(model_cache=cache)
    status = inspect_command(parsed, settings, lambda known: (recogniser_of(known),))
    return capsys.readouterr().out, status


def test_recogniser_is_described_from_its_first_bytes(
    nvidia: Hub, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out, status = inspected_recogniser("nvidia/parakeet-tdt-0.6b-v3", capsys, tmp_path)
    found = json.loads(out)
    assert status == 0
    assert found["size_bytes"] > LARGE
    assert found["revision"] == "a" * 40
    assert (found["kind"], found["decoder"], len(found["languages"])) == ("transducer", "TDT", 25)
    assert list(tmp_path.iterdir()) == []


def test_table_says_why_a_checkpoint_is_not_served(
    nvidia: Hub, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out, status = inspected_recogniser(TALKERS, capsys, tmp_path, as_json=False)
    rows = dict(line.split("  ", 1) for line in out.splitlines())
    assert status == 1
    assert rows["decoder"].strip() == "RNNT"
    assert rows["used as"].strip() == "recogniser of speech to text"
    assert rows["served"].strip().startswith("no. It is a transducer for several speakers")


def test_voice_is_shown_with_its_vocoder(
    nvidia: Hub, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    found, status = inspected_voice(VOICE, capsys, tmp_path)
    assert status == 0
    assert (found["kind"], found["vocoder"]["source"]) == ("FastPitch", VOCODER)
    assert found["vocoder"]["is_served"] is True


def test_voice_that_the_default_vocoder_does_not_fit(
    nvidia: Hub, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    found, status = inspected_voice("acme/spanish", capsys, tmp_path)
    assert status == 1
    assert (found["languages"], found["speakers"]) == (["es"], 174)
    assert "tts_es_hifigan_ft_fastpitch_multispeaker" in found["vocoder"]["reason"]


def test_vocoder_alone_is_served_as_a_vocoder(
    nvidia: Hub, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    found, status = inspected_voice(VOCODER, capsys, tmp_path)
    assert (status, found["role"], found["is_served"]) == (0, "vocoder", True)
    assert "vocoder" not in found


def test_local_file_is_shown_without_its_digest(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "evil.nemo").write_bytes(archive_of(VOICE, deep={"trust_remote_code": True}))
    found, status = inspected_voice(f"file://{tmp_path}/evil.nemo", capsys, tmp_path / "cache")
    assert status == 1
    assert "trust_remote_code" in found["reason"]
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("reference", ["nvidia/nothing", "voice", "file:///nothing.nemo"])
def test_what_cannot_be_had_is_an_error(
    nvidia: Hub, capsys: pytest.CaptureFixture[str], tmp_path: Path, reference: str
) -> None:
    with pytest.raises(SystemExit, match=r"^error: "):
        inspected_voice(reference, capsys, tmp_path)


@pytest.mark.parametrize("package", ["nemo_voice_stt", "nemo_voice_tts"])
def test_neither_nemo_nor_torch_is_imported(package: str) -> None:
    program = (
        "import sys, runpy\n"
        f"sys.argv = ['{package}', 'inspect', 'demo']\n"
        "try:\n"
        f"    runpy.run_module('{package}', run_name='__main__')\n"
        "except SystemExit as end:\n"
        "    assert end.code == 0, end.code\n"
        "assert not {'torch', 'nemo', 'omegaconf'} & set(sys.modules)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=60
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_magpie_voice_is_shown_with_the_sound_of_its_codec(
    default_hub: Hub, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    voice = "nvidia/magpie_tts_multilingual_357m"
    codec = "nvidia/nemo-nano-codec-22khz-1.89kbps-21.5fps"
    for name in (voice, codec):
        default_hub.add(name, {f"{name.partition('/')[2]}.nemo": archive_of(name)})
    found, status = inspected_voice(voice, capsys, tmp_path)
    assert status == 1
    assert (found["kind"], found["sample_rate_hz"]) == ("Magpie", 22050)
    assert found["languages"][:3] == ["en", "es", "de"]
    assert "nine times as long as its speech" in found["reason"]
    assert (found["codec"]["source"], found["codec"]["kind"]) == (codec, "codec")
    del default_hub.repositories[codec]
    found, status = inspected_voice(voice, capsys, tmp_path)
    assert (status, found["sample_rate_hz"]) == (1, None)
    assert codec in found["codec"]["reason"]
