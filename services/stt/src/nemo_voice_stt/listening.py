"""From an upload to a transcript: what every transcription route shares."""

import time
from typing import BinaryIO

from fastapi import Request

from nemo_voice_serving.middleware import while_connected
from nemo_voice_serving.runtime import Runtime
from nemo_voice_stt.recogniser import Recogniser
from nemo_voice_stt.transcription import Transcript, Transcription


class Listener:
    """Answers transcription requests once the recogniser is there."""

    def __init__(self, runtime: Runtime[Recogniser]) -> None:
        self._runtime = runtime
        self.transcription: Transcription | None = None

    async def transcript(self, request: Request, upload: BinaryIO) -> Transcript:
        """Returns the transcript of an uploaded file, or stops working when the client leaves.

        Raises:
            NotReady: While no model is loaded.
            VoiceError: Whatever `Transcription.transcribe` raises.
        """
        arrived_s = time.monotonic()
        self._runtime.require_serving()
        assert self.transcription is not None  # noqa: S101 serving phases begin after it is set
        transcript = await while_connected(request, self.transcription.transcribe(upload))
        self._runtime.metrics.audio_received(transcript.duration_s)
        self._runtime.metrics.request_paced(time.monotonic() - arrived_s, transcript.duration_s)
        self._runtime.request_served()
        return transcript
