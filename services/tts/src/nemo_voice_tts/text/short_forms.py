"""Short forms with a dot in full, in any language: `Dr.`, `p. ej.`, `usw.`; sentences keep stops.

A language lists them in `short_forms.tsv`: the form, what it stands for, and where it is one:
`figures` only before figures, `names` only before a name, `words` not behind figures; `last` where
a sentence may end with it. English has its own step: `en/abbreviations.py`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources import files

from nemo_voice_tts.text.traced import Traced

_ANY = re.compile(r"\w\.|/\w|\b[A-Za-z]{2,5}\b")
_BLANK = re.compile(r"\s")
_AFTER_FIGURE = re.compile(r"\d[ ]?$")
_UPPER = "A-ZÄÖÜÁÉÍÓÚÑ"
_AFTER = {
    "": r"(?!\w)",
    "figures": r"[ ]?(?=\d|[IVXLC]+\b)",
    "names": rf"[ ](?=[{_UPPER}][a-zäöüßáéíóúñ])",
}
"""What follows a form, by its kind."""


@dataclass(slots=True)
class _Forms:
    """The forms of one kind."""

    said: dict[str, str] = field(default_factory=dict)
    """What each stands for, by the form without blanks."""
    written: set[str] = field(default_factory=set)
    kinds: dict[str, str] = field(default_factory=dict)

    def add(self, form: str, full: str, kind: str) -> None:
        """Adds a form, as it is written and as a sentence begins with it."""
        for one, words in ((form, full), (_capitalised(form), _capitalised(full))):
            key = _BLANK.sub("", one)
            self.written.add(one)
            self.said.setdefault(key, words)
            self.kinds.setdefault(key, kind)

    def pattern(self, after: str) -> re.Pattern[str]:
        """Returns what finds the forms before something."""
        longest_first = sorted(self.written, key=lambda form: (-len(form), form))
        alternatives = "|".join(re.escape(form).replace(r"\ ", "[ ]?") for form in longest_first)
        return re.compile(rf"(?<![\w.])(?P<form>{alternatives or '(?!)'}){after}")


class ShortForms:
    """The step for the short forms of a language."""

    def __init__(self, package: str, openers: str) -> None:
        """Reads the table.

        Args:
            package: The package that has it.
            openers: Words that begin sentences more often than names, as a regular expression.
        """
        self._forms = {kind: _Forms() for kind in _AFTER}
        for form, full, kind in _rows(package):
            place = kind if kind in _AFTER else ""
            self._forms[place].add(form, full, kind)
        self._patterns = {kind: self._forms[kind].pattern(after) for kind, after in _AFTER.items()}
        self._opener = re.compile(rf"[ ]+[\"'(¿¡]?(?:{openers})\b")

    def __call__(self, text: Traced) -> Traced:
        """Returns the text with its short forms in full."""
        if not _ANY.search(text.text):
            return text
        text = text.sub(self._patterns["names"], self._before_name)
        text = text.sub(self._patterns["figures"], self._before_figures)
        return text.sub(self._patterns[""], self._full)

    def _before_name(self, found: re.Match[str]) -> str:
        return f"{self._forms['names'].said[_BLANK.sub('', found['form'])]} "

    def _before_figures(self, found: re.Match[str]) -> str:
        return f"{self._forms['figures'].said[_BLANK.sub('', found['form'])]} "

    def _full(self, found: re.Match[str]) -> str | None:
        forms, form = self._forms[""], found["form"]
        key = _BLANK.sub("", form)
        kind, said = forms.kinds[key], forms.said[key]
        before = found.string[: found.start()].rstrip(" \"'(¿¡")
        if kind == "words" and _AFTER_FIGURE.search(before[-2:]):
            return None
        if not before or before[-1] in ".!?":
            said = _capitalised(said)
        if not form.endswith("."):
            return said
        rest = found.string[found.end() :]
        is_last = not rest.strip(" \"')") or (kind == "last" and self._opener.match(rest))
        return f"{said}." if is_last else said


def _capitalised(words: str) -> str:
    return words[0].upper() + words[1:]


def _rows(package: str) -> Iterator[tuple[str, str, str]]:
    table = files(package).joinpath("short_forms.tsv").read_text(encoding="utf-8")
    for line in table.splitlines():
        form, full, *kinds = line.split("\t")
        yield form, full, kinds[0] if kinds else ""
