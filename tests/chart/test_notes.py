"""What Helm prints after an installation can be typed, and agrees with the documents."""

import re
import shlex

from nemo_voice_operator.kube.kinds import DEPLOYMENT, VOICE_SERVICE
from support.docs.documented import command_blocks
from support.docs.repository import ROOT, text_of
from support.kubernetes.api_server import ApiServer
from support.kubernetes.chart import CHART, NAME, RELEASE, Chart
from support.kubernetes.definitions import define_voice_services
from support.operator.operating import found

NOTES = CHART / "templates" / "NOTES.txt"
OLD_DEFAULTS = re.compile(r"(?<!\S)--reuse-values(?!\S)")


def test_the_upgrade_that_the_notes_print_adds_two_voice_services_and_keeps_the_values(
    chart: Chart, api_server: ApiServer, namespace: str
) -> None:
    define_voice_services(api_server)
    where = ("--namespace", namespace)
    values = {"images": {"tag": "7"}, "crds": {"apply": "never"}}
    install = ("install", RELEASE, str(CHART), *where, "--skip-crds")
    printed = chart.helm(*install, values=values, kubeconfig=api_server.admin)
    (typed,) = re.findall(r"^ +helm (upgrade .*?[^\\])$", printed, re.MULTILINE | re.DOTALL)
    words = shlex.split(typed.replace("<the chart>", shlex.quote(str(CHART))).replace("\\\n", " "))
    chart.helm(*words, kubeconfig=api_server.admin)
    for name in ("narrator", "listener"):
        assert found(api_server, VOICE_SERVICE, namespace, name), name
    operator = found(api_server, DEPLOYMENT, namespace, NAME)
    assert operator
    (container,) = operator["spec"]["template"]["spec"]["containers"]
    assert container["image"].endswith(":7")
    chart.helm("uninstall", RELEASE, *where, kubeconfig=api_server.admin)


def test_no_command_that_people_type_keeps_an_older_charts_defaults() -> None:
    typed = {str(NOTES.relative_to(ROOT)): text_of(NOTES)}
    typed |= {str(block): block.content for block in command_blocks()}
    assert [place for place, text in typed.items() if OLD_DEFAULTS.search(text)] == []


def test_the_notes_and_the_page_on_upgrades_name_the_same_flag() -> None:
    page = text_of(ROOT / "docs" / "upgrading.md")
    (flag,) = set(re.findall(r"--[a-z-]*reuse-values", text_of(NOTES)))
    assert f"use `{flag}`" in page
