"""Resolves the checkpoints that the settings name, in the store that the settings describe."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from nemo_voice_serving.model_kinds.config import CONFIG_NAME
from nemo_voice_serving.model_kinds.errors import MalformedConfig, UnsafeConfig, UnsupportedModel
from nemo_voice_serving.model_kinds.facts import ModelFacts
from nemo_voice_serving.model_kinds.judgement import judged, refuse_misfit
from nemo_voice_serving.model_kinds.kinds import Role
from nemo_voice_serving.model_store.config_finder import ConfigJudge, config_in
from nemo_voice_serving.model_store.disk import reading
from nemo_voice_serving.model_store.errors import (
    FailureReason,
    ModelArchiveRefused,
    ModelUnsupported,
)
from nemo_voice_serving.model_store.progress import Progress
from nemo_voice_serving.model_store.reference import ModelKind, parse_reference, shown
from nemo_voice_serving.model_store.store import LocatedModel, ModelStore
from nemo_voice_serving.model_store.stored import StoredModel
from nemo_voice_serving.model_store.weights import CodeFinder
from nemo_voice_serving.settings import ServiceSettings

IMAGE_DEMO_MODELS = Path("/opt/nemo-voice/models/demo")
"""Folder of the demo checkpoints in the images."""


ProgressListener = Callable[[Progress], None]
FactsCheck = Callable[[ModelFacts], None]
"""Raises `UnsupportedModel` for a checkpoint that does not fit the settings of its service."""


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
    wants: Role
    """What it is used as."""
    check: FactsCheck | None = None
    """What else its service asks of it."""


def model_of(
    settings: ServiceSettings, demo_file: str, wants: Role, check: FactsCheck | None = None
) -> Checkpoint:
    """Returns the model's checkpoint that the settings name."""
    return Checkpoint(
        role="model",
        source=settings.model,
        revision=settings.model_revision,
        sha256=settings.model_sha256,
        demo_file=demo_file,
        wants=wants,
        check=check,
    )


def demo_directory(settings: ServiceSettings, package_file: Path = Path(__file__)) -> Path | None:
    """Returns the folder of the demo checkpoints: as set, in the repository, or in the image."""
    if settings.demo_models is not None:
        return settings.demo_models
    candidates = [parent / "models" / "demo" for parent in package_file.resolve().parents]
    return next((path for path in [*candidates, IMAGE_DEMO_MODELS] if path.is_dir()), None)


class Checkpoints:
    """The checkpoints of one service: each is judged by what it is to be used as.

    Args:
        settings: Of the service; they describe the store.
        code_in: Finds code in the weights of a new model.
    """

    def __init__(self, settings: ServiceSettings, *, code_in: CodeFinder) -> None:
        self._settings = settings
        self._code_in = code_in
        self._located: dict[str, tuple[ModelStore, LocatedModel]] = {}
        self._voice: ModelFacts | None = None

    def fetch(
        self, checkpoints: Sequence[Checkpoint], progress: ProgressListener | None = None
    ) -> list[StoredModel]:
        """Returns the files of all, downloaded first where they are not stored.

        Raises:
            ModelStoreError: The message says what is wrong and what to do.
        """
        if len(checkpoints) > 1:  # one alone is judged while it arrives
            for checkpoint in checkpoints:
                self.judge(checkpoint, progress)
        return [self.resolve(checkpoint, progress) for checkpoint in checkpoints]

    def judge(self, checkpoint: Checkpoint, progress: ProgressListener | None = None) -> None:
        """Judges a checkpoint before its download; a vocoder with the voice that was judged before.

        Raises:
            ModelStoreError: It is refused, or its configuration cannot be had.
        """
        store, located = self._locate(checkpoint, progress)
        config = store.read_config(located)
        if config is not None:  # without one, its download says what is wrong with it
            facts = facts_for(checkpoint, config)
            self._refuse_misfit(checkpoint, facts)

    def resolve(
        self, checkpoint: Checkpoint, progress: ProgressListener | None = None
    ) -> StoredModel:
        """Returns the checkpoint's verified, unpacked files and its facts.

        Raises:
            ModelStoreError: The message says what is wrong and what to do.
        """
        store, located = self._located.get(checkpoint.role) or self._locate(checkpoint, progress)
        model = store.fetch(located)
        facts = facts_for(checkpoint, (model.directory / CONFIG_NAME).read_bytes())
        self._refuse_misfit(checkpoint, facts)
        return replace(model, facts=facts)

    def _locate(
        self, checkpoint: Checkpoint, progress: ProgressListener | None
    ) -> tuple[ModelStore, LocatedModel]:
        judge = partial(facts_for, checkpoint)
        store = _store(self._settings, self._code_in, judge, progress)
        reference = parse_reference(checkpoint.source, checkpoint.revision, checkpoint.sha256)
        located = store.locate(reference, demo_file=checkpoint.demo_file)
        self._located[checkpoint.role] = store, located
        return store, located

    def _refuse_misfit(self, checkpoint: Checkpoint, facts: ModelFacts) -> None:
        if checkpoint.wants is Role.VOICE:
            self._voice = facts
        elif checkpoint.wants is Role.VOCODER and self._voice is not None:
            with _explained(checkpoint.source, "does not fit the voice"):
                refuse_misfit(self._voice, facts)


