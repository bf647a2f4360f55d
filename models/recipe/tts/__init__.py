"""Trains the demo voice: FastPitch and HiFi-GAN."""
