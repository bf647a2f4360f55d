"""How many threads torch uses. Imports no torch: the number must be set before that import."""

import os


def use_threads(count: int) -> None:
    """Lets torch use so many threads for one operation; 0 leaves the choice to torch."""
    if count:
        # torch's OpenMP reads it once, when torch is imported.
        os.environ["OMP_NUM_THREADS"] = str(count)
