"""Understands what a browser's address bar shows of Hugging Face's and NVIDIA's catalogs.

A page of a model names it as well as its id does; a page of anything else is refused with what to
write instead.
"""

import re
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit

from nemo_voice_serving.model_store.errors import InvalidModelReference

_HUB_HOSTS = frozenset({"huggingface.co", "www.huggingface.co", "hf.co"})
_NO_MODELS = frozenset({"datasets", "spaces", "collections", "papers", "docs", "blog"})
_FILE_PAGES = frozenset({"blob", "raw"})
_NGC_FILES = "api.ngc.nvidia.com"
_NGC_PAGES = frozenset({"catalog.ngc.nvidia.com", "ngc.nvidia.com"})
NGC_FORM = "https://api.ngc.nvidia.com/v2/models/nvidia/nemo/NAME/versions/VERSION/files/FILE.nemo"
_NGC_BY_PATH = re.compile(
    r"/v2/models/org/(?P<org>[\w-]+)/(?:team/(?P<team>[\w-]+)/)?(?P<name>[\w.-]+)/"
    r"(?P<version>[\w.-]+)/files",
    re.ASCII,
)


class HubPage(NamedTuple):
    """A model as a page of the hub names it."""

    source: str
    """`owner/name`, or `owner/name/file.nemo`."""
    revision: str | None


def hub_page(source: str) -> HubPage | None:
    """Returns the model of a page of huggingface.co; None for any other address.

    An address with `/resolve/` is that of the file itself, and no page.

    Raises:
        InvalidModelReference: The page is not one of a model, or of a folder.
    """
    parts = _parts_of(source)
    if parts is None or parts.hostname not in _HUB_HOSTS:
        return None
    names = [unquote(name) for name in parts.path.strip("/").split("/")]
    if names[0] in _NO_MODELS or len(names) < 2:  # noqa: PLR2004 owner and name
        raise _no_model(source)
    model, rest = "/".join(names[:2]), names[2:]
    match rest:
        case []:
            return HubPage(model, None)
        case ["resolve", *_]:
            return None
        case ["tree", revision]:
            return HubPage(model, revision)
        case [page, revision, *file] if page in _FILE_PAGES and file:
            return HubPage(f"{model}/{'/'.join(file)}", revision)
        case _:
            advice = f"Write its id, {model!r}, or that of a file in it, '{model}/FILE.nemo'."
            raise InvalidModelReference(f"{source!r} is a page, not a model. {advice}")


def file_address(source: str) -> str:
    """Returns the address of the file that an address of NVIDIA's catalog means; else the same.

    Raises:
        InvalidModelReference: It is a page of the catalog, which does not name a file.
    """
    parts = _parts_of(source)
    if parts is None:
        return source
    if parts.hostname in _NGC_PAGES:
        raise InvalidModelReference(
            f"{source!r} is a page, not a model. Write the address of its file: {NGC_FORM}."
        )
    found = _NGC_BY_PATH.fullmatch(parts.path) if parts.hostname == _NGC_FILES else None
    files = parse_qs(parts.query).get("path", [])
    if found is None or len(files) != 1:
        return source
    owner = "/".join(filter(None, (found["org"], found["team"])))
    place = f"v2/models/{owner}/{found['name']}/versions/{found['version']}"
    return f"https://{_NGC_FILES}/{place}/files/{quote(files[0])}"


def _parts_of(source: str) -> SplitResult | None:
    if not source.startswith(("https://", "http://")):
        return None
    try:
        return urlsplit(source)
    except ValueError:
        return None  # reference.py says why


def _no_model(source: str) -> InvalidModelReference:
    return InvalidModelReference(
        f"{source!r} is not the page of a model. Write a model's id, such as "
        "'nvidia/parakeet-tdt-0.6b-v2'."
    )
