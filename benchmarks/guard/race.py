"""The guard's race: each service against its own model in a loop, the two taking turns."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import inputs
from benchmarks.guard.verdict import ratio
from benchmarks.http_client import Request
from benchmarks.load import run
from benchmarks.measures import Round
from benchmarks.outcome import Progress
from benchmarks.race.clips import make_clips
from benchmarks.raw import Call, RawRecogniser, RawVoice, remote
from benchmarks.servers import SERVE, Command, Server, running


@dataclass(frozen=True)
class Heat:
    """One ratio: so many clients against batches of so many."""

    name: str
    clients: int
    items: int
    batch: int


STT = (Heat("STT, 1 client", 1, 12, 1), Heat("STT, 32 clients", 32, 64, 32))
TTS = (Heat("TTS, 1 client", 1, 6, 1), Heat("TTS, 8 clients", 8, 16, 4))
ROUNDS = 3


@dataclass(frozen=True)
class Lane:
    """A service, its model in a loop, and what both are given."""

    server: Server
    raw: Call
    requests: Sequence[Request]
    heats: Sequence[Heat]

    def ratios(self, rounds: int, progress: Progress) -> dict[str, float]:
        """Returns each heat's ratio; who begins alternates."""
        found = {}
        run(self.server.address, self.requests[:8], 4)
        self.raw("batched", range(8), 4)
        for heat in self.heats:
            pairs = [self._pair(heat, served_first=number % 2 == 0) for number in range(rounds)]
            found[heat.name] = ratio([our for our, _ in pairs], [raw for _, raw in pairs])
            each = ", ".join(f"{ratio([our], [raw]):.2f}" for our, raw in pairs)
            progress(f"  {heat.name}: {found[heat.name]:.2f}x of the raw loop ({each})")
        return found

    def _pair(self, heat: Heat, *, served_first: bool) -> tuple[Round, Round]:
        if served_first:
            served = self._served(heat)
            return served, self._looped(heat)
        looped = self._looped(heat)
        return self._served(heat), looped

    def _served(self, heat: Heat) -> Round:
        return run(self.server.address, self.requests[: heat.items], heat.clients)

    def _looped(self, heat: Heat) -> Round:
        made: Round = self.raw("batched", range(heat.items), heat.batch)
        return made


@contextmanager
def lanes(logs: Path, progress: Progress) -> Iterator[list[Lane]]:
    """Yields both services beside their models, ready."""
    clips = make_clips(max(heat.items for heat in STT), logs, progress)
    texts = inputs.texts(max(heat.items for heat in TTS))
    with ExitStack() as stack:
        progress("starting both services and both models")
        commands = [
            Command(f"{name}-guard", f"nemo_voice_{name}", ("serve", "--model", "demo", *SERVE))
            for name in ("stt", "tts")
        ]
        servers = [stack.enter_context(running(command, logs)) for command in commands]
        heard = remote(
            RawRecogniser, "demo", [clip.path for clip in clips], log=logs / "raw-stt.log"
        )
        spoken = remote(RawVoice, texts, log=logs / "raw-tts.log")
        raws = [stack.enter_context(heard), stack.enter_context(spoken)]
        for server in servers:
            server.wait()
        yield [
            Lane(servers[0], raws[0], [clip.request() for clip in clips], STT),
            Lane(servers[1], raws[1], [inputs.text_request(text) for text in texts], TTS),
        ]
