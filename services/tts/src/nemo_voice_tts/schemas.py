"""What can be posted to the text-to-speech service, field by field."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from nemo_voice_serving.codecs import AudioFormat


class _Body(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)


class SynthesizeRequest(_Body):
    """The body of `POST /synthesize`."""

    text: str = Field(examples=["This is a test of the text to speech service."])
    """What to say."""


class VoiceReference(_Body):
    """A voice by its id, OpenAI's second spelling."""

    id: str


class StreamFormat(StrEnum):
    """How a streamed answer is framed."""

    AUDIO = "audio"


class SpeechRequest(_Body):
    """The body of `POST /v1/audio/speech`, as OpenAI defines it."""

    input: str = Field(examples=["Hello, this is a demo voice."])
    """What to say."""
    model: str = "demo"
    """Accepted for OpenAI's clients; the loaded model answers whatever the name."""
    voice: str | VoiceReference = "default"
    """Accepted for OpenAI's clients; the model has one voice."""
    response_format: AudioFormat = AudioFormat.MP3
    """Container and codec of the answer."""
    speed: float = Field(default=1.0, ge=0.25, le=4.0)
    """Speaking rate; the pace of the model changes, not the pitch."""
    stream_format: StreamFormat = StreamFormat.AUDIO
    """Framing of the streamed answer."""
