"""NVIDIA's client for Riva against both services: prints as JSON what it got.

Runs in an environment of its own, with the addresses of both services and a WAV file. It calls as
NVIDIA's own scripts do: `transcribe_file_offline.py`, `transcribe_file.py`, `talk.py`.
"""

import contextlib
import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import riva.client
from google.protobuf.json_format import MessageToDict
from riva.client.proto import riva_asr_pb2, riva_audio_pb2, riva_common_pb2, riva_tts_pb2

KEY = [["authorization", "Bearer sesame"]]
TEXT = "Good morning. How are you today?"
CHUNK_FRAMES = 1600


def recognised(address: str, clip: Path) -> dict[str, Any]:
    """Returns what the recognition gave, whole and in pieces."""
    auth = riva.client.Auth(uri=address, metadata_args=KEY)
    service = riva.client.ASRService(auth)
    config = riva.client.RecognitionConfig(
        language_code="en-US",
        max_alternatives=1,
        enable_automatic_punctuation=True,
        verbatim_transcripts=False,
        enable_word_time_offsets=True,
    )
    riva.client.add_word_boosting_to_config(config, ["good morning"], 4.0)
    whole = service.offline_recognize(clip.read_bytes(), config)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        riva.client.print_offline(response=whole)
    later = service.offline_recognize(clip.read_bytes(), config, future=True)
    streaming = riva.client.StreamingRecognitionConfig(config=config, interim_results=True)
    riva.client.add_audio_file_specs_to_config(streaming, clip)
    streaming.config.encoding = riva.client.AudioEncoding.LINEAR_PCM
    with riva.client.AudioChunkFileIterator(clip, CHUNK_FRAMES) as chunks:
        responses = [*service.streaming_response_generator(chunks, streaming)]
    shown = io.StringIO()
    riva.client.print_streaming(
        responses, output_file=shown, additional_info="time", word_time_offsets=True
    )
    models = service.stub.GetRivaSpeechRecognitionConfig(
        riva_asr_pb2.RivaSpeechRecognitionConfigRequest(), metadata=auth.get_auth_metadata()
    )
    return {
        "whole": MessageToDict(whole),
        "printed": printed.getvalue(),
        "later": MessageToDict(later.result()),
        "streamed": [MessageToDict(response) for response in responses],
        "shown": shown.getvalue(),
        "models": [dict(model.parameters) for model in models.model_config],
        "badLanguage": _refusal(
            lambda: service.offline_recognize(
                clip.read_bytes(), riva.client.RecognitionConfig(language_code="de-DE")
            ),
        ),
        "badKey": _refusal(
            lambda: riva.client.ASRService(riva.client.Auth(uri=address)).offline_recognize(
                clip.read_bytes(), config
            )
        ),
    }


def spoken(address: str) -> dict[str, Any]:
    """Returns what the synthesis gave, whole and in pieces."""
    auth = riva.client.Auth(uri=address, metadata_args=KEY)
    service = riva.client.SpeechSynthesisService(auth)
    config = service.stub.GetRivaSynthesisConfig(
        riva_tts_pb2.RivaSynthesisConfigRequest(), metadata=auth.get_auth_metadata()
    )
    whole = service.synthesize(TEXT, sample_rate_hz=44_100).audio
    return {
        "voices": [*_voices(config)],
        "whole": len(whole),
        "online": sum(len(one.audio) for one in service.synthesize_online(TEXT)),
        "texts": [len(one.audio) for one in service.synthesize_online(["One. ", "Two."])],
        "opus": service.synthesize(TEXT, encoding=riva.client.AudioEncoding.OGGOPUS)
        .audio[:4]
        .decode(),
        "dictionary": len(service.synthesize(TEXT, custom_dictionary={"today": "təˈdeɪ"}).audio),
        "byName": [
            len(service.synthesize(TEXT, voice_name=name).audio) for name in _voices(config)
        ],
        "badVoice": _refusal(lambda: service.synthesize(TEXT, voice_name="nobody")),
        "words": [
            [word.word, word.start_time, word.end_time]
            for word in service.synthesize(TEXT, enable_word_time_offsets=True).meta.words
        ],
        "pieces": sum(len(one.audio) for one in service.synthesize_online([*TEXT.split()])),
        "unimplemented": _refusal(
            lambda: service.synthesize(TEXT, custom_configuration={"exaggeration": "1.5"})
        ),
    }


def round_trip(tts: str, stt: str) -> str:
    """Returns what the recognition hears of what the synthesis says."""
    voice = riva.client.SpeechSynthesisService(riva.client.Auth(uri=tts, metadata_args=KEY))
    ear = riva.client.ASRService(riva.client.Auth(uri=stt, metadata_args=KEY))
    config = riva.client.RecognitionConfig(
        encoding=riva.client.AudioEncoding.LINEAR_PCM,
        sample_rate_hertz=16_000,
        language_code="en-US",
    )
    audio = (piece.audio for piece in voice.synthesize_online(TEXT, sample_rate_hz=16_000))
    streaming = riva.client.StreamingRecognitionConfig(config=config, interim_results=False)
    return "".join(
        result.alternatives[0].transcript
        for response in ear.streaming_response_generator(audio, streaming)
        for result in response.results
        if result.is_final
    )


def descriptors() -> dict[str, str]:
    """Returns the client's own descriptors of the messages, each as hexadecimal bytes."""
    modules = (riva_audio_pb2, riva_common_pb2, riva_asr_pb2, riva_tts_pb2)
    return {module.DESCRIPTOR.name: module.DESCRIPTOR.serialized_pb.hex() for module in modules}


def _voices(config: Any) -> Iterator[str]:
    """Yields the names of the voices, as `talk.py` lists them."""
    for model in config.model_config:
        name = model.parameters["voice_name"]
        for subvoice in model.parameters["subvoices"].split(","):
            yield f"{name}.{subvoice.split(':')[0]}"


def _refusal(work: Callable[[], Any]) -> dict[str, Any] | None:
    try:
        work()
    except grpc.RpcError as error:
        return {"code": error.code().name, "details": error.details()}
    return None


def main(tts: str, stt: str, clip: Path) -> dict[str, Any]:
    """Returns what every way of calling gave."""
    return {
        "asr": recognised(stt, clip),
        "tts": spoken(tts),
        "heard": round_trip(tts, stt),
        "descriptors": descriptors(),
    }


if __name__ == "__main__":
    responses = main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
    sys.stdout.write(f"\n{json.dumps(responses)}\n")
