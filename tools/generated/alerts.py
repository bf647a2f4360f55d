"""The table of alerts in the documentation, made from their rules. Called by `tables.py`."""

import re

from tools.generated.markdown import table
from tools.monitoring.files import alerts

_LABEL = re.compile(r"\{\{ \$labels\.(\w+) \}\}")


def alerts_table() -> str:
    """Returns one row for each alert, with the way to what to do about it."""
    rows = [
        (
            f"[`{alert['alert']}`](failure-modes.md#{alert['alert'].lower()})",
            alert["labels"]["severity"],
            alert.get("for", "at once"),
            _LABEL.sub(r"*\1*", alert["annotations"]["summary"]),
        )
        for alert in alerts()
    ]
    return table(("alert", "severity", "after", "what it says"), rows)
