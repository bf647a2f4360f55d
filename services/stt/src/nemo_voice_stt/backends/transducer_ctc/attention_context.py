"""How far a live model's encoder looks ahead when whole pieces of audio are there.

A cache-aware encoder was trained with several widths, for several delays of live captions. Of a
recording everything is known, so the widest serves best; plain NeMo takes the first in the list.
"""

import logging
from collections.abc import Sequence
from typing import Any

logger = logging.getLogger(__name__)


def look_far_ahead(encoder: Any) -> None:
    """Sets the widest context that the encoder was trained with; others are left as they are."""
    known = [list(size) for size in getattr(encoder, "att_context_size_all", None) or []]
    if len(known) > 1:
        chosen = widest(known)
        encoder.set_default_att_context_size(chosen)
        logger.info("encoder looks ahead", extra={"att_context_size": chosen})


def widest(sizes: Sequence[list[int]]) -> list[int]:
    """Returns the size with the most frames after the present one; -1 stands for all there are."""
    return max(sizes, key=lambda size: [float("inf") if one < 0 else one for one in size[::-1]])
