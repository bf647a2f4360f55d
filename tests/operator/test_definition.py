"""What a real API server accepts and refuses of VoiceServices, and its messages."""

import json
from typing import Any

import pytest

from nemo_voice_operator.api.status import MAX_LANGUAGES, MAX_SPEAKERS, ServedModel, Status
from support.kubernetes.api_server import ApiServer
from support.kubernetes.definitions import DEFINITIONS, VOICE_SERVICES
from support.operator.definition import DEMO, NVIDIA, created, voice
from support.operator.voice_services import SAMPLES, objects_of

REACHING_OUT: list[tuple[dict[str, Any], str]] = [
    (
        {"ports": [{"containerPort": 80, "hostPort": 80}]},
        'unknown field "spec.sidecars[0].ports[0].hostPort"',
    ),
    ({"livenessProbe": {"httpGet": {"port": 80, "host": "10.0.0.1"}}}, "no other host"),
    ({"readinessProbe": {"tcpSocket": {"port": 80, "host": "10.0.0.1"}}}, "no other host"),
    (
        {"lifecycle": {"preStop": {"httpGet": {"port": 80, "host": "10.0.0.1"}}}},
        "no other host",
    ),
]
"""Parts of a sidecar with which the node or another host would be reached."""
REFUSED = {
    "no task": ({"model": {"source": "demo"}}, "spec.task: Required"),
    "another task": ({**DEMO, "task": "translate"}, 'supported values: "tts", "stt"'),
    "no model": ({"task": "tts"}, "spec.model: Required"),
    "no source": ({"task": "tts", "model": {}}, "spec.model.source: Required"),
    "an empty source": ({"task": "tts", "model": {"source": ""}}, "should be at least 1 chars"),
    "a bare word as source": (
        {"task": "tts", "model": {"source": "fastpitch"}},
        "source must be demo, a Hugging Face id",
    ),
    "an ftp source": (
        {"task": "tts", "model": {"source": "ftp://x/y.nemo"}},
        "source must be demo, a Hugging Face id",
    ),
    "a URL of another format": (
        {"task": "tts", "model": {"source": "https://x/y.zip"}},
        "source must be demo, a Hugging Face id",
    ),
    "a file outside the claim": (
        {"task": "tts", "model": {"source": "file://host/y.nemo"}},
        "source must be demo, a Hugging Face id",
    ),
    "a revision of demo": (
        {"task": "tts", "model": {"source": "demo", "revision": "main"}},
        "revision is a commit, tag or branch of a Hugging Face model",
    ),
    "a revision of a URL": (
        {"task": "tts", "model": {"source": "https://x/y.nemo", "revision": "1"}},
        "Pin a URL by sha256",
    ),
    "a digest of demo": (
        {"task": "tts", "model": {"source": "demo", "sha256": "a" * 64}},
        "demo ships inside the image",
    ),
    "a short digest": (
        {"task": "tts", "model": {"source": "a/b", "sha256": "abc"}},
        "64 hexadecimal digits",
    ),
    "a digest in capitals": (
        {"task": "tts", "model": {"source": "a/b", "sha256": "A" * 64}},
        "64 hexadecimal digits",
    ),
    "a vocoder for stt": ({**DEMO, "vocoder": {"source": "demo"}}, "only a tts service has a"),
    "warm-up texts for stt": (
        {**DEMO, "warmup": {"texts": ["Hello."]}},
        "only a tts service speaks warm-up texts",
    ),
    "an empty warm-up text": (
        {**NVIDIA, "warmup": {"texts": [""]}},
        "should be at least 1 chars",
    ),
    "a long warm-up text": (
        {**NVIDIA, "warmup": {"texts": ["x" * 501]}},
        "may not be more than 500 bytes",
    ),
    "too many warm-up texts": (
        {**NVIDIA, "warmup": {"texts": ["Hello."] * 17}},
        "must have at most 16 items",
    ),
    "keys from nowhere": ({**DEMO, "auth": {}}, "spec.auth.keysSecretRef: Required"),
    "keys of a Secret without a name": (
        {**DEMO, "auth": {"keysSecretRef": {"key": "keys"}}},
        "spec.auth.keysSecretRef.name: Required",
    ),
    "pronunciations for stt": (
        {**DEMO, "pronunciations": {"configMapRef": {"name": "names"}}},
        "only a tts service has pronunciations",
    ),
    "pronunciations from nowhere": (
        {**NVIDIA, "pronunciations": {}},
        "spec.pronunciations.configMapRef: Required",
    ),
    "an unknown field": ({**DEMO, "modell": {}}, 'unknown field "spec.modell"'),
    "an unknown nested field": (
        {**DEMO, "gpu": {"counts": 1}},
        'unknown field "spec.gpu.counts"',
    ),
    "a negative number of GPUs": ({**DEMO, "gpu": {"count": -1}}, "greater than or equal to 0"),
    "half a GPU": ({**DEMO, "gpu": {"count": 0.5}}, "spec.gpu.count: Invalid value"),
    "a GPU resource without a vendor": (
        {**DEMO, "gpu": {"resourceName": "gpu"}},
        "resourceName must be an extended resource like nvidia.com/gpu",
    ),
    "GPUs among the resources": (
        {**DEMO, "resources": {"limits": {"nvidia.com/gpu": 1}}},
        "say the number of GPUs in gpu.count",
    ),
    "GPUs among the requests": (
        {**DEMO, "resources": {"requests": {"nvidia.com/gpu": 1}}},
        "say the number of GPUs in gpu.count",
    ),
    "a URL without encryption": (
        {"task": "tts", "model": {"source": "http://x/y.nemo"}},
        "source must be demo, a Hugging Face id",
    ),
    "negative replicas": ({**DEMO, "replicas": -1}, "greater than or equal to 0"),
    "replicas as text": ({**DEMO, "replicas": "two"}, "spec.replicas: Invalid value"),
    "scaling without a maximum": ({**DEMO, "scaling": {"min": 1}}, "spec.scaling.max: Required"),
    "scaling upside down": (
        {**DEMO, "scaling": {"min": 3, "max": 2}},
        "scaling.min must not be greater than scaling.max",
    ),
    "scaling to zero": ({**DEMO, "scaling": {"min": 0, "max": 2}}, "greater than or equal to 1"),
    "scaling without a target": (
        {**DEMO, "scaling": {"max": 2, "target": {}}},
        "target needs inFlight, queueSeconds, sessions or several of them",
    ),
    "a target of no sessions": (
        {**DEMO, "scaling": {"max": 2, "target": {"sessions": 0}}},
        "greater than or equal to 1",
    ),
    "a target of zero": (
        {**DEMO, "scaling": {"max": 2, "target": {"inFlight": 0}}},
        "greater than or equal to 1",
    ),
    "a tolerance above one": (
        {**DEMO, "scaling": {"max": 2, "tolerance": 1.5}},
        "less than or equal to 1",
    ),
    "a claim that is both named and sized": (
        {**NVIDIA, "cache": {"claimName": "a", "size": "1Gi"}},
        "give claimName for a claim that exists or size for one to be created, not both",
    ),
    "a storage class for a named claim": (
        {**NVIDIA, "cache": {"claimName": "a", "storageClassName": "fast"}},
        "an existing claim (claimName) has its own",
    ),
    "a size that is no quantity": (
        {**NVIDIA, "cache": {"size": "big"}},
        "size must be a quantity like 20Gi",
    ),
    "a size of nothing": ({**NVIDIA, "cache": {"size": "0"}}, "size must be a quantity"),
    "an access mode that shares nothing": (
        {**NVIDIA, "cache": {"size": "1Gi", "accessModes": ["ReadOnlyMany"]}},
        "Unsupported value",
    ),
    "an access mode of one pod": (
        {**NVIDIA, "cache": {"size": "1Gi", "accessModes": ["ReadWriteOncePod"]}},
        'supported values: "ReadWriteOnce", "ReadWriteMany"',
    ),
    "a mirror without a scheme": (
        {**NVIDIA, "hub": {"endpoint": "mirror.example"}},
        "endpoint must be an http(s) address",
    ),
    "a token without a Secret": (
        {**NVIDIA, "hub": {"tokenSecretRef": {"key": "token"}}},
        "spec.hub.tokenSecretRef.name: Required",
    ),
    "a variable that another field decides": (
        {**DEMO, "env": [{"name": "NEMO_VOICE_MODEL", "value": "x"}]},
        "the operator sets this variable from other fields",
    ),
    "the same in other letters": (
        {**DEMO, "env": [{"name": "nemo_voice_Model", "value": "x"}]},
        "the operator sets this variable from other fields",
    ),
    "a port of gRPC that the operator cannot know": (
        {
            **DEMO,
            "env": [
                {
                    "name": "NEMO_VOICE_GRPC_PORT",
                    "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}},
                }
            ],
        },
        "NEMO_VOICE_GRPC_PORT is a value from 1024 to 65535",
    ),
    "a port of gRPC that is none": (
        {**DEMO, "env": [{"name": "nemo_voice_grpc_port", "value": "many"}]},
        "NEMO_VOICE_GRPC_PORT is a value from 1024 to 65535",
    ),
    "a port of gRPC that no process may have": (
        {**DEMO, "env": [{"name": "NEMO_VOICE_GRPC_PORT", "value": "70000"}]},
        "NEMO_VOICE_GRPC_PORT is a value from 1024 to 65535",
    ),
    "a port of gRPC that HTTP has": (
        {**DEMO, "env": [{"name": "NEMO_VOICE_GRPC_PORT", "value": "5000"}]},
        "not a port of HTTP",
    ),
    "HTTP on the port of gRPC": (
        {**DEMO, "service": {"port": 50051}},
        "service.port 50051 is the port of gRPC",
    ),
    "HTTP on the port of gRPC, which is moved in the pod alone": (
        {
            **DEMO,
            "service": {"port": 50051},
            "env": [{"name": "NEMO_VOICE_GRPC_PORT", "value": "50060"}],
        },
        "service.port 50051 is the port of gRPC",
    ),
    "a variable with two values": (
        {
            **DEMO,
            "env": [
                {
                    "name": "A",
                    "value": "x",
                    "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}},
                }
            ],
        },
        "has a value or a valueFrom, not both",
    ),
    "a variable from nowhere": (
        {**DEMO, "env": [{"name": "A", "valueFrom": {}}]},
        "exactly one of secretKeyRef and configMapKeyRef",
    ),
    "a variable with a space": (
        {**DEMO, "env": [{"name": "A B", "value": "x"}]},
        "letters, digits and underscores",
    ),
    "a pod label of ours": (
        {**DEMO, "podLabels": {"app.kubernetes.io/name": "mine"}},
        "labels under app.kubernetes.io/ and nemo-voice.dev/ belong to the operator",
    ),
    "an annotation of a pod that is ours": (
        {**DEMO, "podAnnotations": {"nemo-voice.dev/template": "mine"}},
        "annotations under nemo-voice.dev/ belong to the operator",
    ),
    "a label of every object that is ours": (
        {**DEMO, "objectLabels": {"nemo-voice.dev/voiceservice": "mine"}},
        "labels under app.kubernetes.io/ and nemo-voice.dev/ belong to the operator",
    ),
    "an annotation of every object that is ours": (
        {**DEMO, "objectAnnotations": {"nemo-voice.dev/retain": "false"}},
        "annotations under nemo-voice.dev/ belong to the operator",
    ),
    "a volume without a name": (
        {**DEMO, "volumes": [{"emptyDir": {}}]},
        "spec.volumes[0].name: Required",
    ),
    "a volume of ours": (
        {**DEMO, "volumes": [{"name": "models", "emptyDir": {}}]},
        "the volumes scratch, models, keys, ca-bundle, pronunciations, self-test, ",
    ),
    "two volumes of one name": (
        {**DEMO, "volumes": [{"name": "a", "emptyDir": {}}, {"name": "a", "emptyDir": {}}]},
        "Duplicate value",
    ),
    "a volume of the node": (
        {**DEMO, "volumes": [{"name": "a", "hostPath": {"path": "/"}}]},
        "spec.volumes[0].hostPath",
    ),
    "a volume without a source": (
        {**DEMO, "volumes": [{"name": "a"}]},
        "a volume has exactly one of configMap, secret",
    ),
    "a volume with two sources": (
        {**DEMO, "volumes": [{"name": "a", "emptyDir": {}, "secret": {"secretName": "s"}}]},
        "a volume has exactly one of configMap, secret",
    ),
    "seventeen volumes": (
        {**DEMO, "volumes": [{"name": f"v{number}", "emptyDir": {}} for number in range(17)]},
        "must have at most 16 items",
    ),
    "a mount of a volume that is not there": (
        {**DEMO, "volumeMounts": [{"name": "a", "mountPath": "/a"}]},
        "every name in volumeMounts must be that of one of the volumes",
    ),
    "a mount over another": (
        {
            **DEMO,
            "volumes": [{"name": "a", "emptyDir": {}}],
            "volumeMounts": [{"name": "a", "mountPath": "/a"}, {"name": "a", "mountPath": "/a"}],
        },
        "Duplicate value",
    ),
    **{
        f"a mount at {path!r}": (
            {
                **DEMO,
                "volumes": [{"name": "a", "emptyDir": {}}],
                "volumeMounts": [{"name": "a", "mountPath": path}],
            },
            message,
        )
        for path, message in [
            *(
                (path, "mountPath must be absolute")
                for path in (
                    "a",
                    "/",
                    "/a/",
                    "/a//b",
                    "/a/../tmp",
                    "/..",
                    "/./tmp",
                    "/a:b",
                    "//tmp",
                )
            ),
            *(
                (path, "mountPath would cover what the service needs")
                for path in (
                    "/tmp",
                    "/tmp/mine",
                    "/var",
                    "/var/cache",
                    "/var/cache/nemo-voice",
                    "/var/cache/nemo-voice/mine",
                    "/etc",
                    "/etc/nemo-voice/keys",
                    "/opt",
                    "/opt/nemo-voice/venv",
                    "/usr",
                    "/usr/lib/python3.11",
                    "/bin",
                    "/lib/x86_64-linux-gnu",
                    "/dev/termination-log",
                    "/proc",
                )
            ),
        ]
    },
    "an init container of ours": (
        {**DEMO, "initContainers": [{"name": "serve", "image": "a"}]},
        "the containers serve, fetch, check belong to the operator",
    ),
    "a pod annotation that chooses an AppArmor profile": (
        {
            **DEMO,
            "podAnnotations": {
                "container.apparmor.security.beta.kubernetes.io/serve": "unconfined"
            },
        },
        "no annotation of a pod chooses an AppArmor profile",
    ),
    "a sidecar without an image": (
        {**DEMO, "sidecars": [{"name": "a"}]},
        "spec.sidecars[0].image: Required",
    ),
    **{
        f"a sidecar with {context}": (
            {**DEMO, "sidecars": [{"name": "a", "image": "a", "securityContext": context}]},
            message,
        )
        for context, message in [
            ({"privileged": True}, "neither privileged nor root"),
            ({"allowPrivilegeEscalation": True}, "neither privileged nor root"),
            ({"runAsNonRoot": False}, "neither privileged nor root"),
            ({"runAsUser": 0}, "greater than or equal to 1"),
            ({"capabilities": {"add": ["NET_ADMIN"]}}, 'supported values: "NET_BIND_SERVICE"'),
            ({"procMount": "Unmasked"}, "spec.sidecars[0].securityContext.procMount"),
        ]
    },
    **{
        f"a sidecar with {more}": (
            {**DEMO, "sidecars": [{"name": "a", "image": "a", **more}]},
            message,
        )
        for more, message in REACHING_OUT
    },
    "a sidecar whose name is no name": (
        {**DEMO, "sidecars": [{"name": "A b", "image": "a"}]},
        "spec.sidecars[0].name: Invalid value",
    ),
    "a sidecar and an init container of one name": (
        {
            **DEMO,
            "initContainers": [{"name": "a", "image": "a"}],
            "sidecars": [{"name": "a", "image": "a"}],
        },
        "a sidecar and an init container cannot have the same name",
    ),
    "nine sidecars": (
        {**DEMO, "sidecars": [{"name": f"a{number}", "image": "a"} for number in range(9)]},
        "must have at most 8 items",
    ),
    "certificates from nowhere": (
        {**NVIDIA, "hub": {"caBundle": {}}},
        "caBundle takes exactly one of secretKeyRef and configMapKeyRef",
    ),
    "certificates from two places": (
        {
            **NVIDIA,
            "hub": {
                "caBundle": {
                    "secretKeyRef": {"name": "s", "key": "k"},
                    "configMapKeyRef": {"name": "c", "key": "k"},
                }
            },
        },
        "caBundle takes exactly one of secretKeyRef and configMapKeyRef",
    ),
    "certificates by variable": (
        {**DEMO, "env": [{"name": "NEMO_VOICE_CA_BUNDLE", "value": "/a"}]},
        "the operator sets this variable from other fields",
    ),
    "egress to a range that ends before it begins": (
        {**DEMO, "networkPolicy": {"egress": [{"ports": [{"port": 9, "endPort": 8}]}]}},
        "endPort needs a port, and must not be less than it",
    ),
    "a negative budget": (
        {**DEMO, "disruptionBudget": {"maxUnavailable": -1}},
        "greater than or equal to 0",
    ),
    "a class of load balancers for an inner Service": (
        {**DEMO, "service": {"loadBalancerClass": "example.com/a"}},
        "only a Service of type LoadBalancer has a loadBalancerClass",
    ),
    "a policy for callers from outside of an inner Service": (
        {**DEMO, "service": {"externalTrafficPolicy": "Local"}},
        "only a Service of type NodePort or LoadBalancer has an externalTrafficPolicy",
    ),
    "two families for a single stack": (
        {**DEMO, "service": {"ipFamilies": ["IPv4", "IPv6"], "ipFamilyPolicy": "SingleStack"}},
        "two ipFamilies need ipFamilyPolicy",
    ),
    "one family twice": (
        {**DEMO, "service": {"ipFamilies": ["IPv4"] * 2, "ipFamilyPolicy": "PreferDualStack"}},
        "Duplicate value",
    ),
    "an unknown precision": ({**DEMO, "engine": {"precision": "int4"}}, "Unsupported value"),
    "a batch of nothing": ({**DEMO, "engine": {"maxBatch": 0}}, "greater than or equal to 1"),
    "an unknown rollout": ({**DEMO, "rollout": {"strategy": "canary"}}, "Unsupported value"),
    "a port beyond the last": ({**DEMO, "service": {"port": 70000}}, "less than or equal to 65535"),
    "an unknown Service": ({**DEMO, "service": {"type": "ExternalName"}}, "Unsupported value"),
    "a warm-up of a second": (
        {**DEMO, "warmup": {"timeoutSeconds": 1}},
        "greater than or equal to 30",
    ),
    "a toleration that compares oddly": (
        {**DEMO, "tolerations": [{"operator": "Like"}]},
        "Unsupported value",
    ),
}

