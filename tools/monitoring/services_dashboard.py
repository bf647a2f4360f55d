"""What the dashboard of the services shows."""

from tools.monitoring.grafana import Dashboard, Panel, Query, Row
from tools.monitoring.queries import (
    JOB,
    OF_JOB,
    OF_STAGE,
    SCOPE,
    STAGE,
    quantiles,
    rate,
    share_of_requests,
    summed,
)

FAULTS = "backend_failed|out_of_memory|device_lost|deadline_exceeded|not_ready"
"""Outcomes that are the service's own fault: the 5xx."""


def services() -> Dashboard:
    """Returns the page about the services."""
    return Dashboard(
        uid="nemo-voice-services",
        title="nemo-voice / services",
        description="Speech services: responses, latencies, load and batches.",
        known_by="nemo_voice_phase",
        rows=(
            Row("Responses", _responses()),
            Row("Latency", _latencies()),
            Row("Work inside", _load()),
            Row("Live sessions", _live_sessions()),
            Row("Live delays", _live_delays()),
            Row("Batches", _batches()),
            Row("Processes", _processes()),
            Row("Models", _models()),
        ),
    )


def _responses() -> tuple[Panel, ...]:
    return (
        Panel(
            "Ready processes",
            "none",
            (
                Query(
                    f'sum by ({JOB}) (nemo_voice_phase{{phase="ready",{SCOPE}}}'
                    f" * ignoring (phase) nemo_voice_self_test_passed{{{SCOPE}}})",
                    OF_JOB,
                ),
            ),
            "stat",
            "In phase `ready`, and the last self-test passed.",
        ),
        Panel(
            "Requests by outcome",
            "reqps",
            (Query(rate("requests_total", f"{JOB}, outcome"), "{{job}} {{outcome}}"),),
        ),
        Panel(
            "Requests by route",
            "reqps",
            (Query(rate("requests_total", f"{JOB}, route"), "{{job}} {{route}}"),),
        ),
        Panel(
            "Failed and refused",
            "percentunit",
            (
                Query(share_of_requests(f'outcome=~"{FAULTS}"'), "{{job}} failed"),
                Query(share_of_requests('outcome="overloaded"'), "{{job}} refused"),
            ),
            description="Failed: by the service's own fault (5xx). Refused: it was full (429).",
        ),
    )


def _latencies() -> tuple[Panel, ...]:
    return (
        Panel("Whole requests", "s", quantiles("request_seconds", JOB, OF_JOB)),
        Panel("First audio", "s", quantiles("first_audio_seconds", JOB, OF_JOB)),
        Panel(
            "Real-time factor",
            "none",
            quantiles("real_time_factor", JOB, OF_JOB),
            description="Seconds of work for each second of audio; below 1 is faster than speech.",
        ),
        Panel(
            "Audio",
            "none",
            (
                Query(rate("audio_in_seconds_total", JOB), "{{job}} in"),
                Query(rate("audio_out_seconds_total", JOB), "{{job}} out"),
            ),
            description="Seconds of audio for each second.",
        ),
    )


def _load() -> tuple[Panel, ...]:
    return (
        Panel("Requests in flight", "none", (Query(summed("in_flight"), OF_JOB),)),
        Panel(
            "Work inside",
            "none",
            (Query(summed("queued_work"), OF_JOB),),
            description="Characters (tts), seconds of audio (stt).",
        ),
        Panel(
            "Estimated wait",
            "s",
            (Query(f"max by ({JOB}) (nemo_voice_queue_seconds{{{SCOPE}}})", OF_JOB),),
            description="Until the work inside is done, in the fullest process.",
        ),
        Panel("Wait for a batch", "s", quantiles("queue_wait_seconds", STAGE, OF_STAGE)),
    )


