"""The stages of the recogniser's training: how long, on what, with which losses and which rate."""

import math
from dataclasses import dataclass, replace

from recipe.asr.loss import Weights

_SMALLEST_RATE = 0.01


@dataclass(frozen=True)
class Stage:
    """How long, on what and with which losses to train."""

    steps: int
    rate: float
    """Highest learning rate."""
    weights: Weights
    shares: dict[str, float]
    """Kinds of speech in the mix."""
    decay: float = 0.9
    """Part of the steps, at the end, over which the rate falls to nothing."""
    frames: int = 4000
    """Frames of 10 ms in a batch."""
    lattice_every: int = 4
    """The lattice loss doubles the cost of a step, so it is taken every so many steps."""
    rare_weight: float = 1.0
    """How often a sentence with a rare word is taken, against one without."""
    joining: bool = True
    """Whether utterances are joined and surrounded by silence."""
    before: str = ""
    """The stage whose weights it takes."""

    def weights_at(self, step: int) -> Weights:
        """Returns the weights at a step: that of the frames, a help at first, falls to 0."""
        faded = self.weights.frames * max(0.0, 1 - 4 * step / self.steps)
        return replace(self.weights, frames=faded)


STAGES = {
    "begin": Stage(
        steps=7000,
        rate=2e-3,
        weights=Weights(lattice=0, nodes=1, ctc=0.3, frames=1),
        shares={"espeak": 1.0},
        joining=False,
    ),
    "lattice": Stage(
        steps=6000,
        rate=6e-4,
        weights=Weights(lattice=1, nodes=0.5, ctc=0.2),
        shares={"espeak": 0.9, "voice": 0.25, "noise": 0.03},
        decay=0.5,
        rare_weight=0.2,
        before="begin",
    ),
    "voice": Stage(
        steps=2500,
        rate=3e-4,
        weights=Weights(lattice=1, nodes=0.5, ctc=0),
        shares={"espeak": 0.55, "voice": 0.42, "noise": 0.03},
        rare_weight=0.3,
        before="lattice",
    ),
}


def learning_rate(stage: Stage, step: int) -> float:
    """Returns the learning rate at a step: warm-up, constant, and a cosine down to the end."""
    warm = min(200.0, 0.05 * stage.steps)
    if step < warm:
        return stage.rate * (step + 1) / warm
    falling = stage.steps * (1 - stage.decay)
    if step < falling:
        return stage.rate
    part = min(1.0, (step - falling) / (stage.steps - falling))
    return stage.rate * max(_SMALLEST_RATE, 0.5 * (1 + math.cos(math.pi * part)))
