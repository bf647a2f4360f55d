"""What a VoiceService said while it was hurt: changes that watches of the API server saw."""

import contextlib
import json
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.chaos.results import Said
from hack.cluster.layout import layout
from support.kubernetes.voice_namespace import VoiceNamespace

_PAUSE_S = 0.5
_MESSAGE_CHARACTERS = 160


@dataclass
class Timeline:
    """What was seen, each with its time on the monotonic clock."""

    seen: list[tuple[float, str]] = field(default_factory=list)
    addresses: list[tuple[float, frozenset[str]]] = field(default_factory=list)
    """The ready endpoints after each change."""

    def since(self, began_s: float) -> tuple[Said, ...]:
        """Returns what was seen from this moment on."""
        later = [(at_s, what) for at_s, what in tuple(self.seen) if at_s >= began_s]
        return tuple(Said(round(at_s - began_s, 1), what) for at_s, what in later)

    def lost_s(self, address: str, since_s: float) -> float | None:
        """Returns when the endpoints first had lost an address; None if they have it still."""
        for at_s, ready in tuple(self.addresses):
            if at_s >= since_s and address not in ready:
                return at_s
        return None


def facts_of(voice: Mapping[str, Any]) -> dict[str, str]:
    """Returns what a VoiceService's status says, a line for each part of it."""
    status = voice.get("status", {})
    facts = {"phase": status.get("phase", "none")}
    for condition in status.get("conditions", []):
        message = " ".join(condition.get("message", "").split())[:_MESSAGE_CHARACTERS]
        said = f"{condition['status']} {condition.get('reason', '')}"
        facts[condition["type"]] = f"{said}: {message}" if message else said
    return facts


def ready_addresses(slices: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Returns the addresses to which a Service sends, by its EndpointSlices."""
    return frozenset(
        address
        for one in slices
        for endpoint in one.get("endpoints") or []
        if endpoint.get("conditions", {}).get("ready", True)
        for address in endpoint["addresses"]
    )


def objects_in(text: str) -> tuple[list[Any], str]:
    """Returns the JSON values at the beginning of a text, and the rest that is not whole yet."""
    found, decoder = [], json.JSONDecoder()
    while text := text.lstrip():
        try:
            value, end = decoder.raw_decode(text)
        except json.JSONDecodeError:
            break
        found.append(value)
        text = text[end:]
    return found, text


@contextlib.contextmanager
def watching(namespace: VoiceNamespace, name: str) -> Iterator[Timeline]:
    """Yields what is seen of a VoiceService and its endpoints, while the block runs."""
    timeline, facts = Timeline(), dict[str, str]()
    slices: dict[str, Any] = {}

    def see_voice(event: Mapping[str, Any]) -> None:
        for kind, said in facts_of(event["object"]).items():
            if facts.get(kind) != said:
                facts[kind] = said
                timeline.seen.append((time.monotonic(), f"{kind} {said}"))

    def see_slice(event: Mapping[str, Any]) -> None:
        found = event["object"]
        slices[found["metadata"]["name"]] = {} if event["type"] == "DELETED" else found
        before = timeline.addresses[-1][1] if timeline.addresses else None
        if (now := ready_addresses(slices.values())) != before:
            timeline.addresses.append((time.monotonic(), now))
            timeline.seen.append((time.monotonic(), f"endpoints: {len(now)}"))

    service = f"kubernetes.io/service-name={name}"
    watches = [
        _Watch(namespace, ("voice", name), see_voice),
        _Watch(namespace, ("endpointslices", f"--selector={service}"), see_slice),
    ]
    with contextlib.ExitStack() as stack:
        for watch in watches:
            stack.enter_context(watch)
        yield timeline


class _Watch:
    """A `kubectl get --watch` that is begun again whenever it ends, as an API server's end does."""

    def __init__(self, namespace: VoiceNamespace, wanted: tuple[str, ...], see: Any) -> None:
        flags = ("--namespace", namespace.name, "--watch", "--output-watch-events", "--output=json")
        program = str(layout().binaries / "kubectl")
        kubeconfig = f"--kubeconfig={namespace.kubernetes.kubeconfig}"
        self._command = [program, kubeconfig, "get", *wanted, *flags]
        self._see = see
        self._over = threading.Event()
        self._process: subprocess.Popen[str] | None = None
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._process is not None:
            self._process.terminate()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.is_set():
            with subprocess.Popen(
                self._command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            ) as self._process:
                self._read(self._process)
                self._process.terminate()
            self._over.wait(_PAUSE_S)

    def _read(self, process: subprocess.Popen[str]) -> None:
        rest = ""
        for line in process.stdout or ():
            values, rest = objects_in(rest + line)
            for value in values:
                self._see(value)
            if self._over.is_set():
                return
