"""Implements the port with NeMo's attention decoders: the Canary models."""
