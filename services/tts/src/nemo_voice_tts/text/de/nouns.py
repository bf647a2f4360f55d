"""The gender of German nouns: known for common ones, guessed from their endings for others."""

import re
from enum import Enum
from functools import lru_cache


class Gender(Enum):
    """A noun's gender."""

    MASCULINE = "m"
    FEMININE = "f"
    NEUTER = "n"


_MASCULINE = (
    "tag monat euro dollar cent franken yen rubel peso rappen mann mensch platz stock weltkrieg krieg"
    " band teil akt schritt satz gang rang preis punkt meter zentimeter kilometer millimeter liter"
    " milliliter grad hektar tropfen löffel apfel baum hund stein stern junge sohn bruder vater freund"
    " gast spieler besucher einwohner teilnehmer schüler lehrer arzt zug bus wagen flug weg ort berg"
    " fluss see wald park hof turm raum saal stuhl tisch schrank film song brief artikel absatz"
    " paragraf abschnitt januar februar märz april mai juni juli august september oktober november"
    " dezember montag dienstag mittwoch donnerstag freitag samstag sonntag morgen abend mittag"
    " nachmittag vormittag advent feiertag geburtstag jahrestag bezirk kreis stadtbezirk spieltag"
    " vorsitzende schlüssel ball sieg punkt fall versuch anlauf antrag entwurf vorschlag kandidat"
    " präsident könig kaiser papst kanzler sprung lauf kongress pfennig schilling zoll fuß becher"
    " durchgang jahrgang treffer hinweis grund fehler prozess schlag stich termin"
)
_FEMININE = (
    "person frau stunde minute sekunde woche klasse etage auflage liga runde stadt nacht zeit hand"
    " bank strophe symphonie sinfonie dynastie instanz potenz kraft halbzeit ausgabe staffel folge"
    " million milliarde billion tonne meile seite zeile uhr tasse flasche dose packung tablette portion"
    " schwester mutter tochter tür straße wand treppe blume katze maus kuh million mark krone unze"
    " kalorie kilowattstunde klausur prüfung frage antwort aufgabe übung stimme nummer zahl republik"
    " wahl reihe schicht stelle stufe phase etappe zone linie bahn fahrt reise nachricht mail datei"
    " karte kammer armee division kompanie spur ebene dimension dekade generation ehe wiederholung"
    " mahnung änderung jahreshälfte lesung serie welle hälfte gruppe mannschaft frist rate pille"
    " kugel scheibe prise gabel rückseite"
)
_NEUTER = (
    "jahr kapitel jahrhundert jahrtausend jahrzehnt quartal semester mal kind haus buch spiel tor"
    " stück stockwerk gebot halbjahr viertel drittel kilo kilogramm gramm milligramm pfund prozent bier"
    " glas ei zimmer bild land wort volt watt ampere byte kilobyte megabyte gigabyte terabyte bit hertz"
    " kilohertz megahertz gigahertz kilowatt megawatt newton pascal bar joule mädchen tier pferd schaf"
    " auto rad boot schiff flugzeug dorf meer brot ergebnis konzert lied foto video fenster bett"
    " geschoss obergeschoss untergeschoss opfer mitglied treffen rennen finale viertelfinale"
    " halbfinale achtelfinale wochenende lebensjahr schuljahr trimester regiment bataillon element"
    " gesetz album exemplar blatt paar dutzend match set level date paket feld ministerium gericht"
)
_KNOWN = {
    **dict.fromkeys(_MASCULINE.split(), Gender.MASCULINE),
    **dict.fromkeys(_FEMININE.split(), Gender.FEMININE),
    **dict.fromkeys(_NEUTER.split(), Gender.NEUTER),
}
_BY_LENGTH = sorted((noun for noun in _KNOWN if len(noun) > 3), key=len, reverse=True)  # noqa: PLR2004 others end words by chance
_ENDINGS = (
    (re.compile(r"(?:chen|lein|ment|tum|um|nis|ett|ma|en)"), Gender.NEUTER),
    (re.compile(r"(?:ung|heit|keit|schaft|tät|ion|ik|ei|enz|anz|ur|in|ie|sis|e)"), Gender.FEMININE),
)


@lru_cache(maxsize=4096)
def gender_of(noun: str) -> Gender:
    """Returns the gender of a noun in the singular, which may be a compound."""
    lowered = noun.lower().rpartition("-")[2]
    if lowered in _KNOWN:
        return _KNOWN[lowered]
    last = next((known for known in _BY_LENGTH if lowered.endswith(known)), None)
    if last is not None:
        return _KNOWN[last]
    for pattern, gender in _ENDINGS:
        if re.search(rf"{pattern.pattern}$", lowered):
            return gender
    return Gender.MASCULINE
