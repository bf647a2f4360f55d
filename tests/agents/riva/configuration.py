"""NVIDIA's realtime scripts as they are pointed at this project's services, for the documentation.

Its gRPC scripts take the same `--server`, with the port of gRPC.
"""


def realtime_stt(stt: str) -> list[str]:
    """Returns the arguments of `realtime_asr_client.py`, live speech to text."""
    return ["--server", stt]
