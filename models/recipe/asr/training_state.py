"""A model in training: its optimiser, one step, and the file from which a training resumes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from recipe.asr import ranks
from recipe.asr.loss import losses
from recipe.asr.model import load, package
from recipe.asr.stages import Stage, learning_rate
from recipe.files import written_whole


class Training:
    """A model, its optimiser and its step, kept in a file."""

    def __init__(self, base: Path, kept: Path) -> None:
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.base, self.kept = base, kept
        self.model: Any = load(base).to(self.device)
        # The processes measure their batches apart, and one alone the held-out sentences.
        self.model.encoder.sync_max_audio_length = False
        width = self.model.cfg.encoder.d_model
        self.head = torch.nn.Linear(width, self.model.tokenizer.vocab_size + 1).to(self.device)
        self.parameters = [p for p in self.model.parameters() if p.requires_grad]
        self.parameters += list(self.head.parameters())
        self.optimizer = torch.optim.AdamW(
            [
                {"params": [p for p in self.parameters if p.dim() > 1], "weight_decay": 1e-2},
                {"params": [p for p in self.parameters if p.dim() <= 1], "weight_decay": 0.0},
            ],
            lr=1e-3,
            betas=(0.9, 0.98),
            fused=True,
        )
        self.step = self.epoch = 0
        self.trained_s = 0.0

    def take_weights(self, path: Path) -> None:
        """Takes the last weights of another stage."""
        state = torch.load(path, map_location=self.device)
        self.model.load_state_dict(state["model"])
        self.head.load_state_dict(state["head"])

    def resume(self) -> None:
        """Takes the state from the file, if there is one."""
        if not self.kept.exists():
            return
        state = torch.load(self.kept, map_location=self.device)
        self.take_weights(self.kept)
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.epoch = state["step"], state["epoch"]
        self.trained_s = state["trained_s"]

    def keep(self) -> None:
        """Writes everything needed to go on, and the model as it is as a `.nemo` file beside it."""
        state = {
            "model": self.model.state_dict(),
            "head": self.head.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "epoch": self.epoch,
            "trained_s": self.trained_s,
        }
        with written_whole(self.kept) as file:
            torch.save(state, file)
        package(self.base, self.model.state_dict(), self.kept.with_suffix(".nemo"))

    def update(self, batch: Any, stage: Stage) -> dict[str, float]:
        """Makes one step of the optimiser; returns each loss."""
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(stage, self.step)
        wanted = stage.weights
        if self.step % stage.lattice_every:
            wanted = replace(wanted, lattice=0)
        found = losses(self.model, self.head, batch, wanted)
        weights = vars(stage.weights_at(self.step))
        total = sum((weights[name] * loss for name, loss in found.items()), torch.tensor(0.0))
        self.optimizer.zero_grad()
        total.backward()
        ranks.share_gradients(self.parameters)
        norm = torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        if torch.isfinite(norm):
            self.optimizer.step()
        self.step += 1
        return {name: float(loss.detach()) for name, loss in found.items()}
