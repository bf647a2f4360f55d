"""What the operator's unit tests share."""

import pytest

from support.operator.scenes import Scene


@pytest.fixture
def scene() -> Scene:
    """An empty cluster with an operator that reconciles when a test calls it."""
    return Scene()
