"""The object cache: newest state, found by the VoiceServices that it affects."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from nemo_voice_operator.controller.object_cache import ObjectCache
from nemo_voice_operator.kube.kinds import CLAIM, DEPLOYMENT, JOB, POD
from nemo_voice_operator.kube.objects import Key

KEY = Key("speech", "narrator")
OURS = {"nemo-voice.dev/voiceservice": "narrator"}


def thing(
    kind: str, name: str, version: int = 1, uid: str = "u", **metadata: Any
) -> dict[str, Any]:
    versions = {
        "VoiceService": "nemo-voice.dev/v1alpha1",
        "Deployment": "apps/v1",
        "Job": "batch/v1",
    }
    fields = {"name": name, "namespace": "speech", "uid": uid, "resourceVersion": str(version)}
    return {
        "apiVersion": versions.get(kind, "v1"),
        "kind": kind,
        "metadata": {**fields, **metadata},
    }


def test_an_older_state_does_not_replace_a_newer_one() -> None:
    object_cache = ObjectCache()
    object_cache.put(thing("Deployment", "narrator", 100, labels=OURS))
    object_cache.put(thing("Deployment", "narrator", 99, labels=OURS))
    known = object_cache.get(DEPLOYMENT, "speech", "narrator")
    assert known is not None
    assert known["metadata"]["resourceVersion"] == "100"


def test_recreated_object_replaces_the_one_before() -> None:
    object_cache = ObjectCache()
    object_cache.put(thing("Deployment", "narrator", 100, uid="old", labels=OURS))
    object_cache.put(thing("Deployment", "narrator", 99, uid="new", labels=OURS))
    known = object_cache.get(DEPLOYMENT, "speech", "narrator")
    assert known is not None
    assert known["metadata"]["uid"] == "new"


def test_deletion_of_an_old_object_keeps_the_recreated_one() -> None:
    object_cache = ObjectCache()
    object_cache.put(thing("Deployment", "narrator", uid="new", labels=OURS))
    object_cache.remove(thing("Deployment", "narrator", uid="old", labels=OURS))
    assert object_cache.of(KEY)
    object_cache.remove(thing("Deployment", "narrator", uid="new", labels=OURS))
    assert object_cache.of(KEY) == []


def test_object_without_its_label_leaves_its_voice_service() -> None:
    object_cache = ObjectCache()
    object_cache.put(thing("Pod", "a", 1, labels=OURS))
    object_cache.put(thing("Pod", "a", 2))
    assert object_cache.of(KEY, POD) == []


def test_owned_object_affects_its_voice_service_by_label() -> None:
    object_cache = ObjectCache()
    assert object_cache.affected_by(thing("Deployment", "narrator", labels=OURS)) == [KEY]
    assert object_cache.affected_by(thing("VoiceService", "narrator")) == [KEY]
    assert object_cache.affected_by(thing("Pod", "foreign")) == []


def test_shared_job_and_its_pods_affect_every_owner() -> None:
    object_cache = ObjectCache()
    owners = [
        {"kind": "VoiceService", "name": "reader", "uid": "2"},
        {"kind": "VoiceService", "name": "narrator", "uid": "1"},
    ]
    job = thing("Job", "fetch", ownerReferences=owners)
    pod = thing("Pod", "fetch-x", labels={"batch.kubernetes.io/job-name": "fetch"})
    object_cache.put(job)
    object_cache.put(pod)
    both = [KEY, Key("speech", "reader")]
    assert object_cache.affected_by(job) == both
    assert object_cache.affected_by(pod) == both
    assert object_cache.pods_of_job("speech", "fetch") == [pod]
    assert object_cache.jobs_of("1") == [job]


def test_claim_affects_the_voice_services_that_use_it() -> None:
    object_cache = ObjectCache()
    claim = thing("PersistentVolumeClaim", "models")
    assert object_cache.affected_by(claim) == []
    object_cache.uses_claim(KEY, "models")
    assert object_cache.affected_by(claim) == [KEY]
    object_cache.uses_claim(KEY, "others")
    assert object_cache.affected_by(claim) == []
    object_cache.uses_claim(KEY, None)
    assert object_cache.claim_users("speech", "others") == []
    assert object_cache.get(CLAIM, "speech", "models") is None


def test_created_claim_affects_others_that_name_it() -> None:
    object_cache = ObjectCache()
    object_cache.uses_claim(Key("speech", "reader"), "narrator-models")
    made = thing("PersistentVolumeClaim", "narrator-models", labels=OURS)
    assert object_cache.affected_by(made) == [KEY, Key("speech", "reader")]


def test_put_returns_whether_the_state_is_new() -> None:
    object_cache = ObjectCache()
    assert object_cache.put(thing("Deployment", "narrator", 2))
    assert not object_cache.put(thing("Deployment", "narrator", 2))
    assert not object_cache.put(thing("Deployment", "narrator", 1))
    assert object_cache.put(thing("Deployment", "narrator", 3))
    assert object_cache.put(thing("Deployment", "narrator", 3, uid="another"))


def test_objects_are_listed_by_kind_and_namespace() -> None:
    object_cache = ObjectCache()
    here, there = thing("Pod", "a"), thing("Pod", "b", namespace="elsewhere")
    for one in (here, there, thing("Deployment", "c")):
        object_cache.put(one)
    assert object_cache.all(POD) == [here, there]
    assert object_cache.all(POD, "speech") == [here]


def test_job_of_another_controller_affects_no_voice_service() -> None:
    object_cache = ObjectCache()
    theirs = thing(
        "Job", "x", ownerReferences=[{"kind": "CronJob", "name": "narrator", "uid": "9"}]
    )
    assert object_cache.affected_by(theirs) == []
    assert (
        object_cache.affected_by(thing("Pod", "p", labels={"batch.kubernetes.io/job-name": "x"}))
        == []
    )


def test_changing_the_claim_keeps_its_other_users() -> None:
    object_cache, reader = ObjectCache(), Key("speech", "reader")
    object_cache.uses_claim(KEY, "models")
    object_cache.uses_claim(reader, "models")
    object_cache.uses_claim(KEY, None)
    assert object_cache.claim_users("speech", "models") == [reader]


@st.composite
def happenings(draw: st.DrawFn) -> tuple[bool, dict[str, Any]]:
    """A change in a cluster: an object as it was at some time, or its deletion."""
    kind = draw(st.sampled_from(["Pod", "Job"]))
    labels = {
        "nemo-voice.dev/voiceservice": draw(st.sampled_from(["narrator", "reader", ""])),
        "batch.kubernetes.io/job-name": draw(st.sampled_from(["a", "b", ""])),
    }
    owners = [{"kind": "VoiceService", "name": "n", "uid": draw(st.sampled_from(["1", "2"]))}]
    reported = thing(
        kind,
        draw(st.sampled_from(["a", "b"])),
        draw(st.integers(1, 9)),
        draw(st.sampled_from(["u", "v"])),
        labels={name: value for name, value in labels.items() if value},
        ownerReferences=owners if draw(st.booleans()) else None,
    )
    return draw(st.booleans()), reported


@settings(max_examples=60, deadline=None, database=None, derandomize=True)
@given(st.lists(happenings(), max_size=25))
def test_indexes_agree_after_any_order_of_changes(
    reported: list[tuple[bool, dict[str, Any]]],
) -> None:
    object_cache = ObjectCache()
    for is_there, one in reported:
        if is_there:
            object_cache.put(one)
        else:
            object_cache.remove(one)
        everything = [*object_cache.all(JOB), *object_cache.all(POD)]
        for name in ("narrator", "reader"):
            labelled = [
                known
                for known in everything
                if known["metadata"]["labels"].get("nemo-voice.dev/voiceservice") == name
            ]
            found = object_cache.of(Key("speech", name))
            assert sorted(map(id, found)) == sorted(map(id, labelled))
        for job in ("a", "b"):
            of_job = [
                known
                for known in object_cache.all(POD)
                if known["metadata"]["labels"].get("batch.kubernetes.io/job-name") == job
            ]
            assert sorted(map(id, object_cache.pods_of_job("speech", job))) == sorted(
                map(id, of_job)
            )
        for uid in ("1", "2"):
            owned = [
                known
                for known in object_cache.all(JOB)
                if any(one["uid"] == uid for one in known["metadata"]["ownerReferences"] or ())
            ]
            assert sorted(map(id, object_cache.jobs_of(uid))) == sorted(map(id, owned))
