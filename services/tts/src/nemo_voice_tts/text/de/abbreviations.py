"""German short forms with a dot: `z. B.`, `Dr.`, `Hauptstr.`, `usw.`; a sentence keeps its stop."""

import re

from nemo_voice_tts.text.traced import Traced

_FORMS = {
    "z. B.": "zum Beispiel", "d. h.": "das heißt", "u. a.": "unter anderem", "v. a.": "vor allem",
    "i. d. R.": "in der Regel", "o. Ä.": "oder Ähnliches", "u. Ä.": "und Ähnliches",
    "o. ä.": "oder ähnlich", "u. ä.": "und ähnlich", "u. U.": "unter Umständen",
    "z. T.": "zum Teil", "z. Zt.": "zurzeit", "z. Z.": "zurzeit", "z. Hd.": "zu Händen",
    "z. H.": "zu Händen", "m. E.": "meines Erachtens", "s. o.": "siehe oben",
    "s. u.": "siehe unten", "n. Chr.": "nach Christus", "v. Chr.": "vor Christus",
    "i. A.": "im Auftrag", "i. V.": "in Vertretung", "a. D.": "außer Dienst",
    "e. V.": "eingetragener Verein", "a. M.": "am Main", "o. g.": "oben genannt", "p. a.": "pro Jahr",
    "i. Allg.": "im Allgemeinen", "u. v. m.": "und vieles mehr", "u. v. a.": "und viele andere",
    "u. z.": "und zwar", "b. w.": "bitte wenden", "i. S. v.": "im Sinne von", "u. a. m.": "und andere mehr",
    "z. K.": "zur Kenntnis", "ü. M.": "über Meer", "ü. d. M.": "über dem Meeresspiegel",
    "usw.": "und so weiter", "etc.": "et cetera", "bzw.": "beziehungsweise", "ca.": "circa",
    "vgl.": "vergleiche", "ggf.": "gegebenenfalls", "evtl.": "eventuell", "inkl.": "inklusive",
    "exkl.": "exklusive", "zzgl.": "zuzüglich", "abzgl.": "abzüglich", "einschl.": "einschließlich",
    "bspw.": "beispielsweise", "bes.": "besonders", "allg.": "allgemein", "sog.": "sogenannt",
    "geb.": "geboren", "gest.": "gestorben", "verh.": "verheiratet", "gegr.": "gegründet",
    "mind.": "mindestens", "max.": "maximal", "min.": "minimal", "durchschn.": "durchschnittlich",
    "tgl.": "täglich", "mtl.": "monatlich", "jährl.": "jährlich", "gem.": "gemäß", "lt.": "laut",
    "Dr.": "Doktor", "Prof.": "Professor", "Dipl.": "Diplom", "Ing.": "Ingenieur",
    "Hr.": "Herr", "Hrn.": "Herrn", "Fam.": "Familie", "Mag.": "Magister", "med.": "medizin",
    "jun.": "junior", "sen.": "senior", "jr.": "junior", "Tel.": "Telefon", "Bd.": "Band",
    "Bde.": "Bände", "Aufl.": "Auflage", "Hrsg.": "Herausgeber", "Jh.": "Jahrhundert",
    "Jhs.": "Jahrhunderts", "Jhd.": "Jahrhundert", "Hbf.": "Hauptbahnhof", "Bhf.": "Bahnhof",
    "Str.": "Straße", "Tab.": "Tabelle", "Anm.": "Anmerkung", "Bsp.": "Beispiel", "Betr.": "Betreff",
    "Fa.": "Firma", "Std.": "Stunden", "Mwst.": "Mehrwertsteuer", "MwSt.": "Mehrwertsteuer",
    "Mio.": "Millionen", "Mrd.": "Milliarden", "Tsd.": "Tausend", "Stk.": "Stück", "Bsp": "Beispiel",
    "Ges.": "Gesellschaft", "Abk.": "Abkürzung", "Nrn.": "Nummern", "Verf.": "Verfasser",
    "ehem.": "ehemalig", "franz.": "französisch", "engl.": "englisch", "dt.": "deutsch",
    "lat.": "lateinisch", "österr.": "österreichisch", "europ.": "europäisch", "amerik.": "amerikanisch",
    "Adr.": "Adresse", "Anh.": "Anhang", "Anl.": "Anlage", "Abt.": "Abteilung", "Ausg.": "Ausgabe",
    "Best.-Nr.": "Bestellnummer", "Art.-Nr.": "Artikelnummer", "Tel.-Nr.": "Telefonnummer",
    "Rd.": "Rund", "rd.": "rund", "Mstr.": "Meister", "Reg.": "Regierung", "Min.": "Minuten",
    "Sek.": "Sekunden",
}  # fmt: skip
_BEFORE_FIGURES = {
    "Nr.": "Nummer", "Abb.": "Abbildung", "S.": "Seite", "Kap.": "Kapitel", "Art.": "Artikel",
    "Abs.": "Absatz", "Bd.": "Band", "Hs.": "Hausnummer", "Pos.": "Position", "Ziff.": "Ziffer",
    "Lit.": "Littera", "Rn.": "Randnummer", "Zi.": "Zimmer", "Gl.": "Gleis", "Ver.": "Version",
    "V.": "Version", "Nr": "Nummer", "Bl.": "Blatt", "Sp.": "Spalte", "Z.": "Zeile", "Teilz.": "Teilzeit",
}  # fmt: skip
_BEFORE_NAMES = {"Fr.": "Frau", "St.": "Sankt", "Frl.": "Fräulein", "Gebr.": "Gebrüder"}
_SOMETIMES_LAST = frozenset(
    {
        "usw.",
        "etc.",
        "o. Ä.",
        "u. Ä.",
        "n. Chr.",
        "v. Chr.",
        "e. V.",
        "a. D.",
        "Str.",
        "u. v. m.",
        "Jh.",
    }
    | {
        "u. v. a.",
        "s. o.",
        "s. u.",
        "Hbf.",
        "Bhf.",
        "jun.",
        "sen.",
        "a. M.",
        "p. a.",
        "Std.",
        "inkl.",
    }
    | {
        "Min.",
        "Sek.",
        "Mwst.",
        "MwSt.",
        "Stk.",
        "Mio.",
        "Mrd.",
        "o. ä.",
        "u. ä.",
        "u. a. m.",
        "gest.",
    }
)
_STARTERS = re.compile(
    r"[ ]+[\"'(]?(?:Der|Die|Das|Den|Dem|Ein|Eine|Einen|Er|Sie|Es|Wir|Ihr|Ich|Du|Man|In|Im|Am|An|Auf|Aus|Bei"
    r"|Mit|Nach|Von|Vor|Zu|Zum|Zur|Und|Aber|Doch|Dann|Danach|Dort|Da|Hier|Jetzt|Heute|Gestern|Morgen"
    r"|Wenn|Weil|Als|Ob|Was|Wer|Wie|Wo|Warum|Auch|Nur|So|Seit|Ab|Für|Ohne|Über|Unter|Durch|Bis|Dies\w*"
    r"|Diese\w*|Alle\w*|Viele|Kein\w*|Sein\w*|Mein\w*|Unser\w*|Bitte|Ja|Nein|Später|Zudem|Außerdem)\b"
)


