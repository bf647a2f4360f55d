"""What the dashboard of the operator shows: pure."""

from tools.monitoring.grafana import Dashboard, Panel, Query, Row
from tools.monitoring.queries import JOB, OF_JOB, SCOPE, quantiles, rate


def operator() -> Dashboard:
    """Returns the page about the operator."""
    return Dashboard(
        uid="nemo-voice-operator",
        title="nemo-voice / operator",
        description="VoiceServices by phase and trouble, scaling, and the operator's own work.",
        known_by="nemo_voice_operator_leading",
        rows=(
            Row("VoiceServices", _voice_services()),
            Row("Scaling", _scaling()),
            Row("Operator", _passes()),
        ),
    )


def _voice_services() -> tuple[Panel, ...]:
    return (
        Panel(
            "By phase",
            "none",
            (Query(f"sum by (phase) (nemo_voice_operator_voiceservices{{{SCOPE}}})", "{{phase}}"),),
            stacked=True,
        ),
        Panel(
            "Not as wished",
            "none",
            (
                Query(
                    f"sum by (condition, reason) (nemo_voice_operator_conditions{{{SCOPE}}})",
                    "{{condition}}: {{reason}}",
                ),
            ),
            "bargauge",
            "VoiceServices by condition and reason; docs/failure-modes.md knows the reasons.",
        ),
    )


def _scaling() -> tuple[Panel, ...]:
    changes = f"nemo_voice_operator_scaling_decisions_total{{{SCOPE}}}[$__rate_interval]"
    return (
        Panel(
            "Why they have the replicas they have",
            "none",
            (
                Query(
                    f"sum by (reason) (nemo_voice_operator_scaled_voiceservices{{{SCOPE}}})",
                    "{{reason}}",
                ),
            ),
            stacked=True,
        ),
        Panel(
            "Changes of replicas",
            "none",
            (
                Query(
                    f"sum by (direction, reason) (increase({changes}))"
                    f" or on () 0 * sum(nemo_voice_operator_leading{{{SCOPE}}})",
                    "{{direction}} {{reason}}",
                ),
            ),
        ),
    )


def _passes() -> tuple[Panel, ...]:
    return (
        Panel(
            "Leading",
            "none",
            (Query(f"sum by ({JOB}) (nemo_voice_operator_leading{{{SCOPE}}})", OF_JOB),),
            "stat",
            "1 is right.",
        ),
        Panel(
            "Passes",
            "ops",
            (Query(rate("operator_reconciles_total", "outcome"), "{{outcome}}"),),
        ),
        Panel("Time of a pass", "s", quantiles("operator_reconcile_seconds", JOB, OF_JOB)),
        Panel(
            "Waiting for a pass",
            "none",
            (Query(f"sum by ({JOB}) (nemo_voice_operator_queue_depth{{{SCOPE}}})", OF_JOB),),
        ),
    )
