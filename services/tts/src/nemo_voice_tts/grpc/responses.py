"""What Riva's clients get: audio, and of a text what was said when."""

from nemo_voice_serving.grpc.protos.riva_common_pb2 import RequestId
from nemo_voice_tts.grpc.protos import riva_tts_pb2 as tts
from nemo_voice_tts.synthesis.delivery import SpeechPart


def response_of(
    request: tts.SynthesizeSpeechRequest,
    part: SpeechPart,
    *,
    text: str | None,
    begins_s: float = 0.0,
) -> tts.SynthesizeSpeechResponse:
    """Returns the response with some of the speech of a text.

    Args:
        request: The one that it answers.
        part: The audio, and the phrases that begin in it.
        text: The text, with its first audio.
        begins_s: Where in the call's sound that of the text begins.
    """
    request_id: RequestId | None = request.id if request.HasField("id") else None
    meta = None
    if text is not None or part.phrases:
        meta = tts.SynthesizeSpeechResponseMetadata(
            text=text or "",
            processed_text=" ".join(phrase.text for _, phrase in part.phrases),
            predicted_durations=[
                seconds for _, phrase in part.phrases for seconds in phrase.token_s
            ],
            words=_words(request.text, part, begins_s),
        )
    return tts.SynthesizeSpeechResponse(audio=part.audio, meta=meta, id=request_id)


def _words(text: str, part: SpeechPart, begins_s: float) -> list[tts.WordTiming]:
    return [
        tts.WordTiming(
            word=text[slice(*word.span)],
            start_time=round((begins_s + at_s + word.start_s) * 1000),
            end_time=round((begins_s + at_s + word.end_s) * 1000),
        )
        for at_s, phrase in part.phrases
        for word in phrase.written
    ]
