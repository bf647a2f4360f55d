"""A recogniser without the decoder that the settings name is refused as its settings arrive."""

from pathlib import Path

import pytest

from nemo_voice_serving.model_store.errors import ModelUnsupported
from nemo_voice_stt.__main__ import main
from nemo_voice_stt.model_files import fetch
from nemo_voice_stt.settings import SttSettings
from support.models.look_alikes import archive_of

TDT, HYBRID = "nvidia/parakeet-tdt-1.1b", "nvidia/parakeet-tdt_ctc-110m"


def settings_for(folder: Path, name: str, decoder: str) -> SttSettings:
    model = folder / "model.nemo"
    model.write_bytes(archive_of(name))
    given = {"model": model.as_uri(), "model_cache": folder / "cache", "decoder": decoder}
    return SttSettings.model_validate(given)


@pytest.mark.parametrize("decoder", ["auto", "transducer", "ctc"])
def test_hybrid_checkpoint_has_either_decoder(tmp_path: Path, decoder: str) -> None:
    model = fetch(settings_for(tmp_path, HYBRID, decoder))
    assert model.facts is not None
    assert model.facts.decoder == "TDT + CTC"


def test_missing_decoder_is_refused_and_nothing_is_unpacked(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, TDT, "ctc")
    with pytest.raises(ModelUnsupported, match=r"no CTC decoder, .* it has TDT alone"):
        fetch(settings)
    assert not list((tmp_path / "cache").rglob("model_weights.ckpt"))


def test_fetch_command_refuses_it_too_with_the_status_for_refusals(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_for(tmp_path, TDT, "ctc")
    flags = ["--model", settings.model, "--model-cache", str(settings.model_cache)]
    with pytest.raises(SystemExit) as ended:
        main(["fetch", *flags, "--decoder", "ctc"])
    assert ended.value.code == 3
    assert "NEMO_VOICE_DECODER" in capsys.readouterr().err
