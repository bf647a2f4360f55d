"""Runs the Job of the chart's hook as a kubelet would: its command, as its service account."""

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from support.kubernetes.api_server import ApiServer

POLL_S = 0.1


@contextlib.contextmanager
def played_jobs(server: ApiServer, namespace: str) -> Iterator[list[str]]:
    """Runs the Jobs that appear in the namespace, within the block; yields their outputs."""
    outputs: list[str] = []
    is_over = threading.Event()
    thread = threading.Thread(target=_play, args=(server, namespace, outputs, is_over))
    thread.start()
    try:
        yield outputs
    finally:
        is_over.set()
        thread.join()


def _play(server: ApiServer, namespace: str, outputs: list[str], is_over: threading.Event) -> None:
    path = f"/apis/batch/v1/namespaces/{namespace}/jobs"
    done: set[str] = set()
    while not is_over.wait(POLL_S):
        for job in server.send("GET", path)["items"]:
            if job["metadata"]["uid"] not in done:
                done.add(job["metadata"]["uid"])
                ended = _run(server, namespace, job["spec"]["template"]["spec"])
                outputs.append(ended.stdout + ended.stderr)
                _finish(server, f"{path}/{job['metadata']['name']}", ended.returncode == 0)


def _run(
    server: ApiServer, namespace: str, pod: dict[str, Any]
) -> subprocess.CompletedProcess[str]:
    kubeconfig = server.service_account(namespace, pod["serviceAccountName"])
    environment = {name: value for name, value in os.environ.items() if "KUBERNETES" not in name}
    return subprocess.run(
        [sys.executable, "-m", "nemo_voice_operator", *pod["containers"][0]["args"]],
        env={**environment, "KUBECONFIG": str(kubeconfig)},
        capture_output=True,
        text=True,
        check=False,
    )


def _finish(server: ApiServer, path: str, succeeded: bool) -> None:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    kinds = ("SuccessCriteriaMet", "Complete") if succeeded else ("FailureTarget", "Failed")
    status: dict[str, Any] = {
        "startTime": now,
        "conditions": [
            {"type": kind, "status": "True", "lastTransitionTime": now, "lastProbeTime": now}
            for kind in kinds
        ],
    }
    status |= {"completionTime": now, "succeeded": 1} if succeeded else {"failed": 1}
    job = server.send("GET", path)
    server.send("PUT", f"{path}/status", {**job, "status": status})
