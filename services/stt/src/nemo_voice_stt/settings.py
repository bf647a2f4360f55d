"""The settings of the speech-to-text service, beyond those both services share."""

from pydantic import Field

from nemo_voice_serving.settings import MAX_S, ServiceSettings


class SttSettings(ServiceSettings):
    """The settings of the speech-to-text service."""

    port: int = Field(default=5001, ge=0, le=65535)
    """Port to listen on."""
    languages: str = Field(default="en", pattern="^[a-z]{2,3}(,[a-z]{2,3})*$")
    """ISO 639-1 codes of what the model understands, separated by commas: a request for another
    language is refused, and a model that cannot find out what is spoken takes it for the first of
    these. Not set: those of the checkpoint or of its published name; English where neither says."""
    cuda_graphs: bool = True
    """Decode through CUDA graphs on a GPU; turn it off for drivers that fail to capture them."""
    piece_s: float = Field(default=30.0, ge=5, le=60)
    """Longest stretch of audio the model gets at once; longer audio is cut at silences."""
    pieces_ahead: int = Field(default=8, ge=1, le=64)
    """Pieces of one request that are decoded ahead of their recognition."""
    max_audio_s: float = Field(default=4 * 3600.0, ge=10, le=7 * MAX_S)
    """Longest audio of one request, in seconds."""
    max_queue_audio_s: float = Field(default=1200.0, gt=0, le=10_000_000)
    """Audio seconds that may be waiting or in work before requests are refused with 429."""
    max_batch_audio_s: float = Field(default=240.0, gt=0, le=MAX_S)
    """Most audio in one batch, padding included: longest piece times pieces."""

    @property
    def names_languages(self) -> bool:
        """Whether the languages were set, and are not the default."""
        return "languages" in self.model_fields_set

    @property
    def language_codes(self) -> tuple[str, ...]:
        """The languages, one by one."""
        return tuple(self.languages.split(","))
