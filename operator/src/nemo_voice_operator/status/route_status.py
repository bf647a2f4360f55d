"""The condition of Routes: whether every Gateway that the spec names has accepted them."""

from collections.abc import Iterator
from datetime import UTC, datetime

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.api.route import ParentRef, Route
from nemo_voice_operator.api.status import Status
from nemo_voice_operator.desired.routes import known_routes, parents_of, wanted_routes
from nemo_voice_operator.kube.kinds import Kind
from nemo_voice_operator.kube.objects import Object, moment_of
from nemo_voice_operator.state.observed import Observed
from nemo_voice_operator.status.condition_times import UndatedCondition, find_condition
from nemo_voice_operator.status.requeue import poll_interval_s

ROUTE_ACCEPTED = "RouteAccepted"
_ACCEPTED, _RESOLVED = "Accepted", "ResolvedRefs"
_MISSING = "GatewayAPIMissing"
"""Reason where the cluster does not know the kind of a Route; that is asked every five minutes."""
_PENDING = "Pending"
_WORST_FIRST = (False, None, True)


def route_condition(service: VoiceService, observed: Observed) -> UndatedCondition | None:
    """Returns the condition; None where the spec asks for no Route.

    A refusal counts before what is not known yet, and each in the Gateway's own words.
    """
    route = service.spec.route
    if route is None:
        return None
    return min(_per_route(service, route, observed), key=lambda one: _WORST_FIRST.index(one.holds))


def route_wait_s(status: Status, now: datetime) -> float | None:
    """Returns the seconds until the Routes' statuses should be read again; None where events do.

    No event reports them: the kinds may not be there, so they are not watched.
    """
    condition = find_condition(status.conditions, ROUTE_ACCEPTED)
    if condition is None or condition.status == "True" or condition.reason == _MISSING:
        return None
    since = moment_of(condition.last_transition_time) or now
    return poll_interval_s((now.astimezone(UTC) - since).total_seconds())


def _per_route(
    service: VoiceService, route: Route, observed: Observed
) -> Iterator[UndatedCondition]:
    for kind in wanted_routes(service):
        if kind not in known_routes(service, observed.capabilities):
            yield _condition(
                False,
                _MISSING,
                f"the cluster does not know {kind.name} of {kind.api_version}: install the "
                "Gateway API, which is looked for every five minutes",
            )
        elif (found := observed.routes.get(kind.name)) is None:
            yield _condition(None, _PENDING, f"the {kind.name} does not exist yet")
        else:
            yield from (_of_parent(found, kind, one) for one in parents_of(route, kind))


def _of_parent(route: Object, kind: Kind, parent: ParentRef) -> UndatedCondition:
    """Returns what the controllers say of one reference to a Gateway."""
    here = str(route["metadata"]["namespace"])
    where = f"{kind.name} at Gateway {parent.namespace or here}/{parent.name}"
    reports = (route.get("status") or {}).get("parents") or ()
    told = [one for one in reports if _is_about(one.get("parentRef") or {}, parent, here)]
    if not told:
        why = "nothing has answered: does the Gateway exist, and does a controller run its class?"
        return _condition(None, _PENDING, f"{where}: {why}")
    generation = int(route["metadata"].get("generation", 1))
    for kind_of_condition in (_ACCEPTED, _RESOLVED):
        for one in told:
            found = _find(one, kind_of_condition)
            if found is None or int(found.get("observedGeneration", generation)) < generation:
                return _condition(None, _PENDING, f"{where}: {kind_of_condition} is not known yet")
            if found.get("status") != "True":
                holds = None if found.get("status") == "Unknown" else False
                reason = str(found.get("reason") or f"Not{kind_of_condition}")
                return _condition(holds, reason, f"{where}: {found.get('message') or reason}")
    return _condition(True, _ACCEPTED, f"{where}: accepted")


def _is_about(reference: Object, parent: ParentRef, namespace: str) -> bool:
    return (
        reference.get("name") == parent.name
        and reference.get("namespace", namespace) == (parent.namespace or namespace)
        and reference.get("sectionName") == parent.section_name
        and reference.get("port") == parent.port
    )


def _find(report: Object, kind: str) -> Object | None:
    conditions = report.get("conditions") or ()
    return next((one for one in conditions if one.get("type") == kind), None)


def _condition(holds: bool | None, reason: str, message: str) -> UndatedCondition:
    return UndatedCondition(ROUTE_ACCEPTED, holds, reason, message)
