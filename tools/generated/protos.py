"""The Python code of the gRPC messages and calls, made from the files in `protos/`.

The compiler would have the modules import each other as `riva.proto`, which is no package of ours:
each import is rewritten to where its module is.
"""

import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = Path("protos")
_SERVING = Path("libs/serving/src/nemo_voice_serving/grpc/protos")
PACKAGES = {
    "riva_audio": _SERVING,
    "riva_common": _SERVING,
    "riva_asr": Path("services/stt/src/nemo_voice_stt/grpc/protos"),
    "riva_tts": Path("services/tts/src/nemo_voice_tts/grpc/protos"),
}
"""By the name of a file in `protos/riva/proto`, where the code that is made of it belongs."""
_WITH_CALLS = frozenset({"riva_asr", "riva_tts"})
_HEADER = """\
# SPDX-FileCopyrightText: Copyright (c) 2022 NVIDIA CORPORATION & AFFILIATES. All rights reserved.
# SPDX-License-Identifier: MIT
# Made from protos/riva/proto/{name}.proto by `make generate`.
"""
_IMPORT = re.compile(r"^from riva\.proto import (riva_[a-z]+)_pb2", re.MULTILINE)


class CompilerFailedError(Exception):
    """The compiler refused the files; it has said why on stderr."""


def protos() -> Mapping[Path, str]:
    """Returns the text of each module by its path in the repository, and the licence of all."""
    return {**dict(_modules()), _SERVING / "LICENSE": _text(ROOT / SOURCES / "LICENSE")}


def _modules() -> Iterator[tuple[Path, str]]:
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder)
        _compile(made)
        for name, package in PACKAGES.items():
            suffixes = ["_pb2.py", "_pb2.pyi", *(["_pb2_grpc.py"] if name in _WITH_CALLS else [])]
            for suffix in suffixes:
                text = _text(made / "riva" / "proto" / f"{name}{suffix}")
                yield package / f"{name}{suffix}", _HEADER.format(name=name) + _placed(text)


def _compile(into: Path) -> None:
    # Imported here: the other generated files can be made without it.
    from grpc_tools import protoc  # noqa: PLC0415

    sources = ROOT / SOURCES
    files = [str(sources / "riva" / "proto" / f"{name}.proto") for name in PACKAGES]
    outputs = [f"--{kind}_out={into}" for kind in ("python", "pyi", "grpc_python")]
    if protoc.main(["protoc", f"-I{sources}", *outputs, *files]):
        raise CompilerFailedError


def _placed(text: str) -> str:
    return _IMPORT.sub(lambda found: f"from {_package(found[1])} import {found[1]}_pb2", text)


def _package(name: str) -> str:
    parts = PACKAGES[name].parts
    return ".".join(parts[parts.index("src") + 1 :])


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
