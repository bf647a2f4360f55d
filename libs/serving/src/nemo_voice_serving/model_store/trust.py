"""The certificate authorities that downloads trust: the system's, and those of a private mirror."""

import ssl
from pathlib import Path

import httpx2
from huggingface_hub import set_client_factory

from nemo_voice_serving.model_store.errors import FailureReason, ModelDownloadFailed


def context_with(ca_bundle: Path) -> ssl.SSLContext:
    """Returns a context that trusts the authorities in the file besides the system's.

    Args:
        ca_bundle: Certificates as PEM.

    Raises:
        ModelDownloadFailed: The file holds no certificate, or cannot be read.
    """
    context = httpx2.create_ssl_context()
    try:
        context.load_verify_locations(cafile=ca_bundle)
    except OSError as error:  # an ssl.SSLError is one
        raise ModelDownloadFailed(
            f"{ca_bundle} holds no certificates that can be read: {error.strerror or error}.",
            advice="Write the certificates there as PEM.",
            reason=FailureReason.CA_BUNDLE_UNUSABLE,
        ) from error
    return context


def make_hub_trust(context: ssl.SSLContext) -> None:
    """Makes huggingface_hub use the context, for the whole process: it has one client for all."""
    set_client_factory(lambda: httpx2.Client(verify=context, follow_redirects=True, timeout=None))


def untrusted_certificate(error: BaseException) -> ssl.SSLCertVerificationError | None:
    """Returns why a server's certificate was refused, if that is what failed a connection."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return cause
        cause = cause.__cause__ or cause.__context__
    return None
