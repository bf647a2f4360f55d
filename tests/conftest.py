"""What every test stands on: no network to the model hub, one thread, no event loop left behind."""

import asyncio
import os
from collections.abc import Iterator

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("OMP_NUM_THREADS", "1")

pytest_plugins = ["support.golden", "support.kubernetes.real_cluster"]


@pytest.fixture(scope="session", autouse=True)
def _spare_event_loop() -> Iterator[None]:
    # pytest-asyncio asks for "the loop before the test", which makes one that nobody closes.
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    loop.close()
