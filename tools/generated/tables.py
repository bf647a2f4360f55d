"""The documentation's tables, made from the code that they describe; `generate.py` places them."""

import re
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.registry import Collector
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from nemo_voice_operator.controller.metrics import OperatorMetrics
from nemo_voice_operator.controller.object_cache import ObjectCache
from nemo_voice_operator.kube.rbac import (
    Right,
    definition_rights,
    managed_rights,
    other_rights,
    own_rights,
)
from nemo_voice_operator.settings import PREFIX as OPERATOR_PREFIX
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_serving.errors import VoiceError
from nemo_voice_serving.model_kinds.kinds import KINDS, Kind
from nemo_voice_serving.model_store.errors import FailureReason
from nemo_voice_serving.runtime.metrics import ServiceMetrics
from nemo_voice_serving.settings import PREFIX, ServiceSettings, leaf_fields
from nemo_voice_stt.app import build as build_stt
from nemo_voice_stt.realtime.metrics import LiveMetrics
from nemo_voice_stt.settings import SttSettings
from nemo_voice_tts.app import build as build_tts
from nemo_voice_tts.live_text.metrics import LiveTextMetrics
from nemo_voice_tts.settings import TtsSettings
from nemo_voice_tts.text.pronunciation_file import PronunciationMetrics
from tools.chart.files import values_table
from tools.generated.conformance import clients_table
from tools.generated.licences import OPERATOR, SERVICES, licences_table
from tools.generated.markdown import joined, table
from tools.generated.readings import readings_table
from tools.generated.tree import packages_tree
from tools.generated.voiceservice import columns_table, spec_reference, status_reference
from tools.monitoring.files import alerts

_TARGET = re.compile(r"^([a-z][a-z0-9-]*):.*?## (.+)$", re.MULTILINE)
_LABEL = re.compile(r"\{\{ \$labels\.(\w+) \}\}")
_SUFFIXES = {"counter": "_total", "info": "_info"}
_WORDS = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "`true`, `false`",
    Path: "path",
}
_BOUNDS = (("ge", "≥"), ("gt", ">"), ("le", "≤"), ("lt", "<"))
_NOTHING: Any = None
"""Stands for functions that load a model: they are called at the start of a service only."""


def parts(makefile: str) -> dict[str, Callable[[], str]]:
    """Returns how each table is made, by the name that its marker uses."""
    return {
        "settings-both": lambda: settings_table(ServiceSettings),
        "settings-tts": lambda: settings_table(TtsSettings, without=ServiceSettings),
        "settings-stt": lambda: settings_table(SttSettings, without=ServiceSettings),
        "settings-operator": operator_settings_table,
        "voiceservice": spec_reference,
        "voiceservice-status": status_reference,
        "voiceservice-columns": columns_table,
        "rights-managed": lambda: access_table(managed_rights()),
        "rights-own": lambda: access_table(own_rights("its own")),
        "rights-other": lambda: access_table(other_rights()),
        "rights-definition": lambda: access_table(definition_rights()),
        "metrics": metrics_table,
        "metrics-operator": operator_metrics_table,
        "errors": errors_table,
        "clients": clients_table,
        "model-errors": model_errors_table,
        "model-kinds": model_kinds_table,
        "routes-tts": lambda: routes_table(tts_app()),
        "routes-stt": lambda: routes_table(stt_app()),
        "chart-values": values_table,
        "alerts": alerts_table,
        "licences-services": lambda: licences_table(SERVICES),
        "licences-operator": lambda: licences_table(OPERATOR),
        "make-targets": lambda: targets_table(makefile),
        "packages": packages_tree,
        "readings": readings_table,
    }


def settings_table(settings: type[BaseSettings], without: type[BaseSettings] | None = None) -> str:
    """Returns one row for each setting: variable and flag, values, default, meaning."""
    known = {path for path, _ in leaf_fields(without)} if without else set()
    rows = [
        (_names(path), _values(field), _default(field), joined(field.description or ""))
        for path, field in leaf_fields(settings)
        if path not in known
    ]
    return table(("variable and flag", "values", "default", "what it is"), rows)


def operator_settings_table() -> str:
    """Returns one row for each setting of the operator, which has no flags."""
    rows = [
        (
            f"`{OPERATOR_PREFIX}{name.upper()}`",
            _values(field),
            _default(field),
            joined(field.description or ""),
        )
        for name, field in OperatorSettings.model_fields.items()
    ]
    return table(("variable", "values", "default", "what it is"), rows)


def access_table(rights: Sequence[Right]) -> str:
    """Returns one row for each right of an account, with what it is needed for."""
    rows = [
        (
            f"`{right.resource}`" + "".join(f", {name} alone" for name in right.names),
            right.group or "core",
            ", ".join(right.verbs),
            right.why,
        )
        for right in rights
    ]
    return table(("objects", "API group", "verbs", "to"), rows)


def metrics_table() -> str:
    """Returns one row for each metric family, with the names of its labels and its buckets."""
    registry = CollectorRegistry()
    service, lists = ServiceMetrics(registry, "tts"), PronunciationMetrics(registry)
    parts = (service, lists, LiveMetrics(registry), LiveTextMetrics(registry))
    members = [member for part in parts for member in vars(part).values()]
    families = [member for member in members if isinstance(member, MetricWrapperBase)]
    return table(("metric", "type", "labels", "what it is"), map(_family_row, families))


def operator_metrics_table() -> str:
    """Returns the same for the operator; some of its metrics are counted at each scrape."""
    registry = OperatorMetrics(ObjectCache(), lambda: 0, lambda: 0).registry
    # A registry has no public list of its collectors.
    collectors = registry._collector_to_names  # noqa: SLF001
    rows = [
        _family_row(one) if isinstance(one, MetricWrapperBase) else _collected_row(one)
        for one in collectors
    ]
    return table(("metric", "type", "labels", "what it is"), rows)