def _live_sessions() -> tuple[Panel, ...]:
    return (
        Panel(
            "Open",
            "none",
            (
                Query(summed("live_sessions"), OF_JOB),
                Query(summed("live_text_sessions"), f"{OF_JOB} text"),
            ),
            description="Live sessions of speech, by WebSocket and by gRPC, and of text in pieces.",
        ),
        Panel(
            "Ended and refused",
            "ops",
            (
                Query(rate("live_sessions_ended_total", f"{JOB}, code"), "{{job}} {{code}}"),
                Query(rate("live_sessions_refused_total", JOB), "{{job}} refused"),
                Query(rate("live_text_sessions_refused_total", JOB), "{{job}} text refused"),
            ),
            description="By the code that the connection was closed with. 1000 is the client's own "
            "end, 1012 a pod that stops; 1011 is a fault. Refused: too many, or too slow.",
        ),
        Panel(
            "Utterances",
            "ops",
            (Query(rate("live_items_total", f"{JOB}, outcome"), "{{job}} {{outcome}}"),),
            description="By outcome; all but `ok` have no transcript.",
        ),
    )


def _live_delays() -> tuple[Panel, ...]:
    return (
        Panel(
            "Partial transcripts",
            "s",
            quantiles("live_partial_seconds", JOB, OF_JOB),
            description="From the newest audio of a partial transcript to its text.",
        ),
        Panel(
            "Final transcripts",
            "s",
            quantiles("live_final_seconds", JOB, OF_JOB),
            description="From the end of speech, or a commit, to the final transcript.",
        ),
        Panel(
            "Behind",
            "s",
            quantiles("live_behind_seconds", JOB, OF_JOB),
            description="From the arrival of live audio until it is listened to.",
        ),
    )


def _batches() -> tuple[Panel, ...]:
    nothing = f"0 * {rate('batch_seconds_count', STAGE)}"
    return (
        Panel(
            "Items in a batch",
            "none",
            (
                Query(
                    f"{rate('batch_items_sum', STAGE)} / {rate('batch_items_count', STAGE)}",
                    OF_STAGE,
                ),
            ),
            description="On average.",
        ),
        Panel("Run time of a batch", "s", quantiles("batch_seconds", STAGE, OF_STAGE)),
        Panel(
            "Useful work",
            "percentunit",
            (
                Query(
                    f"{rate('batch_useful_work_total', STAGE)}"
                    f" / {rate('batch_padded_work_total', STAGE)}",
                    OF_STAGE,
                ),
            ),
            description="What is computed and is not padding.",
        ),
        Panel(
            "Lost",
            "ops",
            (
                # Series of what never happened do not exist: zero until they do.
                Query(
                    f"{rate('batch_failures_total', STAGE)} or {nothing}",
                    "{{job}} {{stage}} batches failed",
                ),
                Query(
                    f"{rate('items_dropped_total', STAGE)} or {nothing}",
                    "{{job}} {{stage}} items dropped",
                ),
            ),
            description="Batches that raised; items whose client left or whose deadline passed.",
        ),
    )


def _processes() -> tuple[Panel, ...]:
    return (
        Panel(
            "Processes by phase",
            "none",
            (Query(f"sum by ({JOB}, phase) (nemo_voice_phase{{{SCOPE}}})", "{{job}} {{phase}}"),),
            stacked=True,
        ),
        Panel(
            "Time to ready",
            "s",
            (
                Query(
                    f"max by ({JOB}, phase) (nemo_voice_phase_seconds{{{SCOPE}}})",
                    "{{job}} {{phase}}",
                ),
            ),
            "bargauge",
            "Of the slowest process that became ready.",
        ),
        Panel(
            "Self-test",
            "s",
            (Query(f"max by ({JOB}) (nemo_voice_self_test_seconds{{{SCOPE}}})", OF_JOB),),
            description="How long the last one took.",
        ),
    )


def _models() -> tuple[Panel, ...]:
    facts = "role, source, revision, architecture, device, precision"
    return (
        Panel(
            "Loaded",
            "none",
            (Query(f"count by ({JOB}, {facts}) (nemo_voice_model_info{{{SCOPE}}})", ""),),
            "table",
        ),
        Panel(
            "Download",
            "bytes",
            (
                Query(summed("model_fetched_bytes"), "{{job}} fetched"),
                Query(summed("model_fetch_total_bytes"), "{{job}} in all"),
            ),
            description="Of processes that fetch their own model; the operator's Jobs do it first.",
        ),
    )
