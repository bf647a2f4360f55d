"""Files that the definition accepts as sources are those that a service reads, inside the claim."""

from pathlib import Path

import pytest

from nemo_voice_operator.api.service_contract import MODEL_CACHE
from nemo_voice_operator.desired.environment import container_source
from nemo_voice_serving.model_store.errors import InvalidModelReference
from nemo_voice_serving.model_store.reference import parse_reference
from support.kubernetes.api_server import ApiServer
from support.operator.definition import DEMO, created, voice

SEGMENTS = (
    *("a", "", ".", "..", "...", "..a", ".a", "a..", "é", "a%20b", "%C3%A9", "a%25b"),
    *("%2e%2e", ".%2E", "%2e", "a%2fb", "a%2Fb", "a%5cb", "a%00", "a%1F", "a%7fb"),
    *("a\\b", "a?b", "a#b", "a\x01b"),
)


def is_accepted(server: ApiServer, source: str) -> bool:
    body = voice({**DEMO, "model": {"source": source}})
    return created(server, "default", body, dryRun="All").is_success


def is_read(source: str) -> bool:
    """Returns whether a service reads the file, which is inside the claim then."""
    try:
        path = parse_reference(container_source(source)).path
    except InvalidModelReference:
        return False
    assert path == Path(MODEL_CACHE).joinpath(*path.parts[len(Path(MODEL_CACHE).parts) :])
    assert ".." not in path.parts
    return path.is_relative_to(MODEL_CACHE)


def test_empty_folder_is_refused_though_the_operator_reads_what_was_stored(
    defined: ApiServer,
) -> None:
    assert not is_accepted(defined, "file:////a.nemo")
    assert is_read("file:////a.nemo")


@pytest.mark.parametrize("first", [one for one in SEGMENTS if one])
def test_definition_and_services_accept_the_same_files(defined: ApiServer, first: str) -> None:
    names = [f"{first}/{second}" for second in SEGMENTS]
    sources = [f"file:///{name}.nemo" for name in (first, *names)]
    differ = [one for one in sources if is_accepted(defined, one) != is_read(one)]
    assert differ == []


HUB_NAMES = ("a", "a.b", "a--b", "a..b", ".", "..", ".a", "é", "a b", "a%20", "a@v1", "a:b", "a?b",
             "a\\b", "a\x01", "", "a#b")  # fmt: skip


def is_of_a_hub(source: str) -> bool:
    """Returns whether a service takes it for a model of the hub without a revision of its own."""
    try:
        return parse_reference(source).source == source
    except InvalidModelReference:
        return False


@pytest.mark.parametrize("name", HUB_NAMES)
def test_definition_and_services_accept_the_same_files_of_a_repository(
    defined: ApiServer, name: str
) -> None:
    sources = [f"o/n/{name}.nemo", f"o/n/{name}/b.nemo", f"{name}/n/b.nemo", f"o/{name}/b.nemo"]
    sources += [f"o/{name}", f"o/n/{name}", f"o/n/{name}.tar"]
    differ = [one for one in sources if is_accepted(defined, one) != is_of_a_hub(one)]
    assert differ == []
