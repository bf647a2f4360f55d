"""FastPitch spectrograms and a HiFi-GAN vocoder, in batches."""
