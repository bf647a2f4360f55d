"""Speech to text with NeMo FastConformer-TDT."""

from importlib.metadata import version

__version__ = version("nemo-voice-stt")