CHANGES_REFUSED = {
    "the task": (DEMO, {**DEMO, "task": "tts"}, "task cannot change"),
    "a claim that shrinks": (
        {**NVIDIA, "cache": {"size": "10Gi"}},
        {**NVIDIA, "cache": {"size": "5000Mi"}},
        "a claim can grow but not shrink",
    ),
    "how a claim mounts": (
        {**NVIDIA, "cache": {"size": "10Gi"}},
        {**NVIDIA, "cache": {"size": "10Gi", "accessModes": ["ReadWriteMany"]}},
        "accessModes cannot change",
    ),
    "the class of a load balancer": (
        {**DEMO, "service": {"type": "LoadBalancer", "loadBalancerClass": "example.com/a"}},
        {**DEMO, "service": {"type": "LoadBalancer", "loadBalancerClass": "example.com/b"}},
        "loadBalancerClass cannot change while type is LoadBalancer",
    ),
    "the first family": (
        {**DEMO, "service": {"ipFamilies": ["IPv4"]}},
        {**DEMO, "service": {"ipFamilies": ["IPv6"]}},
        "the first of ipFamilies cannot change",
    ),
    "a storage class": (
        {**NVIDIA, "cache": {"size": "10Gi", "storageClassName": "slow"}},
        {**NVIDIA, "cache": {"size": "10Gi", "storageClassName": "fast"}},
        "storageClassName cannot change",
    ),
}


