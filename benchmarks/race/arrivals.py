"""When requests arrive that nobody sends on purpose at one time: a Poisson process."""

import random

SEED = 18


def poisson_arrivals(rate_hz: float, seconds: float, seed: int = SEED) -> list[float]:
    """Returns the times of arrivals in seconds from the start: the same ones for the same seed.

    A higher rate has the same arrivals closer together, so loads differ in nothing else.

    Args:
        rate_hz: Arrivals per second on average.
        seconds: No arrival is later.
        seed: Of the random numbers.
    """
    chance = random.Random(seed)
    times: list[float] = []
    now_s = chance.expovariate(1.0) / rate_hz
    while now_s <= seconds:
        times.append(now_s)
        now_s += chance.expovariate(1.0) / rate_hz
    return times
