"""What the end-to-end tests share: a cluster with a kubelet, our images in it, an operator.

The cluster is the one of `NEMO_VOICE_DEV_E2E_KUBECONFIG`, which must be able to pull or already
hold the images, or else a node of our own (`tools/cluster`), which is gone afterwards.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster.requirements import RequirementsError
from docker_daemon import DockerMissingError
from go_programs import GoProgramsMissingError
from support.kubernetes import Kubernetes, own_node
from support.not_run import not_run
from support.operating import operator_process


@pytest.fixture(scope="session")
def kubernetes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubernetes]:
    """A cluster that knows VoiceServices and holds the images; a skip that says why not."""
    with contextlib.ExitStack() as stack:
        try:
            given = os.environ.get("NEMO_VOICE_DEV_E2E_KUBECONFIG")
            running = Kubernetes(Path(given)) if given else stack.enter_context(own_node())
        except (GoProgramsMissingError, RequirementsError, DockerMissingError) as reason:
            not_run(f"NOT RUN: what needs a Kubernetes node: {reason}")
        running.define()
        yield running


@pytest.fixture(scope="session")
def operated(
    kubernetes: Kubernetes, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Kubernetes]:
    """The same cluster with an operator at work, a process beside it."""
    log = tmp_path_factory.mktemp("operator") / "operator.log"
    settings = {
        "namespace": "default",
        "image_tts": kubernetes.image("tts"),
        "image_stt": kubernetes.image("stt"),
        "scaling_interval_s": "2",
    }
    with operator_process(kubernetes.kubeconfig, log, **settings):
        yield kubernetes
