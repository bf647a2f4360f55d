"""The chart as the real Helm renders, refuses and installs it."""

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from hack.go_programs import programs
from support.docs.repository import ROOT

CHART = ROOT / "charts" / "nemo-voice"
EVERYTHING = CHART / "ci" / "everything-values.yaml"
RELEASE, NAMESPACE = "nv", "speech"
NAME = f"{RELEASE}-nemo-voice"
Objects = Sequence[Mapping[str, Any]]
Look = Callable[[Objects], Any]


@dataclass(frozen=True)
class Chart:
    """Helm, with this chart."""

    binaries: Path

    def helm(self, *arguments: str, values: Any = None, kubeconfig: Path | None = None) -> str:
        """Returns the output of Helm; the values are passed as one more file.

        Raises:
            AssertionError: It failed; its words are the message.
        """
        done = self._run(arguments, values, kubeconfig)
        assert done.returncode == 0, f"helm {' '.join(arguments)}: {done.stderr}"
        return done.stdout

    def objects(self, values: Any = None, *more: str) -> list[dict[str, Any]]:
        """Returns everything that the chart makes of the values, hooks and tests included."""
        command = ("template", RELEASE, str(CHART), "--namespace", NAMESPACE, *more)
        return [one for one in yaml.safe_load_all(self.helm(*command, values=values)) if one]

    def refusal(self, values: Any) -> str:
        """Returns why the chart refuses the values.

        Raises:
            AssertionError: It does not.
        """
        command = ("template", RELEASE, str(CHART), "--namespace", NAMESPACE)
        done = self._run(command, values, None)
        assert done.returncode != 0, "it is not refused"
        return done.stderr

    def _run(
        self, arguments: Sequence[str], values: Any, kubeconfig: Path | None
    ) -> subprocess.CompletedProcess[str]:
        given = [] if values is None else ["--values", "-"]
        return subprocess.run(
            [str(self.binaries / "helm"), *arguments, *given],
            env={**os.environ, "KUBECONFIG": str(kubeconfig or os.devnull)},
            input=None if values is None else yaml.safe_dump(values),
            capture_output=True,
            text=True,
            check=False,
        )


def chart() -> Chart:
    """Returns the chart with Helm, which is built if it is missing.

    Raises:
        GoProgramsMissingError: It can be neither found nor built.
    """
    return Chart(programs("helm", "kubeconform", "kubectl"))


def nested(path: str, value: Any) -> dict[str, Any]:
    """Returns values in which this one is set, by its path with dots."""
    head, _, rest = path.partition(".")
    return {head: nested(rest, value) if rest else value}


def merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Returns both merged; the second one wins."""
    both = dict(one)
    for key, value in other.items():
        inner = both.get(key)
        is_group = isinstance(inner, Mapping) and isinstance(value, Mapping)
        both[key] = merged(inner, value) if is_group and inner else value
    return both


def named(objects: Objects, kind: str, name: str | None = None) -> Any:
    """Returns the object of this kind, and of this name where there are several; or None."""
    found = [one for one in objects if one["kind"] == kind]
    found = [one for one in found if name in {None, one["metadata"]["name"]}]
    assert len(found) <= 1, f"several of {kind}"
    return found[0] if found else None


def field(kind: str, *path: str | int, name: str | None = None) -> Look:
    """Returns a function that reads a field of an object, None if there is no such field."""

    def look(objects: Objects) -> Any:
        found = named(objects, kind, name)
        for step in path:
            if isinstance(found, Mapping):
                found = found.get(step)
            else:
                found = found[step] if isinstance(found, list) and isinstance(step, int) else None
        return found

    return look


def names(kind: str) -> Look:
    """Returns a function that lists the names of a kind's objects."""
    return lambda objects: sorted(o["metadata"]["name"] for o in objects if o["kind"] == kind)


def pod(*path: str | int) -> Look:
    """Returns a function that reads a field of the spec of the operator's pods."""
    return field("Deployment", "spec", "template", "spec", *path)


def settings(objects: Objects) -> dict[str, str]:
    """Returns the operator's settings as the chart gives them, without their prefix."""
    listed = pod("containers", 0, "env")(objects) or []
    return {
        one["name"].removeprefix("NEMO_VOICE_OPERATOR_"): one.get("value", "") for one in listed
    }


def setting(name: str) -> Look:
    """Returns a function that reads one setting of the operator."""
    return lambda objects: settings(objects).get(name)
