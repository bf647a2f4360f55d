"""Has one service speak a sentence and another one transcribe it: what `helm test` runs.

    python round_trip.py TTS_ADDRESS STT_ADDRESS TEXT TIMEOUT_S

Nothing but the standard library: the operator's image has no more of HTTP than that.
"""

import json
import re
import ssl
import sys
import time
import urllib.error
import urllib.request
from difflib import SequenceMatcher

LIKENESS = 0.6
"""How alike the words have to be: the demo models mishear, but not every second word."""
REQUEST_TIMEOUT_S = 120
UNVERIFIED = ssl._create_unverified_context()  # noqa: S323, SLF001 nothing secret is sent
"""The test asks whether the services serve; it has no authority to verify certificates by."""


def main() -> int:
    """Says both texts, and returns 0 when they are alike enough."""
    tts, stt, text, timeout_s = sys.argv[1:]
    until_s = time.monotonic() + float(timeout_s)
    try:
        for address in (tts, stt):
            wait_until_ready(address, until_s)
        speech = asked(f"{tts}/synthesize", json.dumps({"text": text}).encode(), "application/json")
        heard = json.loads(asked(f"{stt}/transcribe", *form("audio_file", speech)))["text"]
    except (OSError, TimeoutError) as error:
        sys.stdout.write(f"failed: {told(error)}\n")
        return 1
    likeness = SequenceMatcher(None, words(text), words(heard)).ratio()
    sys.stdout.write(f"said   {text}\nheard  {heard}\nalike  {likeness:.0%}\n")
    return 0 if likeness >= LIKENESS else 1


def wait_until_ready(address: str, until_s: float) -> None:
    """Returns when the service is ready.

    Raises:
        TimeoutError: It was not in time; the message holds its last answer.
    """
    while True:
        try:
            asked(f"{address}/v1/health/ready")
        except OSError as error:
            answer = told(error)
        else:
            return
        if time.monotonic() > until_s:
            raise TimeoutError(f"{address} is not ready: {answer}")
        time.sleep(1)


def asked(url: str, body: bytes | None = None, content_type: str = "") -> bytes:
    """Returns the answer's body, to a POST if there is something to send."""
    request = urllib.request.Request(url, body, {"Content-Type": content_type} if body else {})
    with urllib.request.urlopen(request, timeout=REQUEST_TIMEOUT_S, context=UNVERIFIED) as answer:
        content: bytes = answer.read()
    return content


def form(name: str, file: bytes) -> tuple[bytes, str]:
    """Returns a form with one file, and its content type."""
    border = "4f9d1c6e2b"
    head = f'--{border}\r\nContent-Disposition: form-data; name="{name}"; filename="speech.wav"\r\n'
    body = (
        f"{head}Content-Type: audio/wav\r\n\r\n".encode() + file + f"\r\n--{border}--\r\n".encode()
    )
    return body, f"multipart/form-data; boundary={border}"


def words(text: str) -> list[str]:
    """Returns the words of a text, however it is written."""
    return re.findall(r"\w+", text.lower())


def told(error: BaseException) -> str:
    """Returns what went wrong, in the service's own words if there are any."""
    if isinstance(error, urllib.error.HTTPError):
        return f"{error}: {error.read().decode(errors='replace')}"
    return str(error)


if __name__ == "__main__":
    sys.exit(main())
