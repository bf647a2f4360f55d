"""Argo CD's health of a VoiceService: its Lua, run by Lua 5.1 as Argo CD does."""

import json
from collections.abc import Mapping
from typing import Any

import yaml
from lupa import lua51

from support.docs.repository import ROOT

_PATCH = ROOT / "manifests" / "argocd" / "voiceservice-health.yaml"
_KEY = "resource.customizations.health.nemo-voice.dev_VoiceService"


def argocd_health_of(thing: Mapping[str, Any]) -> tuple[str, str]:
    """Returns status and message of the health that the shipped script finds."""
    script = yaml.safe_load(_PATCH.read_text())["data"][_KEY]
    lua = lua51.LuaRuntime(register_eval=False)
    lua.globals().obj = _table(lua, json.loads(json.dumps(thing)))
    found = lua.execute(script)
    return str(found.status), str(found.message)


def _table(lua: Any, value: Any) -> Any:
    if isinstance(value, dict):
        return lua.table_from({key: _table(lua, one) for key, one in value.items()})
    if isinstance(value, list):
        return lua.table_from([_table(lua, one) for one in value])
    return value