def test_the_definition_is_structural_and_served(defined: ApiServer) -> None:
    made = defined.send("GET", f"{DEFINITIONS}/voiceservices.nemo-voice.dev")
    conditions = {one["type"]: one["status"] for one in made["status"]["conditions"]}
    assert conditions["Established"] == "True"
    assert conditions["NamesAccepted"] == "True"
    assert "NonStructuralSchema" not in conditions


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_sample_is_accepted(defined: ApiServer, namespace: str, sample: str) -> None:
    for thing in objects_of(sample):
        if thing["kind"] == "VoiceService":
            response = created(defined, namespace, thing, dryRun="All")
            assert response.is_success, response.text


@pytest.mark.parametrize("case", REFUSED)
def test_invalid_spec_is_refused_with_a_message(defined: ApiServer, case: str) -> None:
    spec, message = REFUSED[case]
    response = created(defined, "default", voice(spec), dryRun="All")
    assert response.status_code in {400, 422}
    assert message in response.json()["message"]


@pytest.mark.parametrize(
    "path",
    ["/etc/ssl/certs", "/etc/nemo-voices", "/usr/share/fonts", "/tmpfs", "/mnt/a..b/.c", "/é"],
)
def test_mount_beside_what_the_service_needs_is_accepted(defined: ApiServer, path: str) -> None:
    spec = {
        **DEMO,
        "volumes": [{"name": "a", "configMap": {"name": "a", "optional": True}}],
        "volumeMounts": [{"name": "a", "mountPath": path, "subPath": "b", "readOnly": True}],
    }
    response = created(defined, "default", voice(spec), dryRun="All")
    assert response.is_success, response.text


