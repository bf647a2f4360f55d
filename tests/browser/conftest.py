"""One browser for each file: starting one takes longer than most tests."""

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser

from support.browser.chromium import MICROPHONE, chromium


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Chromium, with a tone for a microphone that every page may hear."""
    async with chromium(*MICROPHONE) as started:
        yield started
