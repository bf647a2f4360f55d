"""Speech to text: a FastAPI service around NeMo FastConformer-TDT."""

from importlib.metadata import version

__version__ = version("nemo-voice-stt")
