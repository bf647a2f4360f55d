"""The API server: the only module that talks to it, apart from kopf's watches.

`Cluster` is the port that the reconciler uses; `KubernetesCluster` is the real thing. Owner
references and the field manager are set here and nowhere else.
"""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Protocol

import aiohttp
from kubernetes.aio.client import ApiClient
from typing_extensions import override

from nemo_voice_operator.clients.encoding import encoded
from nemo_voice_operator.clients.failures import MOST_SHOWN, failure_of
from nemo_voice_operator.errors import ClusterError, Conflict, Refused, Unavailable, Unexplained
from nemo_voice_operator.kube.kinds import EVENT, Kind, Reference, kind_of, reference_of
from nemo_voice_operator.kube.labels import MANAGER
from nemo_voice_operator.kube.manifests import Manifest, name_of, namespace_of
from nemo_voice_operator.kube.objects import Object
from nemo_voice_operator.kube.ownership import owner_references

_APPLY = {"Content-Type": "application/apply-patch+yaml; charset=utf-8"}
"""Not just the media type: bodies of that would be encoded by the client library."""
_JSON_PATCH = {"Content-Type": "application/json-patch+json"}
_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_TIMEOUT_S = 20
_PAGE = 500


class Cluster(Protocol):
    """What the reconciler needs of a cluster."""

    async def apply(
        self, manifest: Manifest, owners: Sequence[Object], *, is_forced: bool = True
    ) -> Object:
        """Applies the manifest with these owners; returns the object as it is then.

        Raises:
            ClusterError: The write failed; without force with `Conflict` where somebody else has
                set a field to something else.
        """
        ...

    async def read(self, reference: Reference) -> Object | None:
        """Returns an object, or None where there is none.

        Raises:
            ClusterError: It cannot be read.
        """
        ...

    async def delete(self, thing: Object) -> None:
        """Deletes this very object; does nothing if it is gone or has been replaced by another."""
        ...

    async def apply_status(
        self, resource: Object, status: Manifest, *, if_unchanged: bool = False
    ) -> Object:
        """Writes the whole status of the resource; returns the resource.

        Raises:
            ClusterError: The write failed; if it was to find the resource unchanged, with
                `Conflict` where somebody has changed it.
        """
        ...

    async def record(self, event: Manifest) -> None:
        """Writes an Event."""
        ...

    async def events_of(self, thing: Object) -> list[Object]:
        """Returns the Events of an object.

        Raises:
            ClusterError: They cannot be read.
        """
        ...


