"""NeMo models from unpacked directories: quick, running no code of theirs, equal to plain NeMo.

The services' backends call `restore` before anything is served: NeMo changes the working directory
while it loads. What a model computes is theirs.
"""

import contextlib
import hashlib
import inspect
import logging
import os
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from hydra.utils import get_class
from nemo.core.classes.common import typecheck
from nemo.core.connectors.save_restore_connector import SaveRestoreConnector
from nemo.utils import logging as nemo_logging
from omegaconf import DictConfig, OmegaConf
from typing_extensions import override

from nemo_voice_serving.logs import adopt
from nemo_voice_serving.nemo.building import Building

logger = logging.getLogger(__name__)

CONFIG_FILE = "model_config.yaml"
WEIGHTS_FILE = "model_weights.ckpt"

_LOADING = threading.Lock()


class UnusableModel(Exception):
    """The files are not a model that this backend runs; the message says why."""


def read_config(directory: Path, *, prefix: str = "") -> DictConfig:
    """Returns the model's configuration, without loading the model.

    Args:
        directory: Where the .nemo file was unpacked.
        prefix: Begins the file's name, for a model that another one's archive carries.
    """
    path = directory / f"{prefix}{CONFIG_FILE}"
    if not path.is_file():
        raise UnusableModel(f"{directory} holds no {path.name}: not an unpacked .nemo file")
    config = OmegaConf.load(path)
    if not isinstance(config, DictConfig) or not config.get("target"):
        raise UnusableModel(f"{path} does not say which NeMo class (`target`) the model is")
    return config


def require_class(model_class: Any, directory: Path) -> None:
    """Checks that a directory holds a model of this class, before one of another is built from it.

    Raises:
        UnusableModel: It holds another one, or none.
    """
    found = str(read_config(directory).target).rpartition(".")[2]
    if found != model_class.__name__:
        raise UnusableModel(f"{directory} holds a {found}, not a {model_class.__name__}")


def class_named(directory: Path) -> Any:
    """Returns the NeMo class that a directory's configuration names, whose kind was judged before.

    `restore` wants the class itself: given a base of it, NeMo builds that where the class itself
    fails, and the reason is lost.
    """
    return get_class(str(read_config(directory).target))


def restore(
    model_class: Any,
    directory: Path,
    *,
    change_config: Callable[[DictConfig], None] | None = None,
    prefix: str = "",
) -> Any:
    """Returns the model on the CPU, frozen, in evaluation mode, its weights mapped from the file.

    Args:
        model_class: The NeMo class to restore.
        directory: Where the .nemo file was unpacked. It must stay as it is while the model lives.
        change_config: Changes the configuration before the model is built from it.
        prefix: Begins the names of its configuration and weights, for a model that another one's
            archive carries.

    Raises:
        UnusableModel: The directory holds no model, or loading it would be unsafe.
    """
    started_s = time.monotonic()
    _refuse_unsafe_loading()
    directory = directory.resolve()  # NeMo changes the working directory
    config = read_config(directory, prefix=prefix)
    weights = directory / f"{prefix}{WEIGHTS_FILE}"
    if not weights.is_file():
        raise UnusableModel(f"{directory} holds no {weights.name}: not an unpacked .nemo file")
    adopt_nemo()
    if change_config is not None:
        OmegaConf.set_struct(config, value=False)
        change_config(config)
    connector = _MappingConnector(model_class, directory, prefix)
    with (
        _LOADING,
        _limited_to(weights),
        _expected_warnings(),
        contextlib.closing(connector),
    ):
        model = model_class.restore_from(
            str(directory),
            override_config_path=config if change_config is not None else None,
            map_location="cpu",
            save_restore_connector=connector,
        )
    model.eval()
    model.requires_grad_(requires_grad=False)
    facts = {"directory": str(directory), "seconds": round(time.monotonic() - started_s, 3)}
    logger.info("model loaded", extra={"model": type(model).__name__, **facts})
    return model


def adopt_nemo() -> None:
    """Makes NeMo's lines come once and in our shape, and switches its type checks off.

    NeMo keeps its log in memory until a file handler comes, which in a server is never.
    """
    nemo_logging.captureWarnings(False)
    for name in (
        "nemo_logger",
        "lightning",
        "lightning.pytorch",
        "lightning.fabric",
        "pytorch_lightning",
    ):
        adopt(name)
    typecheck.set_typecheck_enabled(enabled=False)


def state_digest(model: Any) -> str:
    """Returns a digest of every parameter and buffer, also of those that checkpoints leave out."""
    digest = hashlib.sha256()
    named = [*model.named_parameters(), *model.named_buffers()]
    for name, tensor in sorted(named, key=lambda pair: pair[0]):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(_bytes_of(tensor))
    return digest.hexdigest()


def parameter_count(*modules: Any) -> int:
    """Returns how many weights the modules hold."""
    return sum(weight.numel() for module in modules for weight in module.parameters())