@pytest.mark.parametrize(
    "spec",
    [
        {"env": [{"name": "NEMO_VOICE_GRPC_PORT", "value": "50060"}]},
        {"env": [{"name": "NEMO_VOICE_GRPC_PORT", "value": "0"}], "service": {"port": 50051}},
        {"service": {"port": 5001}},
    ],
)
def test_grpc_may_be_moved_or_turned_off(defined: ApiServer, spec: dict[str, Any]) -> None:
    response = created(defined, "default", voice({**DEMO, **spec}), dryRun="All")
    assert response.status_code == 201, response.text


def test_every_field_of_a_sidecar_is_kept(defined: ApiServer) -> None:
    sidecar = {
        "name": "beside",
        "image": "beside:1",
        "ports": [{"containerPort": 9000, "protocol": "TCP"}],
        "securityContext": {"runAsUser": 1337},
        "livenessProbe": {"httpGet": {"path": "/", "port": 9000}, "periodSeconds": 5},
        "lifecycle": {"preStop": {"exec": {"command": ["sleep", "5"]}}},
    }
    made = created(defined, "default", voice({**DEMO, "sidecars": [sidecar]}), dryRun="All").json()
    assert made["spec"]["sidecars"] == [sidecar]


@pytest.mark.parametrize("case", CHANGES_REFUSED)
def test_immutable_field_is_refused_with_a_message(
    defined: ApiServer, namespace: str, case: str
) -> None:
    before, after, message = CHANGES_REFUSED[case]
    made = created(defined, namespace, voice(before))
    made.raise_for_status()
    path = f"{VOICE_SERVICES.format(namespace=namespace)}/narrator"
    response = defined.http.put(path, json={**made.json(), "spec": dict(after)})
    assert response.status_code == 422
    assert message in response.json()["message"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("n" * 41, "the name must have at most 40 characters"),
        ("a.b", "the name must be a valid Service name"),
        ("1st", "beginning with a letter"),
    ],
)
def test_invalid_service_name_is_refused(defined: ApiServer, name: str, message: str) -> None:
    response = created(defined, "default", voice(DEMO, name), dryRun="All")
    assert message in response.json()["message"]


