"""The command line: `run` the operator, print or apply the CRD."""

import argparse
import asyncio
import logging
import os
import signal
import socket
import sys

import aiohttp
import yaml
from kubernetes.aio import config
from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.config import ConfigException
from pydantic import ValidationError

from nemo_voice_operator import __version__
from nemo_voice_operator.clients.api_server import KubernetesCluster
from nemo_voice_operator.controller.leader_election import CALLS_PER_LEASE
from nemo_voice_operator.controller.lease import LeaseLock
from nemo_voice_operator.controller.operator import Operator
from nemo_voice_operator.crd import crd
from nemo_voice_operator.errors import OperatorError
from nemo_voice_operator.kube.labels import MANAGER
from nemo_voice_operator.logs import configure_logging
from nemo_voice_operator.settings import OperatorSettings, UnknownVariable, check_environment

_PODS_AT_ONCE = 64
logger = logging.getLogger("nemo_voice_operator")


def main(arguments: list[str] | None = None) -> int:
    """Runs one command and returns the process's exit status."""
    parsed = _parser().parse_args(arguments)
    if parsed.command == "crd" and parsed.action == "print":
        sys.stdout.write(yaml.safe_dump(crd(), sort_keys=False, allow_unicode=True))
        return 0
    try:
        check_environment()
        settings = OperatorSettings()
    except UnknownVariable as error:
        sys.exit(f"error: {error}")
    except ValidationError as error:
        problems = [
            f"{str(one['loc'][0]).upper()}: {one['msg']}, got {one['input']!r}"
            for one in error.errors()
        ]
        sys.exit("\n".join(f"error: NEMO_VOICE_OPERATOR_{line}" for line in problems))
    if not settings.identity:
        settings = settings.model_copy(update={"identity": socket.gethostname()})
    configure_logging(settings.log_level, settings.log_style)
    if parsed.command == "crd":
        return asyncio.run(_apply_crd(parsed.field_manager))
    return asyncio.run(_run(settings))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m nemo_voice_operator", description="Operator of VoiceServices."
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("run", help="manage VoiceServices; settings are NEMO_VOICE_OPERATOR_*")
    definition = commands.add_parser("crd", help="the CustomResourceDefinition")
    definition.add_argument("action", choices=["print", "apply"])
    definition.add_argument(
        "--field-manager",
        default=MANAGER,
        metavar="NAME",
        help="default: %(default)s",
    )
    return parser


async def _client() -> ApiClient:
    """Returns a client of the cluster that this process runs in, or of the kubeconfig."""
    configuration = Configuration()
    # Else every request reads a .netrc in a thread of its own, which takes as long as the rest.
    configuration.client_session_kwargs = {"trust_env": False}
    try:
        if os.environ.get("KUBERNETES_SERVICE_HOST"):
            config.load_incluster_config(configuration)  # type: ignore[no-untyped-call]
        else:
            path = os.environ.get("KUBECONFIG")
            await config.load_kube_config(path, client_configuration=configuration)  # type: ignore[no-untyped-call]
    except ConfigException as error:
        sys.exit(f"error: no way to a cluster: {error}")
    return ApiClient(configuration)


async def _apply_crd(manager: str) -> int:
    async with await _client() as client:
        try:
            await KubernetesCluster(client).define(crd(), manager)
        except OperatorError as error:
            sys.exit(f"error: {error}")
    return 0


async def _run(settings: OperatorSettings) -> int:
    loop = asyncio.get_running_loop()
    connector = aiohttp.TCPConnector(limit=_PODS_AT_ONCE)
    jar = aiohttp.DummyCookieJar()  # responses of pods are untrusted
    async with (
        await _client() as client,
        aiohttp.ClientSession(connector=connector, cookie_jar=jar) as session,
    ):
        cluster = KubernetesCluster(client)
        lock = LeaseLock(
            cluster,
            namespace=settings.namespace,
            identity=settings.identity,
            timeout_s=settings.lease_s / CALLS_PER_LEASE,
            watched=settings.watched,
            deployment=settings.deployment,
        )
        running = asyncio.create_task(Operator(cluster, session, settings).run(lock))
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, running.cancel)
        try:
            await running
        except asyncio.CancelledError:
            return 0
        except OperatorError as error:
            logger.error("operator failed: %s", error)  # noqa: TRY400 the reason says it all
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
