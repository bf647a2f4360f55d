"""Names and labels: their lengths, and that different things have different ones."""

import re

import pytest

from nemo_voice_operator.desired.names import claim_label, job_name

VALUE = re.compile(r"[a-z0-9A-Z]([-_.a-z0-9A-Z]*[a-z0-9A-Z])?")


@pytest.mark.parametrize("claim", ["models", "a" * 63, "a" * 64, "a" * 49 + ".-" + "b" * 200])
def test_claim_name_becomes_a_valid_label_value(claim: str) -> None:
    label = claim_label(claim)
    assert VALUE.fullmatch(label)
    assert len(label) <= 63


def test_long_claims_that_begin_alike_have_different_labels() -> None:
    assert claim_label("a" * 100 + "1") != claim_label("a" * 100 + "2")


def test_job_name_depends_on_its_identity_and_not_on_key_order() -> None:
    assert job_name({"a": 1, "b": 2}) == job_name({"b": 2, "a": 1})
    assert job_name({"a": 1}) != job_name({"a": 2})
    assert len(job_name({})) <= 63
