"""What a run writes of its recordings; the same for all, but for what a recording says itself."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from nemo_voice_stt.captions.subtitles import DEFAULT_RULES, SubtitleRules


class OutputFormat(StrEnum):
    """A file that is written of a recording, by its suffix."""

    JSON = "json"
    SRT = "srt"
    VTT = "vtt"
    TXT = "txt"

    @property
    def is_subtitles(self) -> bool:
        """Whether it is a file of subtitles, which stand where words are spoken."""
        return self in {OutputFormat.SRT, OutputFormat.VTT}


@dataclass(frozen=True, slots=True)
class ArchiveOptions:
    """What is written, and how; as the fields of the HTTP route."""

    formats: tuple[OutputFormat, ...] = (OutputFormat.JSON,)
    language: str | None = None
    """What is spoken in recordings that do not say it themselves."""
    translate_to: str | None = None
    """The language to write in; None writes what is said."""
    keywords: tuple[str, ...] = ()
    """Words and names to prefer to others that sound alike."""
    with_words: bool = False
    """Whether JSON and the manifest have each word with its times and confidence."""
    subtitle_rules: SubtitleRules = DEFAULT_RULES

    @property
    def needs_words(self) -> bool:
        """Whether times of words make an output better, or possible at all."""
        return self.formats != (OutputFormat.TXT,)

    def recorded(self) -> dict[str, Any]:
        """Returns what outputs of one run have in common, by the names of the flags."""
        rules = asdict(self.subtitle_rules)
        return {
            "format": sorted(self.formats),
            "language": self.language,
            "translate-to": self.translate_to,
            "keywords": list(self.keywords),
            "words": self.with_words,
            "max-line-chars": rules["max_line_chars"],
            "max-lines": rules["max_lines"],
        }
