"""Resolves the checkpoints that the settings name, in the store that the settings describe."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nemo_voice_serving.model_store.progress import Progress
from nemo_voice_serving.model_store.reference import parse_reference
from nemo_voice_serving.model_store.store import ModelStore, StoredModel
from nemo_voice_serving.model_store.weights import CodeFinder
from nemo_voice_serving.settings import ServiceSettings

IMAGE_DEMO_MODELS = Path("/opt/nemo-voice/models/demo")
"""Folder of the demo checkpoints in the images."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A .nemo file that a service is made of, as its settings name it."""

    role: str
    """Its role in the service: `model` or `vocoder`."""
    source: str
    revision: str | None
    sha256: str | None
    demo_file: str
    """The demo checkpoint that the source `demo` means."""


def model_of(settings: ServiceSettings, demo_file: str) -> Checkpoint:
    """Returns the model's checkpoint that the settings name."""
    return Checkpoint(
        role="model",
        source=settings.model,
        revision=settings.model_revision,
        sha256=settings.model_sha256,
        demo_file=demo_file,
    )


def demo_directory(settings: ServiceSettings, package_file: Path = Path(__file__)) -> Path | None:
    """Returns the folder of the demo checkpoints: as set, in the repository, or in the image."""
    if settings.demo_models is not None:
        return settings.demo_models
    candidates = [parent / "models" / "demo" for parent in package_file.resolve().parents]
    return next((path for path in [*candidates, IMAGE_DEMO_MODELS] if path.is_dir()), None)


def resolve_checkpoint(
    settings: ServiceSettings,
    checkpoint: Checkpoint,
    progress: Callable[[Progress], None] | None = None,
    *,
    code_in: CodeFinder,
) -> StoredModel:
    """Returns the checkpoint's verified, unpacked files, downloaded first if they are not stored.

    Raises:
        ModelStoreError: The message says what is wrong and what to do.
    """
    store = ModelStore(
        settings.model_cache,
        code_in,
        offline=settings.offline,
        demo_directory=demo_directory(settings),
        progress=progress,
        ca_bundle=settings.ca_bundle,
    )
    reference = parse_reference(checkpoint.source, checkpoint.revision, checkpoint.sha256)
    return store.resolve(reference, demo_file=checkpoint.demo_file)
