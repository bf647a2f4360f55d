"""Hearts written `<3`: "love" where one is the verb, silent where it ends a message of love."""

import re

from nemo_voice_tts.text.traced import Traced

_LOVED = r"(?:you|u|ya|him|her|them|us|me)\b"
_ADVERB = r"(?:[ ](?:also|really|still|just|do|all|both|so))?"
_VERB = re.compile(
    rf"(?<![\w'])(?:(?P<many>(?:I|[Ww]e|[Yy]ou|[Tt]hey|u){_ADVERB}"
    rf"|i{_ADVERB}(?=[ ]?<3[ ](?:{_LOVED}|(?:my|your|this|these|that|it|the)\b)))"
    rf"|(?P<one>[Hh]e|[Ss]he|[Ww]ho|[Ee]very(?:one|body)|(?![Ll]ove)[A-Za-z]{{2,}}"
    rf"(?=[ ]<3[ ]{_LOVED})))"
    r"[ ]?<3[ ](?!(?:and|or|then|else|is|are|do|does|but|so|if|when|for|in|at|on)\b)(?=[A-Za-z])"
)
_DECORATION = re.compile(
    r"(?:(?<=[!.?])|(?<=\b[Yy]ou)|(?<=\bu)|(?<=\bya)|(?<=[Tt]hanks)|(?<=\b[Tt]hx)|(?<=\b[Ll]ove)"
    r"|(?<=\bxo)|(?<=\b[Gg]uys)|(?<=[Ee]veryone)|(?<=\b[Bb]abe)|(?<=\b[Ff]riends)|(?<=\bmom)"
    r"|(?<=\bmum)|(?<=\bdad)|(?<=[Nn]ight)|(?<=[Mm]orning)|(?<=[Bb]irthday)|(?<=\bmuch)"
    r"|(?<=\bhim)|(?<=\bher)|(?<=\bthem))(?:[ ]*</?3)+(?=\s*(?:$|[.!?,;:)\"]|[A-Z]|(?:you|u|ya)\b))"
)
"""Behind the end of a sentence, and behind words of thanks and love."""


def hearts(text: Traced) -> Traced:
    """Returns the text with its hearts in words, or without them; `x <3` stays a comparison."""
    if "<" not in text.text:
        return text
    return text.sub(_VERB, _love).sub(_DECORATION, "")


def _love(found: re.Match[str]) -> str:
    who = found["many"] or found["one"]
    is_one = found["many"] is None and not who.endswith("s")
    return f"{who} love{'s' * is_one} "
