"""Resolves VoiceServices and keeps the result of each until its spec changes.

VoiceServices that share a cache Job are resolved for each other's reconciles too: the Job's name
is the digest of a whole pod, and is computed once for each generation of a spec.
"""

from dataclasses import dataclass, field

from pydantic import ValidationError

from nemo_voice_operator.api import parse
from nemo_voice_operator.kube.objects import Key, Object
from nemo_voice_operator.planning.resolution import resolve
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.resolved import Resolved


@dataclass(slots=True)
class Resolver:
    """Keeps the newest resolution of every VoiceService."""

    settings: OperatorSettings
    _known: dict[Key, Resolved] = field(default_factory=dict)

    def resolve(self, resource: Object) -> Resolved:
        """Returns the VoiceService with what follows from its spec.

        Raises:
            pydantic.ValidationError: It does not have the shape that the CRD demands.
        """
        metadata = resource["metadata"]
        key = Key(str(metadata["namespace"]), str(metadata["name"]))
        before = self._known.get(key)
        version = metadata.get("resourceVersion")
        if before is not None and version and before.service.metadata.resource_version == version:
            return before
        self._known[key] = resolve(parse(resource), self.settings, before)
        return self._known[key]

    def resolve_valid(self, resource: Object) -> Resolved | None:
        """Returns the same; None where it does not have the shape that the CRD demands."""
        try:
            return self.resolve(resource)
        except ValidationError:
            return None

    def forget(self, key: Key) -> None:
        """Drops what is known of a VoiceService that is gone."""
        self._known.pop(key, None)
