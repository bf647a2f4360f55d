"""A service's checkpoints are judged before they are downloaded, and again when they are stored."""

import gzip
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from nemo_voice_serving.model_kinds.kinds import Role
from nemo_voice_serving.model_store import download
from nemo_voice_serving.model_store.checkpoints import Checkpoint, Checkpoints, facts_for
from nemo_voice_serving.model_store.errors import (
    FailureReason,
    ModelArchiveRefused,
    ModelDiskFull,
    ModelUnsupported,
)
from nemo_voice_serving.model_store.reference import parse_reference
from nemo_voice_serving.settings import ServiceSettings
from support.hub.server import Fault, Hub
from support.models.checkpoints import tar_of, weights
from support.models.look_alikes import archive_of, config_of
from support.models.stores import fetch, no_code_in, store_of

VOICE, VOCODER = "nvidia/tts_en_fastpitch", "nvidia/tts_hifigan"
LARGE = 6_000_000
"""More than the buffers between a server and a client that hangs up."""


@pytest.fixture
def settings(default_hub: Hub, tmp_path: Path) -> ServiceSettings:
    """Settings whose hub is the test's."""
    return ServiceSettings(model_cache=tmp_path / "cache")


def checkpoint(source: str, wants: Role, role: str = "model") -> Checkpoint:
    return Checkpoint(role, source, None, None, "demo.nemo", wants)


def published(hub: Hub, name: str, *, as_: str = "", **options: Any) -> None:
    repository = as_ or name
    hub.add(repository, {f"{repository.partition('/')[2]}.nemo": archive_of(name, **options)})


def sent_bytes(cache: Path) -> int:
    return sum(path.stat().st_size for path in cache.rglob("*") if path.is_file())


def test_unsupported_model_is_refused_while_it_arrives(hub: Hub, settings: ServiceSettings) -> None:
    name = "nvidia/speakerverification_en_titanet_large"
    published(hub, name, weight_bytes=LARGE)
    hub.faults.append(Fault(100_000, stalls=True))  # the rest never comes
    with pytest.raises(ModelUnsupported, match="It is a model of speakers") as error:
        Checkpoints(settings, code_in=no_code_in).resolve(checkpoint(name, Role.RECOGNISER))
    assert error.value.reason is FailureReason.UNSUPPORTED_MODEL
    assert "nvidia/parakeet-tdt" in error.value.problem
    assert sent_bytes(settings.model_cache) == 0


def test_unsupported_model_is_refused_for_its_kind_and_not_for_its_size(
    hub: Hub, tmp_path: Path
) -> None:
    name = "nvidia/speakerverification_en_titanet_large"
    published(hub, name, weight_bytes=LARGE)
    hub.faults.append(Fault(100_000, stalls=True))
    judge = partial(facts_for, checkpoint(name, Role.RECOGNISER))
    with pytest.raises(ModelUnsupported, match="a model of speakers"):
        fetch(tmp_path, hub.url, name, free=lambda _: 1_000_000, judge=judge)


def test_supported_model_that_does_not_fit_needs_room(hub: Hub, tmp_path: Path) -> None:
    published(hub, VOICE, weight_bytes=LARGE)
    hub.faults.append(Fault(100_000, stalls=True))
    judge = partial(facts_for, checkpoint(VOICE, Role.VOICE))
    with pytest.raises(ModelDiskFull, match="1000000 are free"):
        fetch(tmp_path, hub.url, VOICE, free=lambda _: 1_000_000, judge=judge)


def test_resumed_download_is_judged_from_its_part_on_disk(hub: Hub, tmp_path: Path) -> None:
    published(hub, VOICE, weight_bytes=LARGE)
    hub.faults.extend([Fault(100_000)] * 9)
    judged: list[bytes] = []
    store_of(tmp_path, hub.url, judge=judged.append).resolve(parse_reference(VOICE))
    assert len(hub.ranges()) > 2
    assert len(set(judged)) == 1


