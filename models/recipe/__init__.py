"""The recipe that trains the three demo models from nothing but espeak-ng and word lists."""
