"""What the definition refuses of pods, metadata and selectors, before any object is applied."""

from collections.abc import Mapping
from typing import Any

import pytest

from support.kubernetes.api_server import ApiServer
from support.operator.definition import DEMO, NVIDIA, created, voice

LABEL_KEY, LABEL_VALUE = "the key of a label has letters", "the value of a label has letters"
QUANTITY = "the amount of a resource is a quantity of at least 0, like 500m, 2 or 4Gi"
FILE = "a file:/// source is the plain path of a file in the claim"
TERM = {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a"]}]}
SPREAD = {
    "maxSkew": 1,
    "topologyKey": "kubernetes.io/hostname",
    "whenUnsatisfiable": "DoNotSchedule",
    "labelSelector": {"matchLabels": {"a": "b"}},
    "minDomains": 2,
    "matchLabelKeys": ["pod-template-hash"],
    "nodeAffinityPolicy": "Honor",
    "nodeTaintsPolicy": "Ignore",
}


def limits(**amounts: object) -> dict[str, Any]:
    return {"resources": {"limits": amounts}}


def env(**fields: object) -> dict[str, Any]:
    return {"env": [{"name": "A", **fields}]}


def required(term: Mapping[str, Any]) -> dict[str, Any]:
    terms = {"nodeSelectorTerms": [term]}
    return {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}}


