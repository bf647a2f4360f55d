"""What the Jobs' pods request, and the limits that they have where the serving pods have some."""

from typing import Any

import pytest

from nemo_voice_operator.desired.job_resources import job_resources
from support.operator.voice_services import voice_service

LITTLE = {"cpu": "100m", "memory": "512Mi"}


@pytest.mark.parametrize(
    ("spec", "requests", "limits"),
    [
        ({}, LITTLE, None),
        ({"resources": {"requests": {"cpu": "8", "memory": "64Gi"}}}, LITTLE, None),
        (
            {"resources": {"limits": {"cpu": "2", "memory": "12Gi"}}},
            LITTLE,
            {"cpu": "2", "memory": "12Gi"},
        ),
        # The API server refuses a request above its limit.
        ({"resources": {"limits": {"cpu": "50m"}}}, {**LITTLE, "cpu": "50m"}, {"cpu": "50m"}),
        (
            {"resources": {"limits": {"memory": "300M"}}},
            {**LITTLE, "memory": "300M"},
            {"memory": "300M"},
        ),
        (
            {"resources": {"limits": {"memory": "400000000"}}},
            {**LITTLE, "memory": "400000000"},
            {"memory": "400000000"},
        ),
        (
            {"resources": {"limits": {"memory": "4e8"}}},
            {**LITTLE, "memory": "4e8"},
            {"memory": "4e8"},
        ),
        ({"resources": {"limits": {"cpu": 0.05}}}, {**LITTLE, "cpu": "0.05"}, {"cpu": "0.05"}),
        ({"resources": {"limits": {"memory": "1Ti"}}}, LITTLE, {"memory": "1Ti"}),
        ({"resources": {"limits": {"memory": "0.5Gi"}}}, LITTLE, {"memory": "0.5Gi"}),
        # What the API server refuses in the serving pods stays as it is.
        ({"resources": {"limits": {"memory": "lots"}}}, LITTLE, {"memory": "lots"}),
        (
            {
                "resources": {
                    "requests": {"ephemeral-storage": "2Gi"},
                    "limits": {
                        "ephemeral-storage": "1Gi",
                        "hugepages-2Mi": "2Mi",
                        "example.com/x": 1,
                    },
                }
            },
            {"ephemeral-storage": "1Gi", **LITTLE},
            {"ephemeral-storage": "1Gi"},
        ),
        (
            {
                "jobResources": {"requests": {"cpu": "1"}, "limits": {"memory": "3Gi"}},
                "resources": {"limits": {"cpu": "9"}},
            },
            {"cpu": "1"},
            {"memory": "3Gi"},
        ),
    ],
)
def test_jobs_request_little_within_the_limits_of_the_serving_pods(
    spec: dict[str, Any], requests: dict[str, str], limits: dict[str, str] | None
) -> None:
    made: Any = job_resources(voice_service(**spec))
    assert (made["requests"], made.get("limits")) == (requests, limits)
