"""What the dashboard of the operator shows."""

from tools.monitoring.grafana import Dashboard, Panel, Query, Row
from tools.monitoring.queries import JOB, OF_JOB, SCOPE, quantiles, rate


def operator() -> Dashboard:
    """Returns the page about the operator."""
    return Dashboard(
        uid="nemo-voice-operator",
        title="nemo-voice / operator",
        description="VoiceServices by phase and condition, scaling, and the operator's own work.",
        known_by="nemo_voice_operator_leading",
        rows=(
            Row("VoiceServices", _voice_services()),
            Row("Scaling", _scaling()),
            Row("Operator", _reconciles()),
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
            "Conditions that are not met",
            "none",
            (
                Query(
                    f"sum by (condition, reason) (nemo_voice_operator_conditions{{{SCOPE}}})",
                    "{{condition}}: {{reason}}",
                ),
            ),
            "bargauge",
            "VoiceServices by condition and reason; docs/failure-modes.md explains the reasons.",
        ),
    )


def _scaling() -> tuple[Panel, ...]:
    changes = f"nemo_voice_operator_scaling_decisions_total{{{SCOPE}}}[$__rate_interval]"
    return (
        Panel(
            "Reasons of the number of replicas",
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


def _reconciles() -> tuple[Panel, ...]:
    return (
        Panel(
            "Leading",
            "none",
            (Query(f"sum by ({JOB}) (nemo_voice_operator_leading{{{SCOPE}}})", OF_JOB),),
            "stat",
            "1 is right.",
        ),
        Panel(
            "Reconciles",
            "ops",
            (Query(rate("operator_reconciles_total", "outcome"), "{{outcome}}"),),
        ),
        Panel("Duration of a reconcile", "s", quantiles("operator_reconcile_seconds", JOB, OF_JOB)),
        Panel(
            "Waiting for a reconcile",
            "none",
            (Query(f"sum by ({JOB}) (nemo_voice_operator_queue_depth{{{SCOPE}}})", OF_JOB),),
        ),
    )