def _pattern(form: str) -> str:
    return re.escape(form).replace(r"\ ", "[ ]?")


_ALL = re.compile(
    rf"(?<![\w.])(?P<form>{'|'.join(_pattern(one) for one in sorted(_FORMS, key=len, reverse=True))})(?!\w)"
)
_KEYS = {re.sub(r"\s", "", form): form for form in _FORMS}
_FIGURES = re.compile(
    rf"(?<![\w.])(?P<form>{'|'.join(_pattern(one) for one in sorted(_BEFORE_FIGURES, key=len, reverse=True))})"
    r"[ ]?(?=\d|[IVXLC]+\b)"
)
_NAMES = re.compile(
    rf"(?<![\w.])(?P<form>{'|'.join(map(re.escape, _BEFORE_NAMES))})[ ](?=[A-ZÄÖÜ][a-zäöüß])"
)
_STREET = re.compile(
    r"(?<=[a-zäöüß])(?P<short>str|pl)\.(?=[ ,;:)]|$)|(?<=[A-ZÄÖÜa-zäöüß]-)Str\.(?!\w)"
)
_SLASHED = re.compile(r"(?<![\w/])(?:c/o)(?!\w)")
_NO_DOT = re.compile(
    r"(?<![\w.])(?P<form>ca|bzw|usw|inkl|evtl|ggf|vgl|zzgl|Std|bspw)(?=[ ,;)]|$)(?!\.)"
)
_ANY = re.compile(r"\w\.|\b(?:ca|bzw|usw|inkl|evtl|ggf|vgl|zzgl|Nr|c/o|Bsp)\b")


def abbreviations(text: Traced) -> Traced:
    """Returns the text with its short forms in full."""
    if not _ANY.search(text.text):
        return text
    text = text.sub(_NAMES, lambda found: f"{_BEFORE_NAMES[found['form']]} ")
    text = text.sub(_FIGURES, lambda found: f"{_full_before_figures(found['form'])} ")
    text = text.sub(_ALL, _full).sub(_STREET, _street).sub(_SLASHED, "bei")
    return text.sub(_NO_DOT, lambda found: _FORMS[f"{found['form']}."])


def _full_before_figures(form: str) -> str:
    return _BEFORE_FIGURES[form]


def _full(found: re.Match[str]) -> str | None:
    form = _KEYS.get(re.sub(r"\s", "", found["form"]), "")
    said = _FORMS.get(form)
    if said is None:
        return None
    before = found.string[: found.start()].rstrip()
    if (not before or before[-1] in ".!?:") and form[0].islower():
        said = said[0].upper() + said[1:]
    return f"{said}." if _ends_sentence(found, form) else said


def _ends_sentence(found: re.Match[str], form: str) -> bool:
    if not form.endswith("."):
        return False
    rest = found.string[found.end() :]
    if not rest.strip(" \"')"):
        return True
    return form in _SOMETIMES_LAST and _STARTERS.match(rest) is not None


def _street(found: re.Match[str]) -> str:
    said = {"str": "straße", "pl": "platz"}.get(found["short"] or "", "Straße")
    rest = found.string[found.end() :]
    return f"{said}." if not rest.strip() or _STARTERS.match(rest) else said
