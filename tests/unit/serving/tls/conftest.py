"""An authority that signs the certificates of the tests."""

import pytest

from support.certificates import Authority, authority_in


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who signs the certificates."""
    return authority_in(tmp_path_factory.mktemp("authority") / "ca")
