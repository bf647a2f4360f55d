"""Short forms with a dot in full, in any language: `Dr.`, `p. ej.`, `usw.`; sentences keep stops.

A language lists them in `short_forms.tsv`: the form, what it stands for, and where it is one:
`figures` only before figures, `names` only before a name; `last` where a sentence may end with it.
English has its own step: `en/abbreviations.py`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from nemo_voice_tts.text.language import Step
from nemo_voice_tts.text.traced import Traced

_ANY = re.compile(r"\w\.|/\w|\b[A-Za-z]{2,5}\b")
_BLANK = re.compile(r"\s")
_UPPER = "A-ZÄÖÜÁÉÍÓÚÑ"


@dataclass(frozen=True, slots=True)
class _Forms:
    """The forms of one kind."""

    pattern: re.Pattern[str]
    said: Mapping[str, str]
    """What each stands for, by the form without blanks."""
    sometimes_last: frozenset[str]


def short_forms(package: str, openers: str) -> Step:
    """Returns the step for the short forms of a language.

    Args:
        package: The package that has the table.
        openers: Words that begin sentences more often than names, as a regular expression.
    """
    anywhere, before_figures, before_names = (
        _forms(package, kind, after)
        for kind, after in (
            ("", r"(?!\w)"),
            ("figures", r"[ ]?(?=\d|[IVXLC]+\b)"),
            ("names", rf"[ ](?=[{_UPPER}][a-zäöüßáéíóúñ])"),
        )
    )
    opener = re.compile(rf"[ ]+[\"'(¿¡]?(?:{openers})\b")

    def full(found: re.Match[str]) -> str:
        form = found["form"]
        key = _BLANK.sub("", form)
        said = anywhere.said[key]
        before = found.string[: found.start()].rstrip(" \"'(¿¡")
        if (not before or before[-1] in ".!?") and said[0].islower():
            said = said[0].upper() + said[1:]
        if not form.endswith("."):
            return said
        rest = found.string[found.end() :]
        is_last = not rest.strip(" \"')") or (
            key in anywhere.sometimes_last and opener.match(rest) is not None
        )
        return f"{said}." if is_last else said

    def step(text: Traced) -> Traced:
        if not _ANY.search(text.text):
            return text
        for forms in (before_names, before_figures):
            if forms.said:
                text = text.sub(forms.pattern, lambda found, one=forms: _before(found, one))  # type: ignore[misc] # bound now
        return text.sub(anywhere.pattern, full)

    return step


def _before(found: re.Match[str], forms: _Forms) -> str:
    return f"{forms.said[_BLANK.sub('', found['form'])]} "


def _forms(package: str, wanted: str, after: str) -> _Forms:
    table = files(package).joinpath("short_forms.tsv").read_text(encoding="utf-8")
    said: dict[str, str] = {}
    last: set[str] = set()
    written: set[str] = set()
    for line in table.splitlines():
        form, full, *kinds = line.split("\t")
        kind = kinds[0] if kinds else ""
        if (kind if kind != "last" else "") != wanted:
            continue
        for one, words in ((form, full), (form[0].upper() + form[1:], full[0].upper() + full[1:])):
            written.add(one)
            key = _BLANK.sub("", one)
            said.setdefault(key, words)
            if kind == "last":
                last.add(key)
    longest_first = sorted(written, key=lambda form: (-len(form), form))
    alternatives = "|".join(re.escape(form).replace(r"\ ", "[ ]?") for form in longest_first)
    pattern = re.compile(rf"(?<![\w.])(?P<form>{alternatives or '(?!)'}){after}")
    return _Forms(pattern, said, frozenset(last))
