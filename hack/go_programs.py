"""Builds the Go programs that tests and the cluster run, as hack/go pins them, each once.

    python -m hack.go_programs kubernetes etcd    every program of two modules
    python -m hack.go_programs kube-apiserver     one program
    python -m hack.go_programs                    a list of what can be built

What is built lies in the cache's folder `bin` and is built again when its pins or flags change.
"""

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hack.caching import cache_directory

MODULES = Path(__file__).resolve().parent / "go"
OLDEST_GO = (1, 26)
FLAGS = ("-mod=readonly", "-buildvcs=false", "-trimpath")
TAGS = ("no_btrfs", "no_zfs")
_IMPORT = re.compile(
    r'^\s*_ "(?P<package>[^"]+)"(?:\s+//(?: as (?P<name>\S+))?(?: with tags (?P<tags>\S+))?)?$',
    re.MULTILINE,
)
_REQUIRED = re.compile(r"^require (\S+) v\S+$", re.MULTILINE)
_KUBERNETES = re.compile(
    r"^require k8s\.io/kubernetes (?P<version>v(\d+)\.(\d+)\.\d+)$", re.MULTILINE
)


class GoProgramsMissingError(Exception):
    """A program is neither built nor can be; the message says what is missing."""


@dataclass(frozen=True)
class Program:
    """One program of a pinned module."""

    name: str
    package: str
    module: Path
    tags: tuple[str, ...] = ()

    @property
    def flags(self) -> tuple[str, ...]:
        """The compiler's flags, with the tags of every program and those of this one."""
        return (*FLAGS, f"-tags={','.join((*TAGS, *self.tags))}")

    @property
    def linker_flags(self) -> str:
        """The linker's flags: no symbols, and for Kubernetes its version.

        kubectl and Helm refuse a server without a version.
        """
        version = _KUBERNETES.search((self.module / "go.mod").read_text())
        if version is None:
            return "-s -w"
        stamped = {"gitVersion": version[1], "gitMajor": version[2], "gitMinor": version[3]}
        variables = (f"-X k8s.io/component-base/version.{name}={stamped[name]}" for name in stamped)
        return " ".join(("-s -w", *variables))

    @property
    def key(self) -> str:
        """A digest of everything that decides what is built."""
        pins = "".join((self.module / name).read_text() for name in ("go.mod", "go.sum"))
        recipe = repr((pins, self.package, self.flags, self.linker_flags))
        return hashlib.sha256(recipe.encode()).hexdigest()


@cache
def catalogue(modules: Path = MODULES) -> dict[str, Program]:
    """Returns every pinned program by its name: the package's last part, or what `// as` says.

    `// with tags a,b` are build tags of one program.
    """
    found = {}
    for pins in sorted(modules.glob("*/tools.go")):
        for match in _IMPORT.finditer(pins.read_text()):
            name = match["name"] or match["package"].rsplit("/", 1)[-1]
            tags = tuple(filter(None, (match["tags"] or "").split(",")))
            found[name] = Program(name, match["package"], pins.parent, tags)
    return found


def chosen(names: tuple[str, ...], modules: Path = MODULES) -> list[Program]:
    """Returns the programs of these names; a module's name stands for all of its programs.

    Raises:
        GoProgramsMissingError: nothing is pinned under a name.
    """
    pinned = catalogue(modules)
    known = {*pinned, *(program.module.name for program in pinned.values())}
    if unknown := sorted(set(names) - known):
        raise GoProgramsMissingError(f"hack/go pins no {', '.join(unknown)}")
    return [p for p in pinned.values() if p.name in names or p.module.name in names]


def programs(*names: str, modules: Path = MODULES) -> Path:
    """Returns the folder that holds these programs, having built what was missing or out of date.

    Raises:
        GoProgramsMissingError: something has to be built, and Go is missing or the build failed.
    """
    folder = cache_directory() / "bin"
    folder.mkdir(exist_ok=True)
    wanted = chosen(names, modules)
    if all(_is_built(program, folder) for program in wanted):
        return folder
    with _alone(folder):
        missing = [program for program in wanted if not _is_built(program, folder)]
        if missing:
            _require_go([program.name for program in missing])
        for program in missing:
            _build(program, folder)
    return folder


