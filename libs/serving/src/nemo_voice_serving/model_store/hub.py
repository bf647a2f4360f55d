"""Locates a model's file on a Hugging Face hub, through huggingface_hub.

`download.py` fetches the file: huggingface_hub 2 downloads into a file of random name and removes
it on failure, so that it starts from nothing after a kill.
"""

import ssl
from dataclasses import dataclass
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
    RevisionNotFoundError,
)

from nemo_voice_serving.model_store.errors import (
    FailureReason,
    ModelDownloadFailed,
    ModelNotFound,
    ModelOfflineMissing,
    ModelUnauthorized,
)
from nemo_voice_serving.model_store.http_errors import connection_error, status_error
from nemo_voice_serving.model_store.partial_file import RemoteFile
from nemo_voice_serving.model_store.reference import ModelReference, is_sha256
from nemo_voice_serving.model_store.retry import Retries
from nemo_voice_serving.model_store.trust import context_with, make_hub_trust

_TIMEOUT_S = 20.0


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
        repository = reference.source
        info = self._api.model_info(repository, revision=reference.revision, timeout=_TIMEOUT_S)
        files = [sibling.rfilename for sibling in info.siblings or []]
        name = nemo_file_of(repository.partition("/")[2], files)
        if info.sha is None or name is None:
            shown = ", ".join(sorted(files)[:20]) or "nothing"
            raise ModelNotFound(
                f"{reference.label} holds no .nemo file that is clearly the model. "
                f"It holds: {shown}.",
                advice="Name the file by its address (https://….nemo).",
                reason=FailureReason.CHECKPOINT_NOT_FOUND,
            )
        url = hf_hub_url(repository, name, revision=info.sha, endpoint=self.endpoint)
        metadata = get_hf_file_metadata(
            url, token=self._token, timeout=_TIMEOUT_S, endpoint=self.endpoint
        )
        remote = RemoteFile(
            url=url,
            headers={"Authorization": f"Bearer {self._token}"} if self._token else {},
            size_bytes=metadata.size,
            sha256=metadata.etag if is_sha256(metadata.etag) else None,
            version=f"{info.sha}/{name}",
        )
        return HubFile(info.sha, remote)

    def _check_token(self) -> None:
        if self._token and not (self._token.isascii() and self._token.isprintable()):
            # If it were sent, an error message would repeat it.
            raise ModelUnauthorized(
                "The hub's token holds characters that no token has.",
                advice="Set HF_TOKEN again, without quotes and line ends.",
            )

    def _explain(self, error: HfHubHTTPError, reference: ModelReference) -> NoReturn:
        where = f"{reference.source} at {self.host}"
        if isinstance(error, RevisionNotFoundError):
            raise ModelNotFound(
                f"{where} has no revision {reference.revision!r}.",
                advice="Write a commit, a tag or a branch.",
                reason=FailureReason.REVISION_NOT_FOUND,
            ) from error
        if isinstance(error, GatedRepoError):
            raise ModelUnauthorized(
                f"{where} is gated.",
                advice="Accept its terms on its page, then set HF_TOKEN to a token of that "
                "account.",
                reason=FailureReason.HUB_FORBIDDEN,
            ) from error
        raise status_error(
            error.response,
            where,
            if_denied="is private or does not exist",
            remedy="Check its spelling; if it is private, set HF_TOKEN to a token that may read "
            "it.",
        ) from error
