"""How long reading a text takes, against the grammars of nemo_text_processing alone.

    python -m benchmarks.reading       writes benchmarks/reading.md

The grammars are the English ones; Spanish and German are read without any. Both run in this
process, one after the other, text by text: the ratio is of one run.
"""

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nemo_voice_tts.text.grammars import (
    build_grammars,
    default_grammars,
    open_grammars,
    verbalised,
)
from nemo_voice_tts.text.reader import Reader
from nemo_voice_tts.text.reading import ReadingOptions

REPORT = Path(__file__).resolve().parents[1] / "reading.md"
ROUNDS = 15
LEAST_ROUND_S = 0.05
TEXTS = {
    "a plain sentence": "The robin sings at seven in the morning.",
    "a longer one": "Yes, I think so too, and we should go home before it rains.",
    "a number and a name": "Dr Smith has 25 patients.",
    "many written forms": "On 3/4/2026 the 5 km race cost $7.50, 25% less than in 2025.",
    "Markdown": "# News\n\nThis is **very** important: see [the page](https://example.com/a).",
}

OTHERS = {
    "es": {
        "a plain sentence": "El petirrojo canta a las siete de la mañana.",
        "a longer one": "Sí, yo también lo creo, y deberíamos volver a casa antes de que llueva.",
        "a number and a name": "El Dr. Gil tiene 25 pacientes.",
        "many written forms": "Los 5 km del 3/4/2026 costaron 7,50 €, 25 % menos que en 2025.",
        "Markdown": "# Noticias\n\n**Muy** importante: [la página](https://ejemplo.com/a).",
    },
    "de": {
        "a plain sentence": "Das Rotkehlchen singt morgens um sieben.",
        "a longer one": "Ja, das finde ich auch, und wir sollten heimgehen, bevor es regnet.",
        "a number and a name": "Dr. Gil hat 25 Patienten.",
        "many written forms": "Am 3.4.2026 kostete der 5-km-Lauf 7,50 €, 25 % weniger als 2025.",
        "Markdown": "# Neues\n\nDas ist **sehr** wichtig: [die Seite](https://beispiel.de/a).",
    },
}
"""The same in other languages."""


@dataclass(frozen=True, slots=True)
class Row:
    """The times of one text, in microseconds."""

    name: str
    reading_us: float
    grammars_us: float | None
    """None where no grammars read the language."""


def main() -> int:
    """Measures, writes the page and returns the exit status."""
    build_grammars(default_grammars())
    grammars, reader = open_grammars(default_grammars()), Reader()
    rows = []
    for name, text in TEXTS.items():
        sentence = " ".join(text.split())
        rows.append(
            Row(
                name,
                _median_us(lambda text=text: reader.words(text)),  # type: ignore[misc] # bound now
                _median_us(lambda text=sentence: verbalised(grammars, text)),  # type: ignore[misc]
            )
        )
    for language, texts in OTHERS.items():
        options = ReadingOptions(language=language)
        rows += [
            Row(
                f"{name}, {language}",
                _median_us(lambda text=text, options=options: reader.words(text, options)),  # type: ignore[misc] # bound now
                None,
            )
            for name, text in texts.items()
        ]
    REPORT.write_text(page(rows), encoding="utf-8")
    sys.stdout.write(f"written: {REPORT}\n")
    return 0


def page(rows: list[Row]) -> str:
    """Returns the report."""
    lines = [
        "# Reading",
        "",
        "Made by `python -m benchmarks.reading`: do not edit. Median times of one process; the",
        "ratio counts. The grammars alone are what the service did with every phrase that is not",
        "plain before it had steps of its own.",
        "",
        "| text | read, µs | grammars alone, µs | ratio |",
        "| --- | --- | --- | --- |",
    ]
    lines += [f"| {row.name} | {row.reading_us:.0f} | {_compared(row)} |" for row in rows]
    return "\n".join([*lines, ""])


def _compared(row: Row) -> str:
    if row.grammars_us is None:
        return "- | -"
    return f"{row.grammars_us:.0f} | {row.reading_us / row.grammars_us:.3f}"


def _median_us(run: Callable[[], object]) -> float:
    run()
    times = []
    for _ in range(ROUNDS):
        count, began_s = 0, time.perf_counter()
        while (spent_s := time.perf_counter() - began_s) < LEAST_ROUND_S:
            run()
            count += 1
        times.append(spent_s / count)
    return statistics.median(times) * 1e6


if __name__ == "__main__":
    sys.exit(main())
