"""Tables between the alphabets of `phonemes.py`: IPA, X-SAMPA and ARPAbet."""

VOWELS = frozenset(
    {"AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"}
)
"""The vowels of ARPAbet, which carry stress."""

ARPABET_IPA = {
    "AA": "ɑ", "AE": "æ", "AH": "ʌ", "AH0": "ə", "AO": "ɔ", "AW": "aʊ", "AY": "aɪ", "EH": "ɛ",
    "ER": "ɝ", "ER0": "ɚ", "EY": "eɪ", "IH": "ɪ", "IY": "i", "OW": "oʊ", "OY": "ɔɪ", "UH": "ʊ",
    "UW": "u",
    "B": "b", "CH": "tʃ", "D": "d", "DH": "ð", "F": "f", "G": "ɡ", "HH": "h", "JH": "dʒ", "K": "k",
    "L": "l", "M": "m", "N": "n", "NG": "ŋ", "P": "p", "R": "ɹ", "S": "s", "SH": "ʃ", "T": "t",
    "TH": "θ", "V": "v", "W": "w", "Y": "j", "Z": "z", "ZH": "ʒ",
}  # fmt: skip

ARPABET_VARIANTS = {
    "AX": "AH", "AXR": "ER", "IX": "IH", "UX": "UW", "DX": "D", "NX": "N", "EL": "AH L",
    "EM": "AH M", "EN": "AH N", "WH": "HH W", "H": "HH", "J": "JH",
}  # fmt: skip
"""Names of the longer ARPAbet of TIMIT, in that of the CMU dictionary."""

IPA_VARIANTS = {
    # ties and non-syllabic marks join letters that the tables hold together anyway
    "\N{COMBINING DOUBLE INVERTED BREVE}": "", "\N{COMBINING DOUBLE BREVE BELOW}": "",
    "\N{COMBINING INVERTED BREVE BELOW}": "", "ʧ": "tʃ", "ʤ": "dʒ", "ʦ": "ts", "ʣ": "dz", "g": "ɡ",
    "'": "ˈ", "’": "ˈ", ":": "ː", "ɫ": "l", "ᵻ": "ɪ", "ɩ": "ɪ", "ɷ": "ʊ", "ǝ": "ə", "əː": "ɜ",
    "ɜ\N{MODIFIER LETTER RHOTIC HOOK}": "ɝ", "ə\N{MODIFIER LETTER RHOTIC HOOK}": "ɚ",
}  # fmt: skip
"""Other writings of the same sounds."""

IPA_SILENT = frozenset(
    "ˈˌːˑ.‿|-–ʰˀʲʷ()"
    "\N{COMBINING LEFT ANGLE ABOVE}\N{COMBINING BRIDGE BELOW}\N{COMBINING RING BELOW}"
    "\N{COMBINING CARON BELOW}\N{COMBINING MINUS SIGN BELOW}\N{COMBINING PLUS SIGN BELOW}"
    "\N{COMBINING UP TACK BELOW}\N{COMBINING DOWN TACK BELOW}"
)
"""Marks of stress, length, syllables and shades: no sounds of their own."""

IPA_ARPABET = {
    "ɑ": "AA", "ɑɹ": "AA R", "ɒ": "AA", "a": "AA", "æ": "AE", "ʌ": "AH", "ə": "AH", "ɐ": "AH",
    "ɔ": "AO", "aʊ": "AW", "au": "AW", "ɑʊ": "AW", "æʊ": "AW", "aw": "AW",
    "aɪ": "AY", "ai": "AY", "ɑɪ": "AY", "aj": "AY", "ɛ": "EH", "e": "EH", "ɝ": "ER", "ɚ": "ER",
    "ɜ": "ER", "ɜː": "ER", "ɜɹ": "ER", "ɜːɹ": "ER", "ɜr": "ER", "ɜːr": "ER", "əɹ": "ER", "ər": "ER",
    "ɚr": "ER", "ɚɹ": "ER", "ɝr": "ER", "ɝɹ": "ER",
    "eɪ": "EY", "ei": "EY", "ej": "EY", "eː": "EY", "ɛɪ": "EY", "ɪ": "IH", "ɨ": "IH", "i": "IY",
    "oʊ": "OW", "əʊ": "OW", "ou": "OW", "ow": "OW", "o": "OW", "ɔɪ": "OY", "ɔi": "OY", "oɪ": "OY",
    "oi": "OY", "ɔj": "OY", "ʊ": "UH", "u": "UW", "ʉ": "UW", "ɯ": "UW",
    "b": "B", "tʃ": "CH", "d": "D", "ð": "DH", "f": "F", "ɡ": "G", "h": "HH", "ɦ": "HH", "dʒ": "JH",
    "k": "K", "l": "L", "m": "M", "n": "N", "ŋ": "NG", "p": "P", "r": "R", "ɹ": "R", "ɻ": "R",
    "s": "S", "ʃ": "SH", "t": "T", "θ": "TH", "v": "V", "w": "W", "ʍ": "HH W", "j": "Y", "z": "Z",
    "ʒ": "ZH", "ɾ": "D", "ɱ": "M", "\N{MODIFIER LETTER RHOTIC HOOK}": "R",
    "n\N{COMBINING VERTICAL LINE BELOW}": "AH N", "l\N{COMBINING VERTICAL LINE BELOW}": "AH L",
    "m\N{COMBINING VERTICAL LINE BELOW}": "AH M", "ɹ\N{COMBINING VERTICAL LINE BELOW}": "ER",
    "r\N{COMBINING VERTICAL LINE BELOW}": "ER",
}  # fmt: skip
"""The sounds of English, American or British, as an American voice says them."""

X_SAMPA_IPA = {
    "A": "ɑ", "A:": "ɑː", "Q": "ɒ", "{": "æ", "V": "ʌ", "@": "ə", "6": "ɐ", "O": "ɔ", "O:": "ɔː",
    "aU": "aʊ", "aI": "aɪ", "E": "ɛ", "3": "ɜ", "3:": "ɜː", "3`": "ɝ", "@`": "ɚ", "eI": "eɪ",
    "I": "ɪ", "1": "ɨ", "i:": "iː", "oU": "oʊ", "@U": "əʊ", "OI": "ɔɪ", "U": "ʊ", "u:": "uː",
    "}": "ʉ", "M": "ɯ", "2": "ø", "9": "œ", "Y": "ʏ", "7": "ɤ", "&": "ɶ", "8": "ɵ",
    "tS": "tʃ", "dZ": "dʒ", "D": "ð", "g": "ɡ", "N": "ŋ", "S": "ʃ", "T": "θ", "Z": "ʒ", "W": "ʍ",
    "r\\": "ɹ", "r\\`": "ɻ", "4": "ɾ", "5": "ɫ", "h\\": "ɦ", "F": "ɱ", "R": "ʁ", "X": "χ", "C": "ç",
    "J": "ɲ", "L": "ʎ", "H": "ɥ", "B": "β", "G": "ɣ", "?": "ʔ",
    "n=": "n\N{COMBINING VERTICAL LINE BELOW}", "l=": "l\N{COMBINING VERTICAL LINE BELOW}",
    "m=": "m\N{COMBINING VERTICAL LINE BELOW}", '"': "ˈ", "%": "ˌ", ":": "ː", ":\\": "ˑ",
    "_h": "ʰ", "_~": "\N{COMBINING TILDE}", "~": "\N{COMBINING TILDE}", "-": "", "_": "",
}  # fmt: skip
"""X-SAMPA writes IPA in ASCII."""
