"""Locates a model's file on a Hugging Face hub, through huggingface_hub.

`download.py` fetches the file: huggingface_hub 2 downloads into a file of random name and removes
it on failure, so that it starts from nothing after a kill.
"""

import ssl
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Literal, NoReturn
from urllib.parse import urlsplit

import httpx2
from huggingface_hub import HfApi, get_hf_file_metadata, get_token, hf_hub_url
from huggingface_hub.errors import (
    FileMetadataError,
    GatedRepoError,
    HfHubHTTPError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from nemo_voice_serving.model_store.errors import (
    FailureReason,
    ModelDownloadFailed,
    ModelNotFound,
    ModelOfflineMissing,
    ModelUnauthorized,
)
from nemo_voice_serving.model_store.http_errors import (
    DENIED,
    connection_error,
    gated_error,
    status_error,
)
from nemo_voice_serving.model_store.partial_file import RemoteFile
from nemo_voice_serving.model_store.reference import ModelReference, is_sha256
from nemo_voice_serving.model_store.retry import Retries
from nemo_voice_serving.model_store.trust import context_with, make_hub_trust

_TIMEOUT_S = 20.0
_MOST_LISTED = 20
_IF_GATED = (
    "If it is gated, accept its terms on its page; set HF_TOKEN to a token of that account that "
    "may read it: a fine-grained one needs the right to read gated repositories."
)


@dataclass(frozen=True)
class HubFile:
    """A model's file at one commit."""

    commit: str
    remote: RemoteFile


def nemo_file_of(name: str, files: list[str]) -> str | None:
    """Returns a repository's checkpoint: `<name>.nemo`, else the only .nemo, else None."""
    checkpoints = [file for file in files if file.endswith(".nemo")]
    if f"{name}.nemo" in checkpoints:
        return f"{name}.nemo"
    return checkpoints[0] if len(checkpoints) == 1 else None


class ModelHub:
    """A hub at one endpoint, used with one token.

    Args:
        endpoint: Its address; None = `HF_ENDPOINT`, else huggingface.co.
        token: None = `HF_TOKEN`, else what `hf auth login` stored.
        ca_bundle: File of certificate authorities that are trusted besides the system's.

    Raises:
        ModelDownloadFailed: That file holds none.
    """

    def __init__(
        self, endpoint: str | None, token: str | None, ca_bundle: Path | None = None
    ) -> None:
        self.context: ssl.SSLContext | None = context_with(ca_bundle) if ca_bundle else None
        """Which authorities are trusted; None = the system's."""
        if self.context is not None:
            make_hub_trust(self.context)
        # False keeps huggingface_hub from looking for a token of its own.
        self._token: str | Literal[False] = token or get_token() or False
        self._api = HfApi(endpoint=endpoint, token=self._token)

    @property
    def endpoint(self) -> str:
        """The hub's address."""
        return self._api.endpoint

    @property
    def origin(self) -> str:
        """The hub's `scheme://host`, with its port where the address has one."""
        return "{0.scheme}://{0.netloc}".format(urlsplit(self.endpoint))

    @property
    def host(self) -> str:
        """The hub's host, with its port where the address has one."""
        return urlsplit(self.endpoint).netloc

    def locate(self, reference: ModelReference, retries: Retries) -> HubFile:
        """Returns the address of the reference's checkpoint, at its revision's current commit.

        Args:
            reference: Which model.
            retries: How often to try again.

        Raises:
            ModelNotFound: No such repository, revision, or checkpoint in it.
            ModelUnauthorized: It wants a token, or another one.
            ModelDownloadFailed: The hub cannot be reached.
        """
        what = f"Locating {reference.label} at {self.host}"
        return retries.run(lambda: self._try_locate(reference), what)

    def _try_locate(self, reference: ModelReference) -> HubFile:
        try:
            return self._locate(reference)
        except OfflineModeIsEnabled as error:
            raise ModelOfflineMissing(
                f"{reference.label} is not in the store, and HF_HUB_OFFLINE forbids a request."
            ) from error
        except HfHubHTTPError as error:
            self._explain(error, reference)
        except httpx2.TransportError as error:
            raise connection_error(error) from error
        except (FileMetadataError, httpx2.HTTPError, ValueError, KeyError, TypeError) as error:
            raise ModelDownloadFailed(
                f"{self.endpoint} does not respond like a Hugging Face hub: {error}."
            ) from error

    def _locate(self, reference: ModelReference) -> HubFile:
        self._check_token()
        repository = reference.repository
        info = self._api.model_info(repository, revision=reference.revision, timeout=_TIMEOUT_S)
        files = [sibling.rfilename for sibling in info.siblings or []]
        name = _chosen_file(reference, files)
        if info.sha is None:
            raise ModelDownloadFailed(f"{self.endpoint} names no commit of {reference.label}.")
        url = hf_hub_url(repository, name, revision=info.sha, endpoint=self.endpoint)
        try:
            metadata = get_hf_file_metadata(
                url, token=self._token, timeout=_TIMEOUT_S, endpoint=self.endpoint
            )
        except HfHubHTTPError as error:
            # A mirror may not say why it denies the file; the hub told that the model is gated.
            if info.gated and error.response.status_code in DENIED:
                raise gated_error(self._named(reference)) from error
            raise
        remote = RemoteFile(
            url=url,
            headers=self._headers(),
            size_bytes=metadata.size,
            sha256=metadata.etag if is_sha256(metadata.etag) else None,
            version=f"{info.sha}/{name}",
        )
        return HubFile(info.sha, remote)

    def headers_for(self, address: str) -> dict[str, str]:
        """Returns the headers for a file's address: with the token if it is one of this hub."""
        parts = urlsplit(address)
        if f"{parts.scheme}://{parts.netloc}" != self.origin:
            return {}
        self._check_token()
        return self._headers()

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}

    def _named(self, reference: ModelReference) -> str:
        return f"{reference.repository} at {self.host}"

    def _check_token(self) -> None:
        if self._token and not (self._token.isascii() and self._token.isprintable()):
            # If it were sent, an error message would repeat it.
            raise ModelUnauthorized(
                "The hub's token holds characters that no token has.",
                advice="Set HF_TOKEN again, without quotes and line ends.",
            )

    def _explain(self, error: HfHubHTTPError, reference: ModelReference) -> NoReturn:
        where = self._named(reference)
        if isinstance(error, RevisionNotFoundError):
            raise ModelNotFound(
                f"{where} has no revision {reference.revision!r}.",
                advice="Write a commit, a tag or a branch.",
                reason=FailureReason.REVISION_NOT_FOUND,
            ) from error
        if isinstance(error, GatedRepoError):
            raise gated_error(where) from error
        if_denied, remedy = _denial(error, has_token=bool(self._token))
        raise status_error(error.response, where, if_denied=if_denied, remedy=remedy) from error


