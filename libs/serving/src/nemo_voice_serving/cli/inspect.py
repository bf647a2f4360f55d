"""The `inspect` command of both services: what a checkpoint is, and whether it is served.

Of a checkpoint that is not stored only the first megabytes are downloaded; NeMo is not imported.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pydantic_settings import BaseSettings

from nemo_voice_serving.cli.settings_flags import add_settings_flags
from nemo_voice_serving.model_kinds.errors import RefusedConfig
from nemo_voice_serving.model_kinds.facts import ModelFacts
from nemo_voice_serving.model_kinds.judgement import described, refuse_misfit, why_not
from nemo_voice_serving.model_kinds.kinds import Role
from nemo_voice_serving.model_kinds.magpie import codec_id, with_codec
from nemo_voice_serving.model_store.checkpoints import Checkpoint, glance
from nemo_voice_serving.model_store.errors import ModelStoreError
from nemo_voice_serving.settings import ServiceSettings

SettingsT = TypeVar("SettingsT", bound=ServiceSettings)

_UNKNOWN = "-"


def add_inspect_flags(parser: argparse.ArgumentParser, settings: type[BaseSettings]) -> None:
    """Adds the command's operand, its flag and those of the settings."""
    parser.add_argument("reference", metavar="REF", help="the checkpoint, named like `--model`")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_settings_flags(parser, settings, operands="REF [--json]")


@dataclass(frozen=True, slots=True)
class Inspected:
    """What is known of one checkpoint."""

    source: str
    revision: str | None = None
    size_bytes: int | None = None
    facts: ModelFacts | None = None
    """None where its configuration is refused."""
    refusal: str | None = None
    """Why it is not served; None where it is."""

    def as_json(self) -> dict[str, Any]:
        """Returns the object that `--json` prints."""
        facts = self.facts.as_json() if self.facts else {}
        return {
            "source": self.source,
            "revision": self.revision,
            "size_bytes": self.size_bytes,
            "is_served": self.refusal is None,
            "reason": self.refusal,
            **facts,
        }

    def rows(self) -> list[tuple[str, str]]:
        """Returns the rows of the table."""
        size = f"{self.size_bytes / 1e6:,.1f} MB" if self.size_bytes else _UNKNOWN
        served = "yes" if self.refusal is None else f"no. {self.refusal}"
        facts = _rows_of(self.facts) if self.facts else []
        known = [("checkpoint", self.source), ("revision", self.revision or _UNKNOWN)]
        return [*known, ("size", size), *facts, ("served", served)]


def inspect_command(
    parsed: argparse.Namespace,
    settings: SettingsT,
    checkpoints: Callable[[SettingsT], Sequence[Checkpoint]],
) -> int:
    """Prints what the checkpoint is, a voice with its vocoder or codec; 0 where it is served."""
    named = settings.model_copy(update={"model": parsed.reference, "model_sha256": None})
    model, *others = checkpoints(named)
    try:
        found = [_inspected(named, model)]
    except ModelStoreError as error:
        sys.exit(f"error: {error}")
    facts = found[0].facts
    if facts is not None and facts.kind.role is Role.VOICE and found[0].refusal is None:
        found += [_beside(named, other, facts) for other in others]
    if facts is not None and (codec := codec_id(facts)):
        found = _with_codec(named, replace(model, source=codec, revision=None), found[0], facts)
    if parsed.json:
        objects = [one.as_json() for one in found]
        beside = "codec" if facts is not None and facts.codec else "vocoder"
        vocoder = {beside: objects[1]} if objects[1:] else {}
        sys.stdout.write(json.dumps(objects[0] | vocoder, ensure_ascii=False, indent=2) + "\n")
    else:
        sys.stdout.write("\n".join(_table(one.rows()) for one in found))
    return 0 if all(one.refusal is None for one in found) else 1


def _inspected(settings: ServiceSettings, checkpoint: Checkpoint) -> Inspected:
    seen = glance(settings, checkpoint)
    one = Inspected(seen.source, seen.revision, seen.size_bytes)
    try:
        facts = described(seen.config, checkpoint.source)
    except RefusedConfig as error:
        return Inspected(one.source, one.revision, one.size_bytes, refusal=str(error))
    # A vocoder is served too, though it is named as another thing than the model.
    own, service = facts.kind.role, checkpoint.wants.service
    role = own if own is not None and own.service is service else checkpoint.wants
    refusal = why_not(facts, role) or _misfit(facts, checkpoint, role)
    return Inspected(
        one.source, one.revision, one.size_bytes, facts, None if refusal is None else str(refusal)
    )


def _misfit(facts: ModelFacts, checkpoint: Checkpoint, role: Role) -> RefusedConfig | None:
    """Returns why the settings of its service do not fit the checkpoint; None where they do."""
    if checkpoint.check is None or role is not checkpoint.wants:
        return None
    try:
        checkpoint.check(facts)
    except RefusedConfig as error:
        return error
    return None


def _beside(settings: ServiceSettings, checkpoint: Checkpoint, voice: ModelFacts) -> Inspected:
    """Returns what the vocoder is, and whether the voice can use it."""
    try:
        one = _inspected(settings, checkpoint)
    except ModelStoreError as error:
        return Inspected(checkpoint.source, refusal=str(error))
    facts, refusal = one.facts, one.refusal
    if facts is not None and refusal is None:
        try:
            if wrong := why_not(facts, checkpoint.wants):
                raise wrong
            refuse_misfit(voice, facts)
        except RefusedConfig as error:
            refusal = str(error)
    return Inspected(one.source, one.revision, one.size_bytes, facts, refusal)


def _with_codec(
    settings: ServiceSettings, checkpoint: Checkpoint, one: Inspected, voice: ModelFacts
) -> list[Inspected]:
    """Returns a voice with what its codec says of the sound, and the codec."""
    try:
        codec = _inspected(settings, checkpoint)
    except ModelStoreError as error:
        return [one, Inspected(checkpoint.source, refusal=str(error))]
    if codec.facts is None:
        return [one, codec]
    try:
        return [replace(one, facts=with_codec(voice, codec.facts)), codec]
    except RefusedConfig as error:
        return [one, replace(codec, refusal=str(error))]


def _rows_of(facts: ModelFacts) -> list[tuple[str, str]]:
    role = facts.kind.role
    live = {None: _UNKNOWN, True: "its encoder is", False: "no"}[facts.is_streaming]
    return [
        ("class", facts.class_name),
        ("kind", facts.kind.name),
        ("used as", f"{role} of {role.service.meaning}" if role else _UNKNOWN),
        ("family", facts.kind.family or _UNKNOWN),
        ("languages", ", ".join(facts.languages) or _UNKNOWN),
        ("speakers", _number(facts.speakers)),
        ("sample rate", _number(facts.sample_rate_hz, " Hz")),
        ("mel bands", _number(facts.mel_count)),
        ("hop", _number(facts.hop_samples, " samples")),
        ("made for live audio", live),
        ("decoder", facts.decoder or _UNKNOWN),
        ("tokenizer", facts.tokenizer or _UNKNOWN),
        *([("codec", facts.codec)] if facts.codec else []),
    ]


def _number(value: int | None, unit: str = "") -> str:
    return _UNKNOWN if value is None else f"{value}{unit}"


def _table(rows: list[tuple[str, str]]) -> str:
    width = max(len(name) for name, _ in rows)
    return "".join(f"{name:<{width}}  {value}\n" for name, value in rows)
