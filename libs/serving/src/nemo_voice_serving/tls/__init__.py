"""TLS of a service's own ports: its certificate, read from files and exchanged while it runs.

The edges of HTTP and gRPC take it from the runtime, where `NEMO_VOICE_TLS__CERTIFICATE_FILE` is
set.
"""