def _chosen_file(reference: ModelReference, files: list[str]) -> str:
    """Returns the checkpoint that the reference names, or that is clearly the model.

    Raises:
        ModelNotFound: Naming the checkpoints that there are.
    """
    checkpoints = sorted(file for file in files if file.endswith(".nemo"))
    repository = reference.repository
    if reference.file is not None:
        if reference.file in checkpoints:
            return reference.file
        there = f"Its .nemo files: {_listed(checkpoints)}."
        problem = f"{repository} has no file {reference.file}. {there}"
        raise _not_found(problem, "Correct the file's name.")
    name = nemo_file_of(repository.partition("/")[2], files)
    if name is not None:
        return name
    if checkpoints:
        problem = f"{reference.label} holds several .nemo files: {_listed(checkpoints)}."
        example = f"{repository}/{checkpoints[0]}"
        raise _not_found(problem, f"Name the one that you want, such as {example}.")
    raise _not_found(
        f"{reference.label} holds no .nemo file. It holds: {_listed(sorted(files))}.",
        "Name a repository with a NeMo checkpoint.",
    )


def _listed(files: list[str]) -> str:
    shown = ", ".join(files[:_MOST_LISTED])
    more = len(files) - _MOST_LISTED
    return f"{shown} and {more} more" if more > 0 else shown or "nothing"


def _not_found(problem: str, advice: str) -> ModelNotFound:
    return ModelNotFound(problem, advice=advice, reason=FailureReason.CHECKPOINT_NOT_FOUND)


def _denial(error: HfHubHTTPError, *, has_token: bool) -> tuple[str, str]:
    """Returns what a 401 or a 403 means, and what to do about it."""
    if error.response.status_code == HTTPStatus.FORBIDDEN:
        return (f"may not be read {'with this' if has_token else 'without a'} token", _IF_GATED)
    if has_token and not isinstance(error, RepositoryNotFoundError):
        return ("is denied, because the hub does not know the token", "Set HF_TOKEN to a new one.")
    return (
        "is private or does not exist",
        "Check its spelling; if it is private, set HF_TOKEN to a token that may read it.",
    )
