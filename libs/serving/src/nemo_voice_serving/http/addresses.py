"""Which address of the application a request means, whatever its client and proxies make of it.

A proxy may serve the application below a prefix, and strip it or not; clients double slashes and
add some at the end; Azure's clients have paths of their own. The rest of the application sees one
spelling.
"""

import ipaddress
import re
from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.types import Scope

from nemo_voice_serving.settings import is_path_prefix

_AZURE = re.compile(r"/openai(?:/deployments/[^/]+(?=/audio/)|/v1(?=/)|(?=/models(?:/|$)))")
"""What Azure's clients have in place of `/v1`; which model is deployed there, the service knows."""
_SLASHES = re.compile(r"/{2,}")
_MODEL = "/models/"

_EVERYBODY = ("0.0.0.0/0", "::/0")


class Addresses:
    """Finds what requests mean, for one place behind proxies."""

    def __init__(self, *, root_path: str, trusted_proxies: Iterable[str]) -> None:
        """Takes the prefix of every address, and whose `X-Forwarded-Prefix` counts instead.

        Args:
            root_path: The prefix, such as `/speech`; empty for none.
            trusted_proxies: Addresses and networks of proxies, or `*` for all.
        """
        self._root_path = root_path
        networks = [
            net for one in trusted_proxies for net in (_EVERYBODY if one == "*" else (one,))
        ]
        self._trusted = tuple(ipaddress.ip_network(one, strict=False) for one in networks)

    def resolved(self, scope: Scope) -> Scope:
        """Returns the scope with the prefix as its `root_path`, and our spelling of the rest.

        A HEAD becomes the GET whose headers it wants: the server leaves out the body.
        """
        root = self._forwarded_prefix(scope)
        path = _with_single_slashes(scope["path"])
        if path == root or path.startswith(f"{root}/"):
            path = path[len(root) :]
        resolved = {**scope, "root_path": root, "path": root + _own_spelling(path)}
        if scope.get("method") == "HEAD":
            resolved["method"] = "GET"
        return resolved

    def _forwarded_prefix(self, scope: Scope) -> str:
        if not self._trusts(scope.get("client")):
            return self._root_path
        given = Headers(scope=scope).getlist("x-forwarded-prefix")
        # Several proxies append theirs, the outermost first.
        parts = [part.strip().rstrip("/") for value in given for part in value.split(",")]
        prefix = "".join(parts)
        # Pages quote it: nothing but a plain path may get there.
        return prefix if given and is_path_prefix(prefix) else self._root_path

    def _trusts(self, client: tuple[str, int] | None) -> bool:
        if client is None or not self._trusted:
            return False
        try:
            address = ipaddress.ip_address(client[0])
        except ValueError:
            return False
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped  # how a socket for both families states IPv4
        return any(address in network for network in self._trusted)


def own_path(scope: Scope) -> str:
    """Returns the path without the prefix that the application is served below."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def _with_single_slashes(path: str) -> str:
    """Returns the path without empty parts, but for those in the name of a model."""
    # Clients join a base that ends with a slash to a path that begins with one.
    before, models, name = path.partition(_MODEL)
    joined: str = _SLASHES.sub("/", before + models)
    return joined + name


def _own_spelling(path: str) -> str:
    azure = _AZURE.match(path)
    own = path if azure is None else f"/v1{path[azure.end() :]}"
    return own.rstrip("/") or "/"
