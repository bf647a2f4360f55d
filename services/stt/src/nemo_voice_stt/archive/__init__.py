"""Thousands of files through one loaded model: each once, resumed by what is there."""
