"""Fixtures of the tests that need a cluster with a kubelet: one node for the whole session.

The cluster is the one of `NEMO_VOICE_DEV_E2E_KUBECONFIG`, which must be able to pull or already
hold the images, or else a node of our own (`hack/cluster`), which is gone afterwards.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hack.cluster.requirements import RequirementsError
from hack.docker_daemon import DockerMissingError
from hack.go_programs import GoProgramsMissingError
from support.hub.in_cluster import ClusterHub, hub_in_cluster
from support.kubernetes.kubectl import Kubernetes, own_node
from support.not_run import not_run


@pytest.fixture(scope="session")
def kubernetes() -> Iterator[Kubernetes]:
    """A cluster that holds the images; a skip that says why not."""
    with contextlib.ExitStack() as stack:
        try:
            given = os.environ.get("NEMO_VOICE_DEV_E2E_KUBECONFIG")
            running = Kubernetes(Path(given)) if given else stack.enter_context(own_node())
        except (GoProgramsMissingError, RequirementsError, DockerMissingError) as reason:
            not_run(f"NOT RUN: what needs a Kubernetes node: {reason}")
        yield running


@pytest.fixture(scope="session")
def cluster_hub(kubernetes: Kubernetes) -> Iterator[ClusterHub]:
    """A model hub in the cluster."""
    with hub_in_cluster(kubernetes) as running:
        yield running
