"""Operator of VoiceServices: speech services on Kubernetes, from a model's name to ready pods."""

from importlib.metadata import version

__version__ = version("nemo-voice-operator")
