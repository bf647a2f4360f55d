"""Every VoiceService that the API server accepts soon has a status with a reason.

Samples are mutated along the schema of the definition and sent to a real API server, with the
operator as a process beside it. A third of the mutations are changes of what exists.
"""

import json
import os
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from typing_extensions import override

from support.kubernetes.api_server import ApiServer
from support.kubernetes.definitions import VOICE_SERVICES
from support.operator.definition import voice
from support.operator.mutations import Mutation, mutations
from support.operator.operating import grant, operator_process
from support.waiting import until

SEED = int(os.environ.get("NEMO_VOICE_DEV_SEED", "13"))
"""Of the mutations; another one finds others."""
PATIENCE_S = 60.0
SOON_S = 10.0
"""Within which 19 of 20 have their status: a busy machine may stop for longer now and then."""
_AT_ONCE = 20
_REFUSALS = {400, 413, 422}


@dataclass
class Outcome:
    """What became of the mutations."""

    refused: int = 0
    accepted: int = 0
    seconds: list[float] = field(default_factory=list)
    """Until each status."""
    reasons: Counter[str] = field(default_factory=Counter)
    silent: list[str] = field(default_factory=list)
    """Accepted ones without a status in time."""
    errors: list[str] = field(default_factory=list)
    """Responses of the API server that are no refusal."""

    def slowest_of(self, part: float) -> float:
        """The seconds in which such a part of the statuses came."""
        return sorted(self.seconds)[round(part * (len(self.seconds) - 1))]

    @override
    def __str__(self) -> str:
        reasons = ", ".join(f"{count} {reason}" for reason, count in self.reasons.most_common())
        return (
            f"seed {SEED}: {self.accepted} accepted, {self.refused} refused, "
            f"{len(self.silent)} without a status, slowest status {self.slowest_of(1):.1f} s; "
            f"Ready's reasons: {reasons}"
        )


@pytest.mark.parametrize(
    "count",
    [
        150,
        pytest.param(2000, marks=[pytest.mark.long, pytest.mark.timeout(3600)]),
    ],
)
def test_every_accepted_spec_has_a_status_with_a_reason(
    defined: ApiServer, namespace: str, tmp_path: Path, count: int
) -> None:
    outcome, log = Outcome(), tmp_path / "operator.log"
    settings = {"namespace": namespace, "watched": namespace}
    kubeconfig = grant(defined, namespace, cluster_wide=False)
    with operator_process(kubeconfig, log, **settings) as process:
        until("its lead", lambda: "became leader" in log.read_text())
        waiting = list(enumerate(mutations(count, SEED)))
        while waiting:
            _try(defined, namespace, waiting[:_AT_ONCE], outcome)
            del waiting[:_AT_ONCE]
        assert process.poll() is None, log.read_text()[-4000:]
    print(outcome)  # noqa: T201 the figures of this run
    assert outcome.errors == []
    assert outcome.silent == []
    assert outcome.slowest_of(0.95) < SOON_S
    assert "Traceback" not in log.read_text(), "a spec made the operator stumble"
    assert outcome.accepted > count // 10, "the mutations are not so wild that none is accepted"
    assert outcome.refused > count // 10


Accepted = dict[str, tuple[Mutation, float]]
"""Mutations by the names of their VoiceServices, and when they were accepted."""


def _try(
    server: ApiServer, namespace: str, tried: list[tuple[int, Mutation]], outcome: Outcome
) -> None:
    """Sends the mutations, waits for the status of those that are accepted, and removes them."""
    path = VOICE_SERVICES.format(namespace=namespace)
    accepted: Accepted = {}
    for number, mutation in tried:
        response = _written(server, path, f"m-{number}", mutation, is_change=number % 3 == 0)
        if response.is_success:
            accepted[f"m-{number}"] = (mutation, time.monotonic())
        elif response.status_code in _REFUSALS:
            outcome.refused += 1
        else:
            outcome.errors.append(f"{mutation.changes}: {response.text[:300]}")
    outcome.accepted += len(accepted)
    while accepted:
        _note(accepted, server.send("GET", path)["items"], outcome)
        time.sleep(0.1)
    server.send("DELETE", path)


def _written(
    server: ApiServer, path: str, name: str, mutation: Mutation, *, is_change: bool
) -> httpx.Response:
    """Returns the response to the mutation: to its creation, or to a change of the sample."""
    if not is_change:
        return _sent(server, "POST", path, voice(mutation.spec, name))
    _sent(server, "POST", path, voice(mutation.before, name)).raise_for_status()
    change = {"op": "replace", "path": "/spec", "value": mutation.spec}
    return _sent(server, "PATCH", f"{path}/{name}", [change])


def _note(accepted: Accepted, things: Iterable[dict[str, Any]], outcome: Outcome) -> None:
    """Notes which have a status now, and which have waited too long, and forgets them."""
    for thing in things:
        if thing["metadata"]["name"] in accepted and (reason := _reason(thing)):
            _, since_s = accepted.pop(thing["metadata"]["name"])
            outcome.seconds.append(time.monotonic() - since_s)
            outcome.reasons[reason] += 1
    for name, (mutation, since_s) in list(accepted.items()):
        if time.monotonic() - since_s > PATIENCE_S:
            del accepted[name]
            outcome.silent.append(f"{mutation.sample}: {mutation.changes}")


def _sent(server: ApiServer, method: str, path: str, body: Any) -> httpx.Response:
    # In ASCII, so that halves of characters can be sent, too.
    kind = "application/json" if method == "POST" else "application/json-patch+json"
    text = json.dumps(body).encode()
    return server.http.request(method, path, content=text, headers={"Content-Type": kind})


def _reason(thing: dict[str, Any]) -> str:
    """Returns why it is ready or not, as the status says of this generation; else nothing."""
    status, generation = thing.get("status", {}), thing["metadata"]["generation"]
    conditions = {one["type"]: one for one in status.get("conditions", ())}
    told = conditions.get("Ready") or conditions.get("Degraded") or {}
    is_newest = status.get("observedGeneration") == generation
    return str(told.get("reason", "")) if is_newest or "Ready" not in conditions else ""
