"""The compared systems, and how each is started."""

from pathlib import Path

from benchmarks.inputs import DEMO_MODELS, ROOT
from benchmarks.servers import SERVE, Command

SERVICE = "service"
LITSERVE, RAY_SERVE, BENTOML = "LitServe", "Ray Serve", "BentoML"
FIRST_DESIGN = "first design"
RAW, NEMO = "raw model", "NeMo's calls"
"""Our backend called in a loop, and what the peers call in a loop: neither has a server."""
PEERS = (LITSERVE, RAY_SERVE, BENTOML, FIRST_DESIGN)
SERVERS = (SERVICE, *PEERS)
QUICK_SYSTEMS = (SERVICE, LITSERVE)
"""Where a race is only seen to work: most of its time is NeMo's import, once for each server."""

RECOGNISER = DEMO_MODELS / "fastconformer-tdt.nemo"
VOICE, VOCODER = DEMO_MODELS / "fastpitch.nemo", DEMO_MODELS / "hifigan.nemo"

_LOCAL = ("--host", "127.0.0.1")
_QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "BENTOML_DO_NOT_TRACK": "true"}
"""Keeps the peers from telling their makers that they run."""


def recogniser_commands(
    checkpoint: Path, python: Path, *, model: str, module: str
) -> dict[str, Command]:
    """Returns how the servers with this recogniser are started.

    Args:
        checkpoint: The recogniser's file.
        python: The Python of the peers' environment.
        model: The same file, as our service names it.
        module: Of our service.
    """
    variables = {"NEMO_VOICE_PEER_CHECKPOINT": str(checkpoint)}
    first = ("--checkpoint", str(checkpoint))
    return {
        SERVICE: Command("stt-service", module, ("serve", "--model", model, *SERVE)),
        **_peers("stt", "SpeechToText", python, variables),
        FIRST_DESIGN: Command(
            "stt-first-design", "benchmarks.peers.first_design_stt", first, ready_code=404
        ),
    }


def voice_commands(python: Path) -> dict[str, Command]:
    """Returns how the servers with the demo voice are started."""
    variables = {
        "NEMO_VOICE_PEER_CHECKPOINT": str(VOICE),
        "NEMO_VOICE_PEER_VOCODER": str(VOCODER),
    }
    first = ("--checkpoint", str(VOICE), "--vocoder", str(VOCODER))
    return {
        SERVICE: Command("tts-service", "nemo_voice_tts", ("serve", "--model", "demo", *SERVE)),
        **_peers("tts", "TextToSpeech", python, variables),
        FIRST_DESIGN: Command(
            "tts-first-design", "benchmarks.peers.first_design_tts", first, ready_code=404
        ),
    }


def _peers(
    direction: str, bento: str, python: Path, variables: dict[str, str]
) -> dict[str, Command]:
    # Without our own packages: the peers have an environment of their own.
    variables = {**variables, **_QUIET, "PYTHONPATH": str(ROOT)}
    package = "benchmarks.peers"
    # Ray Serve's proxy is healthy before the model is there.
    ready_paths = {"stt": "/transcribe", "tts": "/synthesize"}

    def command(name: str, module: str, arguments: tuple[str, ...], ready_path: str) -> Command:
        return Command(
            f"{direction}-{name}",
            module,
            arguments,
            ready_path=ready_path,
            python=python,
            variables=variables,
        )

    return {
        LITSERVE: command("litserve", f"{package}.litserve_{direction}", (), "/health"),
        RAY_SERVE: command("ray", f"{package}.ray_{direction}", (), ready_paths[direction]),
        BENTOML: command(
            "bentoml",
            "bentoml",
            ("serve", f"{package}.bentoml_{direction}:{bento}", *_LOCAL),
            "/readyz",
        ),
    }
