"""NVIDIA's FastPitch and HiFi-GAN pairs with random weights: their files, in small.

Classes, tokenizers, rates, speakers and the layout of the files are as published, and so are the
names of classes that NeMo has renamed since. Layers are few and narrow, dictionaries short.
"""

import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from support.models.checkpoints import tar_of
from support.models.voice_configs import G2P, TOKENIZERS, Pair, fastpitch_config, hifigan_config

_OLD_TOKENIZERS = "nemo.collections.tts.torch.tts_tokenizers"
_OLD_G2P = "nemo.collections.tts.torch.g2ps"
_NORMALISER = """text_normalizer:
  _target_: nemo_text_processing.text_normalization.normalize.Normalizer
  lang: {}
  input_case: cased
"""
"""Added when a voice is saved: NeMo would build the grammars for half a minute."""
_FRAMES_A_TOKEN = 6
_LEVEL = 0.1

PAIRS = (
    Pair("tts_en_fastpitch", "tts_hifigan", "en", "Hello world.", tokenizer="arpabet"),
    Pair("tts_en_fastpitch_ipa", "tts_hifigan", "en", "Hello world.", tokenizer="en-ipa"),
    Pair(
        "tts_en_fastpitch_multispeaker",
        "tts_en_hifitts_hifigan_ft_fastpitch",
        "en",
        "Hello world.",
        44100,
        12_800,
        "arpabet",
    ),
    Pair(
        "tts_es_fastpitch_multispeaker",
        "tts_es_hifigan_ft_fastpitch_multispeaker",
        "es",
        "Hola mundo, niño.",
        44100,
        174,
        "es-ipa",
    ),
    Pair(
        "tts_de_fastpitch_thorstens2102",
        "tts_de_hifigan_thorstens2102",
        "de",
        "Hallo schöne Welt.",
        tokenizer="de-letters",
    ),
    Pair(
        "tts_de_fastpitch_thorstens2210",
        "tts_de_hifigan_thorstens2210",
        "de",
        "Hallo schöne Welt.",
        tokenizer="de-ipa",
    ),
    Pair(
        "tts_de_fastpitch_multispeaker_5",
        "tts_de_hui_hifigan_ft_fastpitch_multispeaker_5",
        "de",
        "Hallo schöne Welt.",
        44100,
        119,
        "de-letters",
    ),
    Pair("tts_en_fastpitch_letters", "tts_hifigan", "en", "Hello world.", tokenizer="en-letters"),
    Pair(
        "tts_en_fastpitch_encoder",
        "tts_hifigan",
        "en",
        "Hello world.",
        speakers=95,
        tokenizer="arpabet",
        encodes_speakers=True,
    ),
)
"""NVIDIA's pairs, and two as others have trained them: on English letters, with an encoder."""


def pair_named(name: str) -> Pair:
    """Returns the pair of the voice of this name."""
    [found] = [pair for pair in PAIRS if pair.name == name]
    return found


def save_pair(pair: Pair, folder: Path) -> tuple[Path, Path]:
    """Returns the voice's and the vocoder's `.nemo` files, which are made where they are missing.

    Args:
        pair: Which.
        folder: Where the files of all pairs are kept, by their published names.
    """
    voice, vocoder = folder / f"{pair.name}.nemo", folder / f"{pair.vocoder}.nemo"
    if not voice.exists():
        _save(lambda: _fastpitch(pair, folder), voice, _NORMALISER.format(pair.language))
    if not vocoder.exists():
        _save(lambda: _hifigan(pair), vocoder)
    return voice, vocoder


def _save(made: Callable[[], Any], path: Path, more_config: str = "") -> None:
    import torch  # noqa: PLC0415 with NeMo, ten seconds

    from nemo_voice_serving.nemo.loading import adopt_nemo  # noqa: PLC0415

    adopt_nemo()
    with torch.random.fork_rng():
        torch.manual_seed(7)
        model = made().eval()
    plain = path.with_suffix(".plain")
    model.save_to(str(plain))
    path.write_bytes(_as_published(plain.read_bytes(), more_config))
    plain.unlink()


def _as_published(archive: bytes, more_config: str) -> bytes:
    """Returns the archive with NeMo's class names of the time when NVIDIA published it."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        files = {
            member.name: content.read()
            for member in tar.getmembers()
            if (content := tar.extractfile(member)) is not None
        }
    for name, written in files.items():
        if name.endswith("model_config.yaml"):
            config = written.decode().replace(TOKENIZERS, _OLD_TOKENIZERS)
            config = config.replace(f"{G2P}.en_us_arpabet.EnglishG2p", f"{_OLD_G2P}.EnglishG2p")
            config = config.replace(
                f"{G2P}.i18n_ipa.IpaG2p", "nemo_text_processing.g2p.modules.IPAG2P"
            )
            files[name] = (config + more_config).encode()
    return tar_of(files)


def _fastpitch(pair: Pair, folder: Path) -> Any:
    import torch  # noqa: PLC0415
    from nemo.collections.tts.models import FastPitchModel  # noqa: PLC0415
    from nemo.core.connectors.save_restore_connector import SaveRestoreConnector  # noqa: PLC0415
    from omegaconf import OmegaConf  # noqa: PLC0415

    config = fastpitch_config(pair, folder)
    # That of a model that was loaded before takes no files but those of its archive.
    FastPitchModel.update_save_restore_connector(SaveRestoreConnector())
    model = FastPitchModel(OmegaConf.create(config))
    with torch.no_grad():
        network = model.fastpitch
        # Random durations would be of hundreds of frames, or of none.
        network.duration_predictor.fc.weight.mul_(0.3)
        network.duration_predictor.fc.bias.fill_(float(torch.log(torch.tensor(_FRAMES_A_TOKEN))))
        if network.speaker_emb is not None:
            network.speaker_emb.weight.mul_(2.0)  # so that speakers differ
    return model


def _hifigan(pair: Pair) -> Any:
    import torch  # noqa: PLC0415
    from nemo.collections.tts.models import HifiGanModel  # noqa: PLC0415
    from omegaconf import OmegaConf  # noqa: PLC0415

    model = HifiGanModel(OmegaConf.create(hifigan_config(pair)))
    with torch.no_grad():
        generator = model.generator
        for name, weight in generator.named_parameters():
            if name.endswith("bias"):  # or the sound would be that of the biases, whatever is said
                weight.zero_()
        sound = generator(x=torch.randn(1, 80, 32))
        level = float(sound.square().mean().sqrt())
        generator.conv_post.weight_g.mul_(_LEVEL / level)
    return model