def given_or_built(variable: str, *names: str) -> Path:
    """Returns the folder with these programs that a variable names, or else builds them.

    Raises:
        GoProgramsMissingError: the folder lacks a program, or one cannot be built.
    """
    named = os.environ.get(variable)
    if named is None:
        return programs(*names)
    folder = Path(named)
    if missing := [name for name in names if not (folder / name).exists()]:
        raise GoProgramsMissingError(f"{variable} has no {', '.join(missing)}")
    return folder


def sources(module: str, modules: Path = MODULES) -> Path:
    """Returns the folder with the sources of what `hack/go/<module>` pins, downloaded if missing.

    Raises:
        GoProgramsMissingError: nothing is pinned there, Go is missing, or the download failed.
    """
    pins = modules / module / "go.mod"
    if not pins.exists():
        raise GoProgramsMissingError(f"hack/go pins no {module}")
    _require_go([module])
    (pinned, *_) = _REQUIRED.findall(pins.read_text())
    done = subprocess.run(
        ["go", "mod", "download", "-json", pinned],
        cwd=pins.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise GoProgramsMissingError(f"{pinned} could not be downloaded:\n{done.stderr}")
    return Path(json.loads(done.stdout)["Dir"])


def forget_sources() -> None:
    """Empties Go's own caches of modules and compiled packages, which take gigabytes."""
    if go := shutil.which("go"):
        _say("emptying Go's caches of modules and compiled packages")
        subprocess.run([go, "clean", "-cache", "-modcache"], check=True)


def _stamp(program: Program, folder: Path) -> Path:
    return folder / f".{program.name}.key"


def _is_built(program: Program, folder: Path) -> bool:
    stamp = _stamp(program, folder)
    built = (folder / program.name).exists() and stamp.exists()
    return built and stamp.read_text() == program.key


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Holds a lock, so that two processes do not build the same program at once."""
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("waiting for another build to end")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _require_go(names: list[str]) -> None:
    wanted = f"Go {'.'.join(map(str, OLDEST_GO))} or newer is needed to build {', '.join(names)}"
    go = shutil.which("go")
    if go is None:
        raise GoProgramsMissingError(f"{wanted}; there is no go on PATH (https://go.dev/dl)")
    # Run outside the modules: inside, it would print the version that they pin.
    printed = subprocess.run(
        [go, "env", "GOVERSION"], cwd="/", capture_output=True, text=True, check=False
    )
    version = re.match(r"go(\d+)\.(\d+)", printed.stdout)
    if version is None or (int(version[1]), int(version[2])) < OLDEST_GO:
        raise GoProgramsMissingError(f"{wanted}; {go} is {printed.stdout.strip() or 'broken'}")


def _build(program: Program, folder: Path) -> None:
    _say(f"building {program.name} with Go, which may take minutes, once")
    began_s = time.monotonic()
    # Moved into place when whole: a program that runs cannot be written to.
    unfinished = folder / f".{program.name}.unfinished"
    done = subprocess.run(
        [
            *("go", "build", *program.flags, f"-ldflags={program.linker_flags}"),
            *("-o", str(unfinished), program.package),
        ],
        cwd=program.module,
        env={**os.environ, "CGO_ENABLED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        end = "\n".join(done.stderr.splitlines()[-20:])
        raise GoProgramsMissingError(f"{program.name} could not be built:\n{end}")
    unfinished.rename(folder / program.name)
    _stamp(program, folder).write_text(program.key)
    _say(f"built {program.name} in {time.monotonic() - began_s:.0f} s")


def _say(what: str) -> None:
    # On stderr: the cluster's commands print shell code on stdout.
    print(what, file=sys.stderr, flush=True)


def main() -> int:
    """Builds what the command line names; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="name", help="a program or a module")
    parser.add_argument(
        "--forget-sources",
        action="store_true",
        help="empty Go's own caches afterwards: the built programs stay",
    )
    arguments = parser.parse_args()
    if not arguments.names:
        for program in catalogue().values():
            print(f"{program.module.name:24} {program.name}")
        return 0
    try:
        print(programs(*arguments.names))
    except GoProgramsMissingError as reason:
        sys.stderr.write(f"{reason}\n")
        return 1
    if arguments.forget_sources:
        forget_sources()
    return 0


if __name__ == "__main__":
    sys.exit(main())