def alerts_table() -> str:
    """Returns one row for each alert, with the way to what to do about it."""
    rows = [
        (
            f"[`{alert['alert']}`](failure-modes.md#{alert['alert'].lower()})",
            alert["labels"]["severity"],
            alert.get("for", "at once"),
            _LABEL.sub(r"*\1*", alert["annotations"]["summary"]),
        )
        for alert in alerts()
    ]
    return table(("alert", "severity", "after", "what it says"), rows)


def errors_table() -> str:
    """Returns one row for each error that a client can get, in the order of the tree."""
    rows = [
        (str(error.status), f"`{error.code}`", f"`{error.kind}`", _first_line(error))
        for error in _descendants(VoiceError)
        if error.__module__.endswith(".errors")  # others never reach a client
    ]
    return table(("status", "code", "type", "what it means"), rows)


def model_errors_table() -> str:
    """Returns one row for each reason why a model's files cannot be had."""
    rows = [(f"`{reason}`", reason.meaning) for reason in FailureReason]
    return table(("reason", "what it means"), rows)


def model_kinds_table() -> str:
    """Returns one row for each kind of checkpoint and its classes, those that are served first."""
    classes: dict[Kind, list[str]] = {}
    for name, kind in KINDS.items():
        classes.setdefault(kind, []).append(name)
    rows = [
        (
            kind.description,
            "<br>".join(f"`{name}`" for name in names),
            str(kind.role or ""),
            "yes" if kind.is_served else f"no: {re.sub('^which ', 'it ', kind.why_not)}",
        )
        for kind, names in sorted(classes.items(), key=lambda pair: not pair[0].is_served)
    ]
    return table(("checkpoint", "class", "used as", "served"), rows)


def routes_table(app: FastAPI) -> str:
    """Returns one row for each route of the application's own OpenAPI document."""
    rows = [
        (f"`{method.upper()} {path}`", operation["summary"], joined(operation["description"]))
        for path, operations in app.openapi()["paths"].items()
        for method, operation in operations.items()
    ]
    return table(("route", "what for", "what it does"), rows)


def targets_table(makefile: str) -> str:
    """Returns one row for each target that the Makefile describes."""
    rows = [(f"`make {name}`", said) for name, said in _TARGET.findall(makefile)]
    return table(("command", "what it does"), rows)


def tts_app() -> FastAPI:
    """Returns the text-to-speech application as its defaults make it, with nothing behind it."""
    return build_tts(TtsSettings.model_construct(), _NOTHING, _NOTHING)


def stt_app() -> FastAPI:
    """Returns the speech-to-text application, likewise."""
    return build_stt(SttSettings.model_construct(), _NOTHING)


def _names(path: tuple[str, ...]) -> str:
    variable = f"{PREFIX}{'__'.join(path)}".upper()
    flag = "-".join(path).replace("_", "-")
    return f"`{variable}`<br>`--{flag}`"


def _values(field: FieldInfo) -> str:
    bounds = [
        f"{sign} {getattr(rule, name):g}"
        for rule in field.metadata
        for name, sign in _BOUNDS
        if getattr(rule, name, None) is not None
    ]
    patterns = [f"`{rule.pattern}`" for rule in field.metadata if getattr(rule, "pattern", None)]
    # A list that is parsed from JSON has its default as JSON, too.
    is_json = get_origin(field.annotation) is tuple and isinstance(field.default, str)
    kind = "texts as a JSON list" if is_json else _type(field.annotation)
    return ", ".join([kind, *bounds, *patterns])


def _type(annotation: Any) -> str:
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{value}`" for value in get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return ", ".join(f"`{member.value}`" for member in annotation)
    if get_origin(annotation) is tuple:
        return "texts, separated by commas"
    if get_origin(annotation) is Mapping:
        return "names and numbers as a JSON object"
    if get_origin(annotation) in {UnionType, Union}:
        wanted = [part for part in get_args(annotation) if part is not type(None)]
        return " or ".join(_type(part) for part in wanted)
    return _WORDS[annotation]


def _default(field: FieldInfo) -> str:
    match field.default:
        case None | "" | ():
            return "none"
        case bool(value):
            return f"`{str(value).lower()}`"
        case float(value):
            return f"`{value:g}`"
        case value:
            return f"`{str(value).replace(str(Path.home()), '~')}`"


def _first_line(described: type) -> str:
    return (described.__doc__ or "").splitlines()[0]


def _descendants(error: type[Any]) -> list[type[Any]]:
    # By module: Python lists them in the order in which their modules were imported.
    children = sorted(error.__subclasses__(), key=lambda child: child.__module__)
    return [each for child in children for each in (child, *_descendants(child))]


def _family_row(family: MetricWrapperBase) -> tuple[str, ...]:
    described = next(iter(family.describe()))
    # A family without samples has no public list of its labels and buckets.
    labels = ", ".join(f"`{label}`" for label in family._labelnames)  # noqa: SLF001
    bounds = ", ".join(f"{bound:g}" for bound in getattr(family, "_upper_bounds", [])[:-1])
    buckets = f" Buckets: {bounds}." if bounds else ""
    name = described.name + _SUFFIXES.get(described.type, "")
    return f"`{name}`", described.type, labels, described.documentation + buckets


def _collected_row(collector: Collector) -> tuple[str, ...]:
    (family,) = collector.collect()
    labels = ", ".join(f"`{label}`" for label in vars(family)["_labelnames"])
    return f"`{family.name}`", family.type, labels, family.documentation
