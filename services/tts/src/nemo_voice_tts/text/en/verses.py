"""Verses of holy books in words: `John 3:16`, `1 Cor. 13:4-7`, `Genesis 1:1-2:3`."""

import re

from nemo_voice_tts.text.en.spelling import alternation, cardinal
from nemo_voice_tts.text.traced import Traced

_BOOKS = {
    "Gen": "Genesis", "Exod": "Exodus", "Ex": "Exodus", "Lev": "Leviticus", "Num": "Numbers",
    "Deut": "Deuteronomy", "Josh": "Joshua", "Judg": "Judges", "Sam": "Samuel", "Kgs": "Kings",
    "Chron": "Chronicles", "Chr": "Chronicles", "Neh": "Nehemiah", "Ps": "Psalm", "Pss": "Psalms",
    "Prov": "Proverbs", "Eccl": "Ecclesiastes", "Isa": "Isaiah", "Jer": "Jeremiah",
    "Lam": "Lamentations", "Ezek": "Ezekiel", "Dan": "Daniel", "Hos": "Hosea", "Mic": "Micah",
    "Hab": "Habakkuk", "Zech": "Zechariah", "Mal": "Malachi", "Matt": "Matthew", "Mt": "Matthew",
    "Mk": "Mark", "Lk": "Luke", "Jn": "John", "Rom": "Romans", "Cor": "Corinthians",
    "Gal": "Galatians", "Eph": "Ephesians", "Phil": "Philippians", "Col": "Colossians",
    "Thess": "Thessalonians", "Tim": "Timothy", "Heb": "Hebrews", "Jas": "James", "Pet": "Peter",
    "Rev": "Revelation",
}  # fmt: skip
_BOOK = re.compile(
    rf"\b({'|'.join(sorted(_BOOKS, key=len, reverse=True))})\b(?:\.?(?= \d{{1,3}}:\d)"
    r"|(?:(?<=\b[1-3] Cor)|(?<=\b[1-3] Sam)|(?<=\b[12] Tim)|(?<=\b[12] Pet)|(?<=\b[12] Kgs)"
    r"|(?<=\b[12] Chr)|(?<=Thess)|(?<=Chron)|(?<=Deut)|(?<=Ezek)|(?<=Matt)|(?<=Prov)|(?<=Rom)"
    r"|(?<=Isa)|(?<=Heb)|(?<=Gal)|(?<=Eph)|(?<=Lev)|(?<=Ps))\.(?= \d))"
)
"""A short name of a book of verses, which a person may have as well, unless a verse follows."""
_VERSE = re.compile(
    rf"\b({alternation('books of verses')}) (\d{{1,3}}):(\d{{1,3}})"
    r"(?:-(?:(\d{1,3}):)?(\d{1,3}))?(?![\w:]|[.-]\d| ?[ap]\.?m)"
)
_ANY = re.compile(r"[a-z]\.? \d{1,3}")


def verses(text: Traced) -> Traced:
    """Returns the text with chapters and verses in words."""
    if not _ANY.search(text.text):
        return text
    text = text.sub(_BOOK, lambda found: _BOOKS[found[1]])
    return text.sub(_VERSE, _verse) if ":" in text.text else text


def _verse(found: re.Match[str]) -> str:
    book, *numbers = found.groups()
    chapter, first, next_chapter, last = (cardinal(int(one)) if one else "" for one in numbers)
    said = f"{book} {chapter} {first}"
    return " ".join(filter(None, [said, "to", next_chapter, last])) if last else said