def _store(
    settings: ServiceSettings,
    code_in: CodeFinder,
    judge: ConfigJudge | None = None,
    progress: ProgressListener | None = None,
) -> ModelStore:
    return ModelStore(
        settings.model_cache,
        code_in,
        judge=judge,
        offline=settings.offline,
        demo_directory=demo_directory(settings),
        progress=progress,
        ca_bundle=settings.ca_bundle,
    )


def facts_for(checkpoint: Checkpoint, config: bytes) -> ModelFacts:
    """Returns the facts of a checkpoint that can be served as what it is named for.

    Args:
        checkpoint: As the settings name it.
        config: Its `model_config.yaml`.

    Raises:
        ModelUnsupported: It cannot; the message names what to take instead.
        ModelArchiveRefused: It is no checkpoint, or would load something else with it.
    """
    with _explained(checkpoint.source):
        facts = judged(config, checkpoint.wants, checkpoint.source)
        if checkpoint.check is not None:
            checkpoint.check(facts)
        return facts


@dataclass(frozen=True, slots=True)
class Glance:
    """What is known of a checkpoint before it is fetched."""

    source: str
    """Its name, without what may be a signature."""
    config: bytes
    """Its `model_config.yaml`."""
    revision: str | None
    """The commit or digest, where a server or the store knows it."""
    size_bytes: int | None


def glance(settings: ServiceSettings, checkpoint: Checkpoint) -> Glance:
    """Returns the configuration of a checkpoint, of which nothing more is read or downloaded.

    Raises:
        ModelStoreError: It cannot be had.
    """
    reference = parse_reference(checkpoint.source, checkpoint.revision, checkpoint.sha256)
    archive = reference.path if reference.kind is ModelKind.FILE else None
    if reference.kind is ModelKind.DEMO and (folder := demo_directory(settings)):
        archive = folder / checkpoint.demo_file
    if archive is not None and not archive.is_dir():  # finding its place would take its digest
        revision: str | None = None
        size_bytes: int | None = None
        with reading(archive):
            config, size_bytes = config_in(archive), archive.stat().st_size
    else:
        store = _store(settings, lambda _: None)
        located = store.locate(reference, demo_file=checkpoint.demo_file)
        config, (revision, size_bytes) = store.read_config(located), located.identity()
    if config is None:
        raise ModelArchiveRefused(
            f"{reference.label} is not a NeMo checkpoint: it must begin with {CONFIG_NAME}, before "
            "its weights."
        )
    return Glance(reference.plain_source, config, revision, size_bytes)


def facts_in(directory: Path, wants: Role, source: str = "") -> ModelFacts:
    """Returns the facts of an unpacked checkpoint, before anything of it is loaded.

    Args:
        directory: Where it was unpacked.
        wants: What it is to be used as.
        source: Its name.

    Raises:
        ModelStoreError: As `facts_for` does.
    """
    path = directory / CONFIG_NAME
    if not path.is_file():
        raise ModelArchiveRefused(f"{directory} holds no {CONFIG_NAME}: not an unpacked .nemo file")
    with _explained(source or str(directory)):
        return judged(path.read_bytes(), wants, source)


def pair_in(voice: Path, vocoder: Path, source: str = "") -> ModelFacts:
    """Returns the facts of an unpacked voice, judged together with its vocoder.

    Raises:
        ModelStoreError: One of them cannot be served, or they do not fit each other.
    """
    facts = facts_in(voice, Role.VOICE, source)
    vocoder_facts = facts_in(vocoder, Role.VOCODER)
    with _explained(str(vocoder), "does not fit the voice"):
        refuse_misfit(facts, vocoder_facts)
    return facts


@contextlib.contextmanager
def _explained(source: str, verdict: str = "cannot be served") -> Iterator[None]:
    """Turns a refusal into an error of the store that names the checkpoint."""
    label = shown(source)
    try:
        yield
    except MalformedConfig as error:
        raise ModelArchiveRefused(f"{label} is not a NeMo checkpoint. {error}") from error
    except UnsafeConfig as error:
        reason = FailureReason.UNSAFE_CONFIG
        raise ModelArchiveRefused(f"{label} is refused. {error}", reason=reason) from error
    except UnsupportedModel as error:
        raise ModelUnsupported(f"{label} {verdict}. {error}") from error
