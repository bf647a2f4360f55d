"""Asks the service of this container whether it is ready; the images' HEALTHCHECK runs it.

`python -I -S health.py PORT` names the port for where `NEMO_VOICE_PORT` is not set. It imports
nothing of the environment, so that it starts in milliseconds.
"""

import os
import ssl
import sys
import urllib.request

_PATIENCE_S = 4


def ready_address(port: str) -> str:
    """Returns the address that says whether the service is ready."""
    scheme = "https" if os.environ.get("NEMO_VOICE_TLS__CERTIFICATE_FILE") else "http"
    return f"{scheme}://127.0.0.1:{os.environ.get('NEMO_VOICE_PORT') or port}/v1/health/ready"


def main() -> None:
    """Ends with an error unless the service is ready."""
    # The certificate is for the name by which others call, and this is the same container.
    unverified = ssl.create_default_context()
    unverified.check_hostname = False
    unverified.verify_mode = ssl.CERT_NONE
    straight = urllib.request.ProxyHandler({})  # a proxy is for what is outside
    opener = urllib.request.build_opener(straight, urllib.request.HTTPSHandler(context=unverified))
    opener.open(ready_address(sys.argv[1]), timeout=_PATIENCE_S).close()


if __name__ == "__main__":
    main()