def _bytes_of(tensor: torch.Tensor) -> memoryview:
    flat = tensor.detach().cpu().contiguous().reshape(-1)
    return memoryview(flat.view(torch.uint8).numpy())


def _refuse_unsafe_loading() -> None:
    name = "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"
    if os.environ.get(name, "0").lower() not in {"", "0", "n", "no", "false"}:
        raise UnusableModel(f"{name} is set: with it, a checkpoint could run code; unset it")


@contextlib.contextmanager
def _limited_to(weights: Path) -> Iterator[None]:
    """Lets no larger model be built in the block than the weights hold."""
    with Building(weights) as building:
        try:
            yield
        except Exception as error:
            # NeMo and hydra wrap it in errors of their own.
            if not building.has_exceeded:
                raise
            raise UnusableModel(
                "its configuration claims a far larger model than its weights hold: it is damaged, "
                "or made to fill the memory"
            ) from error


@contextlib.contextmanager
def _expected_warnings() -> Iterator[None]:
    # NeMo asks hydra for a class first where Canary's configurations name a function, and hydra
    # logs an error; what cannot be found at all is raised as well.
    hydra = logging.getLogger("hydra.utils")
    level = hydra.level
    hydra.setLevel(logging.CRITICAL)
    try:
        with _ignored_warnings():
            yield
    finally:
        hydra.setLevel(level)


@contextlib.contextmanager
def _ignored_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        # HiFi-GAN's weight normalisation is the older one; a one-layer LSTM cannot use its dropout.
        warnings.filterwarnings("ignore", message=".*weight_norm", category=FutureWarning)
        warnings.filterwarnings(
            "ignore", message="dropout option adds dropout", category=UserWarning
        )
        yield


class _LackingFile(UnusableModel, FileNotFoundError):
    """The archive lacks a file; NeMo catches this where older checkpoints may lack it."""


class _MappingConnector(SaveRestoreConnector):  # type: ignore[misc] # NeMo is untyped
    """Maps the weights from the file instead of reading and copying them.

    Files of the model are those of its archive, and never one that lies elsewhere on the machine.
    """

    def __init__(self, model_class: Any, directory: Path, prefix: str) -> None:
        """Takes the class that is restored, and what begins its files' names in the directory."""
        super().__init__()
        self._model_class = model_class
        self.model_extracted_dir = str(directory)
        self.model_config_yaml = f"{prefix}{CONFIG_FILE}"
        self.model_weights_ckpt = f"{prefix}{WEIGHTS_FILE}"

    def close(self) -> None:
        """Leaves NeMo as it was: models that are built in this process later have other files."""
        for one in self._model_class.__mro__:  # some classes restore by way of their base
            if isinstance(vars(one).get("_save_restore_connector"), _MappingConnector):
                one._save_restore_connector = SaveRestoreConnector()  # noqa: SLF001 as NeMo sets it
        self._model_class._set_model_restore_state(is_being_restored=False)  # noqa: SLF001 where it failed

    @override
    def register_artifact(
        self, model: Any, config_path: str, src: str, verify_src_exists: bool = True
    ) -> Any:
        if not src:
            return src
        name = src.removeprefix("nemo:")
        folder = Path(self.model_extracted_dir).resolve()
        inside = (folder / name).resolve()
        if not inside.is_relative_to(folder) or not inside.exists():
            inside = folder / Path(name).name  # as NeMo finds what older checkpoints packed
        if not inside.exists():
            if not verify_src_exists:
                return None
            raise _LackingFile(f"its archive holds no {Path(name).name}, which {config_path} names")
        return super().register_artifact(model, config_path, str(inside), verify_src_exists)

    @staticmethod
    @override
    def _load_state_dict_from_disk(model_weights: str, map_location: Any = "cpu") -> Any:
        return torch.load(model_weights, map_location="cpu", mmap=True, weights_only=True)

    @override
    def load_instance_with_state_dict(self, instance: Any, state_dict: Any, strict: bool) -> None:
        try:
            self._load(instance, state_dict, strict=strict)
        except RuntimeError as error:
            first = " ".join(str(error).split())[:300]
            raise UnusableModel(
                f"its weights are not those of its configuration: {first}"
            ) from error
        instance._set_model_restore_state(is_being_restored=False)  # noqa: SLF001 - the base class does so

    @staticmethod
    def _load(instance: Any, state_dict: Any, *, strict: bool) -> None:
        if "assign" in inspect.signature(instance.load_state_dict).parameters:
            # Assigned values keep the file's number format, which may be half the module's.
            wanted = {name: value.dtype for name, value in instance.state_dict().items()}
            state_dict = {
                name: value.to(wanted.get(name, value.dtype)) for name, value in state_dict.items()
            }
            instance.load_state_dict(state_dict, strict=strict, assign=True)
        else:  # HiFi-GAN renames older checkpoints' weights first, and then copies them
            instance.load_state_dict(state_dict, strict=strict)