def callers(*peers: Mapping[str, Any]) -> dict[str, Any]:
    return {"networkPolicy": {"from": list(peers)}}


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "memory in GB": (limits(memory="4GB"), QUANTITY),
    "memory in words": (limits(memory="lots"), QUANTITY),
    "an empty amount": (limits(memory=""), QUANTITY),
    "less than nothing": (limits(memory="-1Gi"), QUANTITY),
    "a negative number": (limits(cpu=-1), QUANTITY),
    "half a core unquoted": (limits(cpu=1.5), "Invalid value"),
    "an amount of many digits": (limits(cpu="1" * 65), "may not be more than 64"),
    "a request in GB": ({"resources": {"requests": {"memory": "4GB"}}}, QUANTITY),
    "a request above its limit": (
        {"resources": {"requests": {"memory": "2Gi"}, "limits": {"memory": "1024Mi"}}},
        "a request must not be greater than the limit of the same resource",
    ),
    "a resource with a blank": (limits(**{"c pu": "1"}), "a resource is cpu, memory"),
    "an unknown resource": (limits(ram="1Gi"), "a resource is cpu, memory"),
    "a part of a device": (limits(**{"vendor.example/device": "500m"}), "a whole number"),
    "a device that is requested alone": (
        {"resources": {"requests": {"vendor.example/device": "1"}}},
        "an extended resource or huge pages have a limit, and a request that equals it",
    ),
    "a GPU resource of Kubernetes": (
        {"gpu": {"resourceName": "kubernetes.io/gpu"}},
        "resourceName must be an extended resource",
    ),
    "a label key with a blank": ({"podLabels": {"a b": "c"}}, LABEL_KEY),
    "an empty label key": ({"podLabels": {"": "c"}}, LABEL_KEY),
    "a long label key": ({"podLabels": {"a" * 64: "c"}}, LABEL_KEY),
    "a label key of two slashes": ({"podLabels": {"a/b/c": "c"}}, LABEL_KEY),
    "a long prefix of a label": ({"podLabels": {f"{'a' * 254}/b": "c"}}, LABEL_KEY),
    "a prefix in capitals": ({"podLabels": {"Example.com/b": "c"}}, LABEL_KEY),
    "a label value with a blank": ({"podLabels": {"a": "b c"}}, LABEL_VALUE),
    "an emoji as label value": ({"podLabels": {"a": "\U0001f600"}}, LABEL_VALUE),
    "a label value that ends in a hyphen": ({"podLabels": {"a": "b-"}}, LABEL_VALUE),
    "a long label value": ({"podLabels": {"a": "b" * 64}}, "may not be more than 63"),
    "a label that is a number": ({"podLabels": {"a": 1}}, "must be of type string"),
    "an annotation key with a blank": (
        {"podAnnotations": {"a b": "c"}},
        "the key of an annotation has letters",
    ),
    "annotations larger than Kubernetes takes": (
        {"podAnnotations": {f"a{number}": "é" * 32_768 for number in range(4)}},
        "annotations have at most 258048 bytes together",
    ),
    "an annotation key of the Service with a blank": (
        {"service": {"annotations": {"a b": "c"}}},
        "the key of an annotation has letters",
    ),
    "a node label with a blank": ({"nodeSelector": {"a": "b c"}}, LABEL_VALUE),
    "a node label key with a blank": ({"nodeSelector": {"a b": "c"}}, LABEL_KEY),
    "a toleration of everything with a value": (
        {"tolerations": [{"key": "a", "operator": "Exists", "value": "b"}]},
        "a toleration with operator Exists has no value",
    ),
    "a toleration of nothing": (
        {"tolerations": [{"effect": "NoSchedule"}]},
        "a toleration without a key has the operator Exists",
    ),
    "seconds of a toleration without its effect": (
        {"tolerations": [{"key": "a", "operator": "Exists", "tolerationSeconds": 5}]},
        "tolerationSeconds need the effect NoExecute",
    ),
    "endless seconds of a toleration": (
        {
            "tolerations": [
                {"key": "a", "value": "b", "effect": "NoExecute", "tolerationSeconds": 10**18}
            ]
        },
        "less than or equal to 31536000",
    ),
    "a taint key with a blank": ({"tolerations": [{"key": "a b", "value": "c"}]}, LABEL_KEY),
    "a taint value with a blank": (
        {"tolerations": [{"key": "a", "value": "b c"}]},
        "the value of a taint has letters",
    ),
    "an image with a blank": ({"image": "registry.example/stt: 1.0"}, "without blanks"),
    "an image of an address with a scheme": (
        {"image": "  ghcr.io/nemo-voice/stt"},
        "image must be a reference like",
    ),
    "a Secret's key with a blank": (
        env(valueFrom={"secretKeyRef": {"name": "s", "key": "a b"}}),
        "a key of a Secret or ConfigMap has letters",
    ),
    "a Secret's key that leaves its folder": (
        {"auth": {"keysSecretRef": {"name": "s", "key": "../keys"}}},
        "a key of a Secret or ConfigMap has letters",
    ),
    "a token's key with a slash": (
        {**NVIDIA, "hub": {"tokenSecretRef": {"name": "s", "key": "a/b"}}},
        "a key of a Secret or ConfigMap has letters",
    ),
    "a Secret with an underscore": (
        {"auth": {"keysSecretRef": {"name": "my_keys"}}},
        "a name has lower-case letters, digits, hyphens and dots",
    ),
    "a service account with two dots": ({"serviceAccountName": "a..b"}, "a name has lower-case"),
    "a priority class in capitals": ({"priorityClassName": "High"}, "a name has lower-case"),
    "a null character in a variable": (env(value="a\0b"), "cannot have a null character"),
    "the same pull secret twice": (
        {"imagePullSecrets": [{"name": "a"}, {"name": "a"}]},
        "imagePullSecrets names each Secret once",
    ),
    "an affinity of words": (
        {"affinity": {"nodeAffinity": "everywhere"}},
        "spec.affinity.nodeAffinity: Invalid value",
    ),
    "an unknown affinity": (
        {"affinity": {"nodeAffinty": {}}},
        'unknown field "spec.affinity.nodeAffinty"',
    ),
    "an affinity to no values": (
        required({"matchExpressions": [{"key": "zone", "operator": "In"}]}),
        "In and NotIn take values",
    ),
    "an affinity to the value of what only exists": (
        required({"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["b"]}]}),
        "Exists and DoesNotExist none",
    ),
    "an affinity without a topology": (
        {"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{}]}}},
        "topologyKey: Required value",
    ),
    "a weight above 100": (
        {
            "affinity": {
                "nodeAffinity": {
                    "preferredDuringSchedulingIgnoredDuringExecution": [
                        {"weight": 101, "preference": TERM}
                    ]
                }
            }
        },
        "less than or equal to 100",
    ),
    "a spread of words": (
        {"topologySpreadConstraints": [{**SPREAD, "maxSkew": "one"}]},
        "maxSkew: Invalid value",
    ),
    "an unknown field of a spread": (
        {"topologySpreadConstraints": [{**SPREAD, "maxSkeww": 1}]},
        'unknown field "spec.topologySpreadConstraints[0].maxSkeww"',
    ),
    "the same spread twice": (
        {"topologySpreadConstraints": [SPREAD, {**SPREAD, "maxSkew": 2}]},
        "each pair of topologyKey and whenUnsatisfiable once",
    ),
    "an affinity to a field of nodes": (
        required({"matchFields": [{"key": "a", "operator": "In", "values": ["b"]}]}),
        'supported values: "metadata.name"',
    ),
    "an affinity to more than a word": (
        required({"matchExpressions": [{"key": "n", "operator": "Gt", "values": ["three"]}]}),
        "Gt and Lt one whole number",
    ),
    "an affinity to a zone with a blank": (
        required({"matchExpressions": [{"key": "a", "operator": "In", "values": ["b c"]}]}),
        "matchExpressions[0].values[0]: Invalid value",
    ),
    "least domains of a preference": (
        {"topologySpreadConstraints": [{**SPREAD, "whenUnsatisfiable": "ScheduleAnyway"}]},
        "minDomains need whenUnsatisfiable: DoNotSchedule",
    ),
    "label keys without a selector": (
        {
            "topologySpreadConstraints": [
                {**{key: SPREAD[key] for key in SPREAD if key != "labelSelector"}}
            ]
        },
        "matchLabelKeys need a labelSelector",
    ),
    "addresses without a mask": (
        callers({"ipBlock": {"cidr": "10.0.0.1"}}),
        "addresses are written like 10.0.0.0/8",
    ),
    "a caller of nowhere": (callers({}), "a peer has an ipBlock, or a namespaceSelector"),
    "a caller of two worlds": (
        callers({"podSelector": {}, "ipBlock": {"cidr": "10.0.0.0/8"}}),
        "a peer has an ipBlock, or a namespaceSelector",
    ),
    "a selector that is misspelt": (
        callers({"podSelector": {"matchLabel": {"a": "b"}}}),
        'unknown field "spec.networkPolicy.from[0].podSelector.matchLabel"',
    ),
    "a file above the claim": ({"model": {"source": "file:///../../etc/x.nemo"}}, FILE),
    "a file above a folder": ({"model": {"source": "file:///a/../x.nemo"}}, FILE),
    "a file beside itself": ({"model": {"source": "file:///./x.nemo"}}, FILE),
    "a file above, encoded": ({"model": {"source": "file:///%2E%2e/x.nemo"}}, FILE),
    "a file with an encoded separator": ({"model": {"source": "file:///a%2Fx.nemo"}}, FILE),
    "a file of an empty folder": ({"model": {"source": "file:////x.nemo"}}, FILE),
    "a file of Windows": ({"model": {"source": "file:///a\\x.nemo"}}, FILE),
    "a file with a query": ({"model": {"source": "file:///x.nemo?a.nemo"}}, FILE),
    "a file with a line break": (
        {"model": {"source": "file:///a\n.nemo"}},
        "source must be demo",
    ),
    "a vocoder above the claim": (
        {**NVIDIA, "vocoder": {"source": "file:///../x.nemo"}},
        FILE,
    ),
    "a model of dots": ({"model": {"source": "nvidia/a..b"}}, "has neither '..' nor '--'"),
    "a revision above": (
        {"model": {"source": "nvidia/a", "revision": "../main"}},
        "revision is a commit, a tag or a branch",
    ),
    "endless seconds": ({"warmup": {"timeoutSeconds": 10**9}}, "less than or equal to 86400"),
    "seconds beyond every number": ({"warmup": {"timeoutSeconds": 1e300}}, "Invalid value"),
}

ACCEPTED: dict[str, dict[str, Any]] = {
    "amounts in every unit": {
        "resources": {
            "requests": {"cpu": "250m", "memory": "2Gi", "ephemeral-storage": "1e9"},
            "limits": {
                "cpu": 1,
                "memory": "2048Mi",
                "ephemeral-storage": "1G",
                "vendor.example/device": 2,
            },
        }
    },
    "huge pages": {
        "resources": {
            "requests": {"hugepages-2Mi": "4Mi", "memory": "1Gi"},
            "limits": {"hugepages-2Mi": "4Mi", "memory": "1Gi"},
        }
    },
    "labels and annotations": {
        "podLabels": {"team": "", "example.com/cost-centre": "Speech_1.0"},
        "podAnnotations": {"Example.com/Text": "\U0001f600 {}\n\u2028" * 100, "empty": ""},
        "service": {"annotations": {"a": "b"}},
    },
    "tolerations": {
        "tolerations": [
            {"operator": "Exists"},
            {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"},
            {"key": "a", "value": "b", "effect": "NoExecute", "tolerationSeconds": 0},
        ]
    },
    "images": {"image": "localhost:5000/speech/stt:1.0@sha256:" + "a" * 64},
    "an image from an address": {"image": "[::1]:5000/speech/stt"},
    "affinities": {
        "affinity": {
            "nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {
                    "nodeSelectorTerms": [
                        TERM,
                        {
                            "matchFields": [
                                {"key": "metadata.name", "operator": "In", "values": ["node-1"]}
                            ]
                        },
                        {"matchExpressions": [{"key": "n", "operator": "Gt", "values": ["3"]}]},
                    ]
                }
            },
            "podAntiAffinity": {
                "preferredDuringSchedulingIgnoredDuringExecution": [
                    {
                        "weight": 100,
                        "podAffinityTerm": {
                            "topologyKey": "topology.kubernetes.io/zone",
                            "labelSelector": {"matchLabels": {"a": "b"}},
                            "namespaces": ["speech"],
                            "namespaceSelector": {},
                            "matchLabelKeys": ["pod-template-hash"],
                        },
                    }
                ]
            },
        }
    },
    "spreads": {
        "topologySpreadConstraints": [SPREAD, {**SPREAD, "topologyKey": "zone"}],
    },
    "callers": callers(
        {"namespaceSelector": {}},
        {"podSelector": {"matchLabels": {"a": "b"}}, "namespaceSelector": {}},
        {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}},
        {"ipBlock": {"cidr": "fd00::/8"}},
    ),
    "a file in the claim": {"model": {"source": "file:///voices/..a/%C3%A9%20.nemo"}},
    "a branch": {"model": {"source": "nvidia/a", "revision": "refs/pr/1"}},
    "a Secret's keys": {
        "auth": {"keysSecretRef": {"name": "keys.v1-a", "key": ".keys_1-a"}},
        **env(valueFrom={"configMapKeyRef": {"name": "a", "key": "A.b"}}),
    },
    "texts of every kind": env(value="\U0001f600\x07\x7f\x85\u2028\ufeff\uffff"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_invalid_part_is_refused_with_what_to_do(defined: ApiServer, case: str) -> None:
    spec, message = REFUSED[case]
    response = created(defined, "default", voice({**DEMO, **spec}), dryRun="All")
    assert response.status_code in {400, 422}, response.text
    assert message in response.json()["message"]


@pytest.mark.parametrize("case", ACCEPTED)
def test_valid_part_is_accepted(defined: ApiServer, case: str) -> None:
    response = created(defined, "default", voice({**DEMO, **ACCEPTED[case]}), dryRun="All")
    assert response.is_success, response.text
