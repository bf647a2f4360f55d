"""The kinds of NeMo checkpoints by their class, and which of them are served.

A further kind is one entry of `KINDS`; serving its family is one field of it.
"""

from dataclasses import dataclass
from enum import StrEnum


class Service(StrEnum):
    """Which service serves a kind."""

    STT = "stt"
    TTS = "tts"

    @property
    def meaning(self) -> str:
        """The service in words."""
        return "speech to text" if self is Service.STT else "text to speech"


class Role(StrEnum):
    """What a checkpoint is used as."""

    RECOGNISER = "recogniser"
    VOICE = "voice"
    VOCODER = "vocoder"

    @property
    def service(self) -> Service:
        """The service that uses it so."""
        return Service.STT if self is Role.RECOGNISER else Service.TTS

    @property
    def examples(self) -> str:
        """Checkpoints that serve this role well."""
        return _EXAMPLES[self]


_EXAMPLES = {
    Role.RECOGNISER: "nvidia/parakeet-tdt-0.6b-v3 (25 languages) or nvidia/parakeet-tdt-0.6b-v2 "
    "(English)",
    Role.VOICE: "nvidia/tts_en_fastpitch",
    Role.VOCODER: "nvidia/tts_hifigan",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of checkpoint."""

    name: str
    """In one word or two, as `/v1/models` and the status show it."""
    description: str
    """What it is, with its article."""
    role: Role | None = None
    """What it is used as; None for what neither service is for."""
    family: str = ""
    """What serves it: kinds of one family share an implementation."""
    is_served: bool = False
    collection: str = "asr"
    """NeMo's collection that has its class."""
    why_not: str = "which is not served"
    """Why it is not served, after a comma."""


def _recogniser(name: str, description: str, family: str, *, is_served: bool = False) -> Kind:
    return Kind(name, description, Role.RECOGNISER, family, is_served)


def _voice(name: str, description: str, family: str, why_not: str = "") -> Kind:
    why_not = why_not or "which is not served"
    return Kind(name, description, Role.VOICE, family, collection="tts", why_not=why_not)


def _gone(name: str, description: str, role: Role) -> Kind:
    why_not = "a class that NeMo 3 no longer has"
    return Kind(name, description, role, collection="tts", why_not=why_not)


def _other(name: str, description: str, why_not: str, collection: str = "asr") -> Kind:
    return Kind(name, description, collection=collection, why_not=why_not)


_NO_WORDS = "which finds no words"
_TRAINING = "which is only trained further"

_TRANSDUCER = _recogniser("transducer", "a transducer", "transducer", is_served=True)
_HYBRID = _recogniser(
    "hybrid", "a transducer with a CTC head beside it", "transducer", is_served=True
)
_CTC = _recogniser("CTC", "a CTC recogniser", "ctc", is_served=True)
_CHARACTERS = _recogniser(
    "transducer", "a transducer that writes characters", "transducer", is_served=True
)
_HYBRID_CHARACTERS = _recogniser(
    "hybrid",
    "a transducer that writes characters, with a CTC head beside it",
    "transducer",
    is_served=True,
)
_PROMPTED = _recogniser(
    "prompted transducer", "a transducer that is told the language", "transducer", is_served=True
)
_END_OF_UTTERANCE = _recogniser(
    "end-of-utterance transducer",
    "a transducer that marks the ends of utterances",
    "transducer",
    is_served=True,
)
_ATTENTION = _recogniser("AED", "an encoder with an attention decoder", "aed")
_CANARY = _recogniser("Canary", "a multitask recogniser, like Canary", "aed", is_served=True)
_SPEAKERS = _other("speaker model", "a model of speakers", "which recognises voices, not words")
_CLASSES = _other("classifier", "a classifier of sounds", _NO_WORDS)
_DIARIZER = _other("diarizer", "a diarizer", "which finds who speaks when, and no words")
MAGPIE = _voice(
    "Magpie",
    "a Magpie voice",
    "magpie",
    "which is not served: it speaks whole sentences at once, one of half its size took nine times "
    "as long as its speech on a CPU core, and no GPU was measured to carry it",
)

KINDS: dict[str, Kind] = {
    "EncDecRNNTBPEModel": _TRANSDUCER,
    "EncDecHybridRNNTCTCBPEModel": _HYBRID,
    "EncDecRNNTModel": _CHARACTERS,
    "EncDecHybridRNNTCTCModel": _HYBRID_CHARACTERS,
    "EncDecCTCModelBPE": _CTC,
    "EncDecCTCModel": _CTC,
    "EncDecRNNTBPEModelWithPrompt": _PROMPTED,
    "EncDecHybridRNNTCTCBPEModelWithPrompt": _PROMPTED,
    "EncDecMultiTaskModel": _CANARY,
    "EncDecTransfModelBPE": _ATTENTION,
    "EncDecRNNTBPEEOUModel": _END_OF_UTTERANCE,
    "EncDecHybridRNNTCTCBPEEOUModel": _END_OF_UTTERANCE,
    "EncDecMultiTalkerRNNTBPEModel": _recogniser(
        "multi-talker transducer", "a transducer for several speakers at once", "multitalker"
    ),
    "SortformerEncLabelModel": _DIARIZER,
    "EncDecDiarLabelModel": _DIARIZER,
    "EncDecSpeakerLabelModel": _SPEAKERS,
    "EncDecClassificationModel": _CLASSES,
    "EncDecFrameClassificationModel": _CLASSES,
    "EncDecRegressionModel": _CLASSES,
    "SpeechEncDecSelfSupervisedModel": _other("encoder", "a pretrained encoder", _TRAINING),
    "EncDecMaskedTokenPredModel": _other("encoder", "a pretrained encoder", _TRAINING),
    "EncDecDenoiseMaskedTokenPredModel": _other("encoder", "a pretrained encoder", _TRAINING),
    "SLUIntentSlotBPEModel": _other("intents", "a model of intents", "which writes no transcript"),
    "FastPitchModel": Kind(
        "FastPitch", "a FastPitch voice", Role.VOICE, "fastpitch-hifigan", True, "tts"
    ),
    "HifiGanModel": Kind(
        "HiFi-GAN", "a HiFi-GAN vocoder", Role.VOCODER, "fastpitch-hifigan", True, "tts"
    ),
    "MagpieTTSModel": MAGPIE,
    "MagpieTTSModelOfflinePO": MAGPIE,
    "MagpieTTSModelOnlinePO": MAGPIE,
    "EasyMagpieTTSModel": MAGPIE,
    "EasyMagpieTTSInferenceModel": MAGPIE,
    "AudioCodecModel": _other(
        "codec",
        "a codec",
        "which is the sound of Magpie voices, and no part of a voice that is served",
        "tts",
    ),
    "AlignerModel": _other("aligner", "an aligner", "which times text that is known", "tts"),
    "FastPitchModel_SSL": _other("FastPitch", "a voice converter", "which reads no text", "tts"),
    "SSLDisentangler": _other("voice converter", "a voice converter", "which reads no text", "tts"),
    "Tacotron2Model": _gone("Tacotron 2", "a Tacotron 2 voice", Role.VOICE),
    "RadTTSModel": _gone("RAD-TTS", "a RAD-TTS voice", Role.VOICE),
    "MixerTTSModel": _gone("Mixer-TTS", "a Mixer-TTS voice", Role.VOICE),
    "GlowTTSModel": _gone("Glow-TTS", "a Glow-TTS voice", Role.VOICE),
    "TalkNetSpectModel": _gone("TalkNet", "a TalkNet voice", Role.VOICE),
    "VitsModel": _gone("VITS", "a VITS voice", Role.VOICE),
    "FastPitchHifiGanE2EModel": _gone("FastPitch", "a voice with its vocoder", Role.VOICE),
    "FastSpeech2Model": _gone("FastSpeech 2", "a FastSpeech 2 voice", Role.VOICE),
    "WaveGlowModel": _gone("WaveGlow", "a WaveGlow vocoder", Role.VOCODER),
    "UnivNetModel": _gone("UnivNet", "a UnivNet vocoder", Role.VOCODER),
    "UniGlowModel": _gone("UniGlow", "a UniGlow vocoder", Role.VOCODER),
    "MelGanModel": _gone("MelGAN", "a MelGAN vocoder", Role.VOCODER),
    "SqueezeWaveModel": _gone("SqueezeWave", "a SqueezeWave vocoder", Role.VOCODER),
    "SpectrogramEnhancerModel": _gone("enhancer", "an enhancer of spectrograms", Role.VOCODER),
    "SALM": _other(
        "speech language model",
        "a language model that hears",
        "which is not served",
        "speechlm2",
    ),
}
"""By the last part of a configuration's `target`."""

COLLECTIONS = {
    "nlp": "a model of text",
    "audio": "a model that cleans sound",
    "speechlm2": "a language model with speech",
    "multimodal": "a model of pictures and text",
    "vision": "a model of pictures",
    "llm": "a language model",
    "vlm": "a model of pictures and text",
    "asr": "a model of speech",
    "tts": "a model of speech",
}
"""What the classes of NeMo's collections are that have no entry above."""
