"""Finds code in a checkpoint's pickle without running it, and without torch.

NeMo loads weights with `weights_only=True`, which refuses the same things; a hostile file is better
refused before it is stored. Called by `model_archive` and the model store.
"""

import pickletools
import zipfile
from pathlib import Path

from nemo_voice_serving.model_store.errors import FailureReason, ModelArchiveRefused

MAX_PICKLE_BYTES = 16 * 2**20
"""A model of a billion parameters needs a third of a megabyte."""
MAX_ENTRIES = 100_000

_LOCAL_HEADER = b"PK\x03\x04"

# fmt: off
# What torch's weights-only unpickler executes; the rest (STACK_GLOBAL, INST, OBJ, EXT…) it refuses.
SAFE_OPCODES = frozenset({
    "APPEND", "APPENDS", "BINFLOAT", "BINGET", "BININT", "BININT1", "BININT2", "BINPERSID",
    "BINPUT", "BINUNICODE", "BUILD", "EMPTY_DICT", "EMPTY_LIST", "EMPTY_SET", "EMPTY_TUPLE",
    "GLOBAL", "LONG1", "LONG_BINGET", "LONG_BINPUT", "MARK", "NEWFALSE", "NEWOBJ", "NEWTRUE",
    "NONE", "PROTO", "REDUCE", "SETITEM", "SETITEMS", "SHORT_BINSTRING", "STOP", "TUPLE",
    "TUPLE1", "TUPLE2", "TUPLE3",
})
_ELEMENTS = ("BFloat16", "Bool", "Byte", "Char", "Double", "Float", "Half", "Int", "Long", "Short")
_STORAGES = (*_ELEMENTS, "ComplexDouble", "ComplexFloat")
_QUANTIZED_STORAGES = ("QInt32", "QInt8", "QUInt8")
_DTYPES = (
    "bfloat16", "bool", "complex128", "complex32", "complex64", "float16", "float32", "float64",
    "float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz", "float8_e8m0fnu",
    "int16", "int32", "int64", "int8", "qint32", "qint8", "quint8", "uint16", "uint32", "uint64",
    "uint8",
)
_REBUILDS = (
    "_rebuild_parameter", "_rebuild_parameter_with_state", "_rebuild_qtensor",
    "_rebuild_sparse_tensor", "_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3",
)
# fmt: on
SAFE_GLOBALS = frozenset(
    {
        "_codecs encode",
        "builtins bytearray",
        "builtins complex",
        "builtins set",
        "collections Counter",
        "collections OrderedDict",
        "torch Size",
        "torch Tensor",
        "torch device",
        "torch.nn.parameter Parameter",
        "torch.serialization _get_layout",
        "torch.storage TypedStorage",
        "torch.storage UntypedStorage",
    }
    | {f"torch{place} {kind}Storage" for place in ("", ".cuda") for kind in _STORAGES}
    | {f"torch {kind}Storage" for kind in _QUANTIZED_STORAGES}
    | {f"torch{place} {kind}Tensor" for place in ("", ".cuda") for kind in _ELEMENTS}
    | {f"torch {dtype}" for dtype in _DTYPES}
    | {f"torch._utils {function}" for function in _REBUILDS}
)
"""What a plain state dict may refer to, as `module name`: data, and makers of tensors from data."""


def _unsafe(message: str) -> ModelArchiveRefused:
    return ModelArchiveRefused(message, reason=FailureReason.UNSAFE_PICKLE)


def refuse_code(checkpoint: Path) -> None:
    """Returns when the checkpoint holds tensors and nothing that could run.

    Raises:
        ModelArchiveRefused: Names what was found.
    """
    with checkpoint.open("rb") as file:
        if file.read(len(_LOCAL_HEADER)) != _LOCAL_HEADER:
            raise _unsafe(
                f"{checkpoint.name} is not in the format that torch has written since 1.6. "
                "Load it with plain NeMo and save it again."
            )
    try:
        with zipfile.ZipFile(checkpoint) as archive:
            pickled = _pickle_of(archive, checkpoint)
        _refuse_unsafe(pickled, checkpoint.name)
    except (zipfile.BadZipFile, EOFError, RuntimeError, NotImplementedError, ValueError) as error:
        raise ModelArchiveRefused(f"{checkpoint.name} is damaged: {error}.") from error


def _pickle_of(archive: zipfile.ZipFile, checkpoint: Path) -> bytes:
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    problem = _problem_of(archive, entries, names, checkpoint.stat().st_size)
    if problem:
        raise _unsafe(f"{checkpoint.name} {problem}.")
    (pickle,) = (entry for entry in entries if entry.filename.endswith(".pkl"))
    return archive.read(pickle)


def _problem_of(
    archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], names: list[str], size_bytes: int
) -> str | None:
    """Returns what no file of torch's has; two readers could disagree about such a file."""
    pickles = [entry for entry in entries if entry.filename.lower().endswith(".pkl")]
    if [entry.filename.rpartition("/")[2] for entry in pickles] != ["data.pkl"]:
        return "must hold exactly one pickle, called data.pkl"
    checks = {
        "holds the same name twice": len(set(names)) != len(names),
        "has too many entries": len(entries) > MAX_ENTRIES,
        "has a comment": archive.comment != b"",
        "holds code": any("/code/" in f"/{name}" for name in names),
        "is compressed, which torch's files never are": any(
            entry.compress_type != zipfile.ZIP_STORED for entry in entries
        ),
        "claims more bytes than it has": sum(entry.file_size for entry in entries) > size_bytes,
        "has a pickle too large to be a list of tensors": pickles[0].file_size > MAX_PICKLE_BYTES,
    }
    return next((problem for problem, found in checks.items() if found), None)


def _refuse_unsafe(pickled: bytes, name: str) -> None:
    for opcode, argument, _ in pickletools.genops(pickled):
        if opcode.name not in SAFE_OPCODES:
            raise _unsafe(f"{name} holds pickled code: {opcode.name} is not used for tensors.")
        if opcode.name == "GLOBAL" and argument not in SAFE_GLOBALS:
            dotted = str(argument).replace(" ", ".")
            raise _unsafe(f"{name} holds pickled code: it refers to {dotted}.")
