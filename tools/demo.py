"""Speaks a sentence and reads it back, through both services, on the models in this repository.

`make demo` runs it: it starts both services, waits until they are ready, sends one request to each,
prints the two texts and the times, and stops everything.
"""

import argparse
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

SENTENCE = "Good morning. On May 3rd, 2 kg of apples cost $7.50."
ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / ".demo"
READY_TIMEOUT_S = 600.0


@dataclass(frozen=True)
class Service:
    """One of the two services."""

    name: str
    module: str
    port: int
    grpc_port: int = 0

    @property
    def address(self) -> str:
        """Its URL."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def running(service: Service) -> Iterator[subprocess.Popen[bytes]]:
    """Yields the service's process, and stops it at the end of the block."""
    LOGS.mkdir(exist_ok=True)
    command = [sys.executable, "-m", service.module, "serve", "--port", str(service.port)]
    command += ["--model", "demo", "--device", "cpu", "--drain-delay-s", "0"]
    command += ["--grpc-port", str(service.grpc_port)]
    with (LOGS / f"{service.name}.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def readiness(service: Service) -> dict[str, Any]:
    """Returns the service's own readiness; not ready while it does not respond."""
    try:
        response: dict[str, Any] = httpx.get(f"{service.address}/v1/health/ready", timeout=5).json()
    except httpx.TransportError:
        return {"status": "not_ready", "phase": "starting", "reason": None, "seconds": {}}
    return response


def wait_until_ready(services: dict[Service, subprocess.Popen[bytes]]) -> None:
    """Shows each service's phase until all are ready."""
    began_s = time.monotonic()
    waiting = dict(services)
    shown: dict[Service, str] = {}
    while waiting:
        for service, process in list(waiting.items()):
            facts = readiness(service)
            phase = facts["phase"]
            if (
                process.poll() is not None
                or phase == "failed"
                or time.monotonic() - began_s > READY_TIMEOUT_S
            ):
                sys.exit(f"{service.name} did not start: {facts['reason']}; its log is in {LOGS}")
            if shown.get(service) != phase and (phase != "starting" or service not in shown):
                print(f"  {time.monotonic() - began_s:5.1f} s  {service.name} {phase}", flush=True)
                shown[service] = phase
            if facts["status"] == "ready":
                del waiting[service]
        time.sleep(0.2)


def speak(service: Service, text: str, out: Path) -> float:
    """Writes the text as speech into the file and returns the seconds until its first audio."""
    began_s = time.monotonic()
    first_s = 0.0
    with httpx.stream(
        "POST", f"{service.address}/synthesize", json={"text": text}, timeout=120
    ) as response:
        response.raise_for_status()
        with out.open("wb") as file:
            for chunk in response.iter_bytes():
                first_s = first_s or time.monotonic() - began_s
                file.write(chunk)
    return first_s


def transcribe(service: Service, path: Path) -> str:
    """Returns the transcript of the file."""
    with path.open("rb") as file:
        response = httpx.post(
            f"{service.address}/transcribe", files={"audio_file": file}, timeout=120
        )
    response.raise_for_status()
    text: str = response.json()["text"]
    return text


def main() -> None:
    """Runs the demonstration."""
    parser = argparse.ArgumentParser(description="Speak a sentence and read it back.")
    parser.add_argument("--text", default=SENTENCE, help="what to say")
    parser.add_argument("--out", type=Path, default=ROOT / "voz_generada.wav", help="the WAV file")
    parser.add_argument("--tts-port", type=int, default=5000)
    parser.add_argument("--stt-port", type=int, default=5001)
    parser.add_argument("--json", action="store_true", help="print the result as JSON as well")
    chosen = parser.parse_args()
    tts = Service("tts", "nemo_voice_tts", chosen.tts_port)
    stt = Service("stt", "nemo_voice_stt", chosen.stt_port)
    print("starting both services with the demo models", flush=True)
    with ExitStack() as stack:
        wait_until_ready({service: stack.enter_context(running(service)) for service in (tts, stt)})
        began_s = time.monotonic()
        first_s = speak(tts, chosen.text, chosen.out)
        spoken_s = time.monotonic() - began_s
        began_s = time.monotonic()
        heard = transcribe(stt, chosen.out)
        heard_s = time.monotonic() - began_s
    print(f"said   {chosen.text}\nheard  {heard}")
    print(
        f"first audio after {first_s:.2f} s, all after {spoken_s:.2f} s; "
        f"read back in {heard_s:.2f} s"
    )
    print(f"listen to {chosen.out}")
    if chosen.json:
        print(json.dumps({"said": chosen.text, "heard": heard, "first_audio_s": first_s}))


if __name__ == "__main__":
    main()