def test_only_marked_defaults_are_written_into_the_object(
    defined: ApiServer, namespace: str
) -> None:
    made = created(defined, namespace, voice({**DEMO, "scaling": {"max": 2}})).json()
    assert made["spec"] == {
        **DEMO,
        "gpu": {"count": 1, "resourceName": "nvidia.com/gpu"},
        "replicas": 1,
        "scaling": {"min": 1, "max": 2},
    }


def test_the_scale_subresource_reads_and_writes_the_replicas(
    defined: ApiServer, namespace: str
) -> None:
    created(defined, namespace, voice(DEMO)).raise_for_status()
    path = f"{VOICE_SERVICES.format(namespace=namespace)}/narrator/scale"
    scale = defined.send("GET", path)
    assert scale["spec"]["replicas"] == 1
    defined.send("PUT", path, {**scale, "spec": {"replicas": 3}})
    assert defined.send("GET", path.removesuffix("/scale"))["spec"]["replicas"] == 3


def test_users_cannot_write_the_status_with_the_spec(defined: ApiServer, namespace: str) -> None:
    made = created(defined, namespace, {**voice(DEMO), "status": {"phase": "Ready"}})
    assert made.json()["status"] == {"observedGeneration": -1}, "nobody has seen it yet"


def test_status_keeps_what_the_model_is(defined: ApiServer, namespace: str) -> None:
    created(defined, namespace, voice(DEMO)).raise_for_status()
    languages = tuple(f"l{number}" for number in range(MAX_LANGUAGES))
    model = ServedModel(source="a/b", kind="transducer", languages=languages, speakers=MAX_SPEAKERS)
    status = Status(model=model).model_dump(mode="json", by_alias=True, exclude_none=True)
    response = defined.http.patch(
        f"{VOICE_SERVICES.format(namespace=namespace)}/narrator/status",
        content=json.dumps({"status": status}),
        headers={"Content-Type": "application/merge-patch+json"},
        params={"fieldValidation": "Strict"},
    )
    assert response.status_code == 200, response.text
    kept = Status.model_validate(response.json()["status"]).model
    assert kept is not None
    assert kept.model_copy(update={"source": "a/b"}) == model
