"""Objects of a release on an API server, put there without Helm's record of a release."""

import contextlib
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from support.kubernetes.api_server import ApiServer
from support.kubernetes.chart import Chart


@contextlib.contextmanager
def applied_objects(
    chart: Chart, server: ApiServer, objects: Sequence[Mapping[str, Any]]
) -> Iterator[None]:
    """Applies the objects, and deletes them after the block."""
    given = yaml.safe_dump_all(objects)
    _kubectl(chart, server, "apply", "--server-side", "--filename", "-", given=given)
    try:
        yield
    finally:
        _kubectl(chart, server, "delete", "--ignore-not-found", "--filename", "-", given=given)


def _kubectl(chart: Chart, server: ApiServer, *arguments: str, given: str) -> None:
    command = [str(chart.binaries / "kubectl"), "--kubeconfig", str(server.admin), *arguments]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
