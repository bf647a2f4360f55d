"""Containers, decoding, resampling, encoding: between files and samples."""