def test_misfit_of_voice_and_vocoder_is_found_before_either_download(
    hub: Hub, settings: ServiceSettings
) -> None:
    voice = "nvidia/tts_es_fastpitch_multispeaker"
    published(hub, "tts_es_fastpitch_multispeaker", as_=voice, weight_bytes=LARGE)
    published(hub, VOCODER, weight_bytes=LARGE)
    wanted = (checkpoint(voice, Role.VOICE), checkpoint(VOCODER, Role.VOCODER, "vocoder"))
    hub.faults.extend([Fault(100_000, stalls=True)] * 2)
    words = r"tts_hifigan does not fit the voice\. .*takes 22050 Hz, and the voice makes 44100 Hz"
    with pytest.raises(ModelUnsupported, match=words):
        Checkpoints(settings, code_in=no_code_in).fetch(wanted)
    assert sent_bytes(settings.model_cache) == 0


def test_pair_that_fits_is_fetched_with_its_facts(hub: Hub, settings: ServiceSettings) -> None:
    published(hub, VOICE)
    published(hub, VOCODER)
    wanted = (checkpoint(VOICE, Role.VOICE), checkpoint(VOCODER, Role.VOCODER, "vocoder"))
    voice, vocoder = Checkpoints(settings, code_in=no_code_in).fetch(wanted)
    assert voice.facts is not None
    assert vocoder.facts is not None
    assert (voice.facts.kind.name, voice.facts.languages) == ("FastPitch", ("en",))
    assert vocoder.facts.kind.name == "HiFi-GAN"
    hub.seen.clear()
    Checkpoints(settings.model_copy(update={"offline": True}), code_in=no_code_in).fetch(wanted)
    assert not hub.seen


def test_search_for_a_configuration_in_a_file_without_one_ends(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "MOST_SEARCHED_BYTES", 500_000)
    hub.files["late.nemo"] = tar_of({"a.ckpt": bytes(LARGE), "model_config.yaml": b"late"})
    hub.faults.append(Fault(1_000_000, stalls=True))
    store = store_of(tmp_path, hub.url)
    located = store.locate(parse_reference(f"{hub.url}/files/late.nemo"))
    assert store.read_config(located) is None


def test_hostile_configuration_is_refused_while_it_arrives(
    hub: Hub, settings: ServiceSettings
) -> None:
    published(hub, VOICE, weight_bytes=LARGE, semantic_codec_path="evil/codec")
    hub.faults.append(Fault(100_000, stalls=True))
    with pytest.raises(ModelArchiveRefused, match="semantic_codec_path: 'evil/codec'") as error:
        Checkpoints(settings, code_in=no_code_in).resolve(checkpoint(VOICE, Role.VOICE))
    assert error.value.reason is FailureReason.UNSAFE_CONFIG
    assert sent_bytes(settings.model_cache) == 0


@pytest.mark.parametrize("is_compressed", [False, True])
def test_unsupported_file_is_refused_before_its_digest_is_taken(
    settings: ServiceSettings, tmp_path: Path, is_compressed: bool
) -> None:
    archive = tmp_path / "ours.nemo"
    content = archive_of("tts_en_tacotron2")
    archive.write_bytes(gzip.compress(content) if is_compressed else content)
    phases: list[str] = []
    with pytest.raises(ModelUnsupported, match=r"cannot be served\. It is a Tacotron 2"):
        Checkpoints(settings, code_in=no_code_in).resolve(
            checkpoint(f"file://{archive}", Role.VOICE), lambda now: phases.append(now.phase)
        )
    assert set(phases) == {"resolving"}


def test_model_that_was_stored_before_kinds_were_judged_is_refused(
    hub: Hub, settings: ServiceSettings
) -> None:
    name = "nvidia/multitalker-parakeet-streaming-0.6b-v1"
    published(hub, name)
    store_of(settings.model_cache, hub.url).resolve(parse_reference(name))
    with pytest.raises(ModelUnsupported, match="several speakers at once"):
        Checkpoints(settings, code_in=no_code_in).resolve(checkpoint(name, Role.RECOGNISER))


def test_configuration_behind_the_weights_is_judged_before_it_is_stored(
    settings: ServiceSettings, tmp_path: Path
) -> None:
    late = {"a.ckpt": weights(), "model_config.yaml": config_of("tts_en_radtts")}
    (tmp_path / "late.nemo").write_bytes(tar_of(late))
    with pytest.raises(ModelUnsupported, match="RAD-TTS"):
        Checkpoints(settings, code_in=no_code_in).resolve(
            checkpoint(f"file://{tmp_path}/late.nemo", Role.VOICE)
        )
    assert not list(settings.model_cache.glob("local*"))