class KubernetesCluster(Cluster):
    """A cluster behind an API server."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    @override
    async def apply(
        self, manifest: Manifest, owners: Sequence[Object], *, is_forced: bool = True
    ) -> Object:
        body: dict[str, Any] = dict(manifest)
        if owners:
            body["metadata"] = {**body["metadata"], "ownerReferences": owner_references(owners)}
        query = {"force": "true"} if is_forced else {}
        path = reference_of(manifest).path
        try:
            return await self._apply(path, body, query)
        except Unexplained as error:
            if refusal := await self._why_refused(body):
                raise refusal from error
            raise

    @override
    async def apply_status(
        self, resource: Object, status: Manifest, *, if_unchanged: bool = False
    ) -> Object:
        reference = reference_of(resource)
        metadata: Manifest = {"name": reference.name, "uid": resource["metadata"]["uid"]}
        if if_unchanged:
            metadata["resourceVersion"] = resource["metadata"]["resourceVersion"]
        body: Manifest = {
            "apiVersion": reference.kind.api_version,
            "kind": reference.kind.name,
            "metadata": metadata,
            "status": status,
        }
        path = f"{reference.path}/status"
        try:
            return await self._apply(path, body, {"force": "true"})
        except Unexplained:
            # Nothing can be applied to an object with a spec that the definition once accepted
            # and that has values of other types than today's.
            return await self._replace_status(path, metadata, status)

    @override
    async def delete(self, thing: Object) -> None:
        body = {
            "propagationPolicy": "Background",
            "preconditions": {"uid": thing["metadata"]["uid"]},
        }
        try:
            await self._request("DELETE", reference_of(thing).path, body=body)
        except Conflict:
            return  # another object has the name now
        except Refused as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise

    @override
    async def record(self, event: Manifest) -> None:
        await self._request("POST", EVENT.path(namespace_of(event)), body=event)

    @override
    async def events_of(self, thing: Object) -> list[Object]:
        metadata = thing["metadata"]
        return await self.list(
            EVENT, str(metadata["namespace"]), fields=f"regarding.uid={metadata['uid']}"
        )

    async def define(self, definition: Manifest, manager: str = MANAGER) -> None:
        """Applies a CustomResourceDefinition under the name of a field manager.

        Raises:
            ClusterError: The write failed.
        """
        query = {"force": "true", "fieldManager": manager}
        await self._apply(f"{_DEFINITIONS}/{name_of(definition)}", definition, query)

    @override
    async def read(self, reference: Reference) -> Object | None:
        try:
            found: Object = await self._request("GET", reference.path)
        except Refused as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        return found

    async def create(self, manifest: Manifest) -> Object:
        """Creates an object that must not be there yet.

        Raises:
            ClusterError: The write failed.
        """
        path = kind_of(manifest).path(namespace_of(manifest))
        made: Object = await self._request("POST", path, body=manifest)
        return made

    async def replace(self, manifest: Manifest) -> Object:
        """Replaces an object, if it is still the one that its resource version names.

        Raises:
            ClusterError: The write failed; `Conflict` when the object has changed since.
        """
        made: Object = await self._request("PUT", reference_of(manifest).path, body=manifest)
        return made

    async def list(
        self, kind: Kind, namespace: str | None, selector: str = "", *, fields: str = ""
    ) -> list[Object]:
        """Returns every object of a kind, in a namespace or in all of them.

        Args:
            kind: The kind.
            namespace: The namespace; None for all.
            selector: Selects by labels.
            fields: Selects by fields.

        Raises:
            ClusterError: They cannot be read.
        """
        found: list[Object] = []
        query = {"limit": str(_PAGE), "labelSelector": selector, "fieldSelector": fields}
        while True:
            page = await self._request("GET", kind.path(namespace), query=query)
            # Items of a list do not repeat what they are.
            what = {"apiVersion": kind.api_version, "kind": kind.name}
            found.extend({**what, **item} for item in page["items"])
            query["continue"] = page["metadata"].get("continue", "")
            if not query["continue"]:
                return found

    async def knows(self, kind: Kind) -> bool:
        """Returns whether the cluster has this kind."""
        try:
            group = await self._request("GET", f"/apis/{kind.api_version}")
        except Refused as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return False
            raise
        return any(resource["name"] == kind.plural for resource in group["resources"])

    async def _apply(self, path: str, body: Manifest, query: Mapping[str, str]) -> Object:
        try:
            text = encoded(body)
        except ValueError as error:
            raise Refused(f"it cannot be written as JSON: {error}") from error
        made: Object = await self._request(
            "PATCH",
            path,
            query={"fieldManager": MANAGER, "fieldValidation": "Strict", **query},
            body=text,
            headers=_APPLY,
        )
        return made

    async def _replace_status(self, path: str, metadata: Manifest, status: Manifest) -> Object:
        body: list[Manifest] = [
            {"op": "test", "path": "/metadata/uid", "value": metadata["uid"]},
            {"op": "add", "path": "/status", "value": status},
        ]
        if version := metadata.get("resourceVersion"):
            # Not a test: one that fails is no conflict.
            body.append({"op": "add", "path": "/metadata/resourceVersion", "value": version})
        made: Object = await self._request(
            "PATCH", path, query={"fieldManager": MANAGER}, body=body, headers=_JSON_PATCH
        )
        return made

    async def _why_refused(self, manifest: Manifest) -> Refused | None:
        """Returns what is wrong with an object of which an apply ended in an unexplained error.

        The API server responds with 500 to an apply of a value that it cannot convert, and names
        the field only where the same object is created. Nothing is: it is a dry run.
        """
        path = kind_of(manifest).path(namespace_of(manifest))
        query = {"dryRun": "All", "fieldValidation": "Strict"}
        try:
            await self._request("POST", path, query=query, body=manifest)
        except Refused as refusal:
            explained = {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}
            return refusal if refusal.status in explained else None
        except ClusterError:
            return None  # it exists already, or the API server really has a fault
        return None

    async def _request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        prepared = await self._client.param_serialize(
            method,
            path,
            query_params=[(name, value) for name, value in (query or {}).items() if value],
            header_params={"Accept": "application/json", **(headers or {})},
            body=body,
            auth_settings=["BearerToken"],
        )
        try:
            response = await self._client.call_api(*prepared, _request_timeout=_TIMEOUT_S)
            content: bytes = await response.read()  # type: ignore[no-untyped-call]
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            fault = str(error) or type(error).__name__
            raise Unavailable(f"the API server cannot be reached: {fault}") from error
        if response.status >= HTTPStatus.BAD_REQUEST:
            raise failure_of(response.status, content)
        try:
            return json.loads(content)
        except ValueError as error:
            shown = content[:MOST_SHOWN].decode(errors="replace")
            raise Unavailable(f"the API server's response is no JSON: {shown}") from error
