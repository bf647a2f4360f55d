"""Parts of the dashboards' queries."""

from tools.monitoring.grafana import Query

SCOPE = 'namespace=~"$namespace",job=~"$job"'
"""The labels in every selector of a dashboard."""
JOB, STAGE = "namespace, job", "namespace, job, stage"
OF_JOB, OF_STAGE = "{{namespace}} {{job}}", "{{job}} {{stage}}"


def summed(metric: str, labels: str = JOB) -> str:
    """Returns the query for a gauge's sum over processes."""
    return f"sum by ({labels}) (nemo_voice_{metric}{{{SCOPE}}})"


def rate(metric: str, labels: str, selected: str = "") -> str:
    """Returns the query for how fast a counter grows."""
    selector = f"{{{selected},{SCOPE}}}" if selected else f"{{{SCOPE}}}"
    return f"sum by ({labels}) (rate(nemo_voice_{metric}{selector}[$__rate_interval]))"


def share_of_requests(selected: str) -> str:
    """Returns the query for the selected requests' share of all: 0 where there are none of them."""
    every = rate("requests_total", JOB)
    return f"{rate('requests_total', JOB, selected)} / {every} or 0 * {every}"


def quantiles(metric: str, labels: str, legend: str) -> tuple[Query, ...]:
    """Returns the queries for a histogram's median and its 95th percentile."""
    return tuple(
        Query(
            f"histogram_quantile({quantile / 100:g}, {rate(f'{metric}_bucket', f'{labels}, le')})",
            f"{legend} p{quantile}",
        )
        for quantile in (50, 95)
    )
