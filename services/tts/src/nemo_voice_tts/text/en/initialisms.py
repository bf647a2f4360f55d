"""Words in capitals: spelled (`FBI`), said (`NASA`), or shouted words; and dotted initials.

The last step: whatever it spells is letters that no other step reads again.
"""

import re

from nemo_voice_tts.text.en.spelling import (
    after,
    alternation,
    before,
    ends_text,
    is_emphasised,
    is_pronounceable,
    is_word,
    known_readings,
    letters,
    reading_of,
    word_set,
    words,
)
from nemo_voice_tts.text.traced import Traced

_DOTTED = re.compile(
    r"(?<![\w.])((?:[A-Z]\. ?){2,6}(?=[A-Z][a-z]))()"
    r"|(?<![\w.])((?:[A-Z]\.){2,12}[A-Z]?|Ph\.? ?D\.?(?=[\s,.;:!?)]|s\b|$)"
    r"|B\.?Sc\.|M\.?Sc\.|LL\.[BM]\.|Ed\.D\.)((?:'s|s)?)(?!\w)"
)
_MIDDLE = re.compile(
    r"(?:(?<=[A-Za-z] )|(?<!\w\. )(?<![\w.'] )(?<![\w.']))([A-Z])\.(?= ([A-Z][a-z]+))"
)
_LETTERED_NOUN = re.compile(rf"\b(?:{alternation('nouns before a letter')}) $", re.IGNORECASE)
_OPENERS = word_set("openers")
_CAPITALS = re.compile(
    r"(?<![\w.&])([A-Z]{2,}(?:-[A-Z]{2,})*)('s|s'|'|s|ed|'d|ing|er|x)?(?![A-Za-z0-9_&])"
)
_MIXED = re.compile(
    r"(?<!\w)([A-Za-z]*[a-z][A-Z][A-Za-z]*|[A-Z]+[a-z]+[A-Z]+[A-Za-z]*|[A-Z]{2,}[a-z]+?"
    r"|[A-Z](?:\+\+|#)|[A-Za-z]+-[A-Za-z]+)((?:'s|s)?)(?![\w#+])"
)
_SMALL = re.compile(r"(?<![\w.'@/-])([a-z]{2,9})((?:'s|s)?)(?![\w'@/]|\.\w)")
_BEFORE_US = re.compile(rf"\b(?:{alternation('before us')}) $", re.IGNORECASE)
_CONTRACTED = re.compile(r"\b([A-Z]+)'(T|S|RE|LL|VE|D|M)\b")
_NAME = re.compile(r"[A-Za-z]+")
_FOLLOWING = re.compile(r"\s+([A-Z][a-z]*)\b")
_TOKEN = re.compile(r"[A-Za-z][A-Za-z']*")
_LONGEST_SPELLED = 5
_COMMON_RANK = 5_000
_SHOUTED_RUN = 3
_SMALL_INITIALS = word_set("initials in small letters")


def initialisms(text: Traced) -> Traced:
    """Returns the text with its initials as single letters, such as `the F B I's`."""
    if "." in text.text:
        text = text.sub(_MIDDLE, _middle).sub(_DOTTED, _dotted)
    text = text.sub(_MIXED, _mixed).sub(_SMALL, _small)
    shouted = _shouted_stretches(text.text)

    def read(found: re.Match[str]) -> str | None:
        is_shouted = any(start <= found.start() < end for start, end in shouted)
        if is_shouted and found[0] == "US" and not _is_pronoun(found):
            return "U S"
        return _capitals(found[1], found[2] or "", is_shouted=is_shouted)

    if "'" in text.text:
        text = text.sub(_CONTRACTED, _contracted)
    return text.sub(_CAPITALS, read)


def _contracted(found: re.Match[str]) -> str:
    word, end = found[1], found[2].lower()
    if word == "I" or (end == "s" and not is_word(word)):
        return f"{word}'{end}"
    return f"{word.lower()}'{end}"


def _middle(found: re.Match[str]) -> str | None:
    preceding = before(found, 12)
    is_listed = not preceding and found[1] in "ABCDEI"
    ends_sentence = (
        is_listed or _LETTERED_NOUN.search(preceding) or (found[2] in _OPENERS and preceding)
    )
    return None if ends_sentence else found[1]


def _dotted(found: re.Match[str]) -> str | None:
    if found[1]:
        said = " ".join(re.findall("[A-Z]", found[1]))
        name = _NAME.match(after(found))
        blank = " " if found[1].endswith(" ") else ""
        return f"{said}{'.' if name and name[0] in _OPENERS else ''}{blank}"
    written, plural = found[3], found[4]
    said = " ".join(re.findall("[A-Za-z]", written)).upper() + ("'s" if plural else "")
    following = _FOLLOWING.match(after(found))
    is_last = ends_text(found) or (following is not None and following[1] in _OPENERS)
    return f"{said}." if written.endswith(".") and is_last else said


def _mixed(found: re.Match[str]) -> str | None:
    written, plural = found.groups()
    known = known_readings()
    for name, end in ((written + plural, ""), (written, "'s" if plural else "")):
        if name in known:
            return f"{reading_of(name)}{end}"
    return None


def _small(found: re.Match[str]) -> str | None:
    written, plural = found.groups()
    if written not in _SMALL_INITIALS:
        return None
    said = reading_of(written)
    if said is None:
        return None
    return f"{said}'s" if plural and not said.endswith("'s") else said


def _shouted_stretches(text: str) -> list[tuple[int, int]]:
    """Returns where at least three words one after the other, or all of them, are in capitals."""
    stretches: list[tuple[int, int]] = []
    run: list[re.Match[str]] = []
    tokens = list(_TOKEN.finditer(text))
    if not any(len(token[0]) > 1 and token[0].isupper() for token in tokens):
        return []
    for token in [*tokens, None]:
        if token is not None and token[0].isupper():
            run.append(token)
            continue
        if run and _is_shouted(run, is_all=len(run) == len(tokens)):
            stretches.append((run[0].start(), run[-1].end()))
        run = []
    return stretches


def _is_pronoun(found: re.Match[str]) -> bool:
    """Returns whether a shouted `US` is `us` and not the country."""
    return _BEFORE_US.search(before(found, 12)) is not None


def _is_shouted(run: list[re.Match[str]], *, is_all: bool) -> bool:
    long = [token[0] for token in run if len(token[0]) > 1]
    said = [word for word in long if is_word(word) and _is_ordinary(word)]
    if is_all and said and len(said) >= 1:
        return len(long) > 1 or len(long[0]) > _LONGEST_SPELLED or is_emphasised(long[0])
    return len(said) >= _SHOUTED_RUN and 2 * len(said) > len(long)


def _is_ordinary(word: str) -> bool:
    return word not in known_readings() or words()[word.lower()] < _COMMON_RANK


def _capitals(written: str, end: str, *, is_shouted: bool) -> str | None:
    whole = reading_of(written + end) if end else None
    if whole is not None:
        return whole
    if "-" in written:
        said = " ".join(_capital(one, is_shouted=is_shouted) for one in written.split("-"))
    else:
        said = _capital(written, is_shouted=is_shouted)
    if end in {"s", "'s", "s'", "'"}:
        is_spelled = " " in said or len(said) == 1
        return f"{said}'s" if is_spelled or end == "'s" else f"{said}{end}"
    if end == "x":
        return f"{said} X"
    if end and " " not in said:
        return f"{said}{end.lstrip(chr(39))}"
    return f"{said}{end}" if end in {"", "'d", "ed", "ing", "er"} else None


def _capital(word: str, *, is_shouted: bool) -> str:
    known = reading_of(word)
    lowered = word.lower()
    if is_shouted:
        is_common = words().get(lowered, 99_999) < _COMMON_RANK
        if known is not None and not is_common:
            return known
        if word[-1] == "S" and known_readings().get(word[:-1]) == "*" and not is_word(word):
            return f"{letters(word[:-1])}'s"
        is_said = is_word(word) or (len(word) > 3 and is_pronounceable(word))  # noqa: PLR2004
        return lowered if is_said else letters(word)
    if known is not None:
        return known
    return lowered if is_emphasised(word) else letters(word)
