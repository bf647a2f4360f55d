"""The small words of each language by which a phrase is known to begin, or to go on.

`line_breaks.py` breaks subtitles before the first and not after the second. Which language a text
is in is found by these words themselves: only they matter here.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

_QUOTES = "\"'“”‘’«»„‚()[]¿¡"  # noqa: RUF001 marks around a word
_MARKS = _QUOTES + ".,;:!?…"


def _words(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


@dataclass(frozen=True, slots=True)
class Phrases:
    """The small words of one language, in lower case."""

    opens: frozenset[str]
    """Conjunctions, relative pronouns and prepositions: a line may well begin with these."""
    binds: frozenset[str]
    """Articles, pronouns, auxiliaries and negations: these belong to the word after them."""
    titles: frozenset[str] = frozenset()
    """Abbreviations whose full stop ends no sentence."""
    ends: frozenset[str] = frozenset()
    """Particles after which a phrase ends, in languages that set them behind."""
    has_ordinal_stops: bool = False
    """Whether a full stop after a number makes it an ordinal, as in German."""

    def is_bound(self, word: str) -> bool:
        """Returns whether the word belongs to the one after it."""
        bare = word.strip(_QUOTES).lower()
        return bare in self.binds or bare in self.opens or self.is_abbreviated(word)

    def opens_with(self, word: str) -> bool:
        """Returns whether a phrase begins with the word."""
        return word.strip(_MARKS).lower() in self.opens

    def is_abbreviated(self, word: str) -> bool:
        """Returns whether the word's full stop ends no sentence."""
        bare = word.strip(_QUOTES).lower()
        return bare in self.titles or (self.has_ordinal_stops and bare[:-1].isdigit())

    @property
    def small(self) -> frozenset[str]:
        """Every word by which the language is known."""
        return self.opens | self.binds | self.ends


ENGLISH = Phrases(
    opens=_words(
        "and but or nor so yet because although though while when whenever where wherever whether",
        "if unless until since before after once that which who whom whose why how than as",
        "about above across against along among around at behind below beneath beside between",
        "beyond by despite down during except for from in inside into like near of off on onto out",
        "outside over past through throughout to toward towards under up upon with within without",
    ),
    binds=_words(
        "a an the this these those my your his her its our their some any every each no another",
        "i you he she it we they there i'm you're he's she's it's we're they're i've you've we've",
        "am is are was were be been being do does did have has had will would shall should can",
        "could may might must not don't doesn't didn't can't won't isn't aren't wasn't never",
    ),
    titles=_words("mr mr. mrs mrs. ms ms. dr dr. prof. st st. vs."),
)
SPANISH = Phrases(
    opens=_words(
        "y e o u ni pero mas sino que porque pues aunque si como cuando donde mientras según quien",
        "quienes cual cuales cuyo cuya a al ante bajo con contra de del desde durante en entre",
        "hacia hasta mediante para por sin sobre tras",
    ),
    binds=_words(
        "el la los las un una unos unas lo mi tu su mis tus sus nuestro nuestra nuestros nuestras",
        "este esta estos estas ese esa esos esas aquel aquella cada todo toda todos todas algún",
        "ningún otro otra yo tú él ella usted nosotros ellos ellas ustedes me te se nos os le les",
        "no muy más tan ya es son era eran fue ser está están estaba ha he has han hemos había",
        "puede puedo va voy vamos van hay",
    ),
    titles=_words("sr. sra. srta. dr. dra. d. dña. prof. ud. uds. núm. pág."),
)
GERMAN = Phrases(
    opens=_words(
        "und oder aber denn sondern doch weil dass daß wenn als ob obwohl während bevor nachdem",
        "damit bis sodass wie wo wer was welcher welche welches an auf aus bei durch für gegen",
        "hinter in mit nach neben ohne seit trotz über um unter von vor wegen zu zwischen zum zur",
        "im am vom beim ins ans",
    ),
    binds=_words(
        "der die das den dem des ein eine einen einem einer eines kein keine keinen mein meine",
        "meinen dein deine sein seine seinen ihr ihre ihren unser unsere dieser diese dieses",
        "diesen jeder jede jedes ich du er sie es wir man nicht nie sehr zu so ist sind war waren",
        "bin hat haben habe hatte wird werden wurde kann können muss müssen soll will darf",
    ),
    titles=_words("hr. fr. dr. prof. nr. st. z.b. d.h. u.a. bzw. ca. usw. etc. str. inkl."),
    has_ordinal_stops=True,
)
FRENCH = Phrases(
    opens=_words(
        "et ou mais donc or ni car que qui quand lorsque si comme parce puisque quoique où dont",
        "lequel à au aux après avant avec chez contre dans de du des depuis derrière devant en",
        "entre jusque malgré par parmi pendant pour sans selon sous sur vers",
    ),
    binds=_words(
        "le la les un une mon ma mes ton ta tes son sa ses notre nos votre vos leur leurs ce cet",
        "cette ces chaque quelque je tu il elle on nous vous ils elles me te se lui y ne pas plus",
        "très est sont était suis es a ai as ont avons avez avait va vais peut c'est n'est qu'il",
    ),
    titles=_words("m. mm. mme. mlle. dr. pr. st. ste."),
)
ITALIAN = Phrases(
    opens=_words(
        "e ed o od ma però anzi che chi perché poiché mentre quando se come dove cui a ad al allo",
        "alla ai agli alle con col contro da dal dallo dalla dai dalle di del dello della dei",
        "degli delle dopo durante entro fino fra tra in nel nello nella nei nelle per prima senza",
        "sotto su sul sulla sui sulle verso",
    ),
    binds=_words(
        "il lo la i gli le un uno una mio mia tuo tua suo sua nostro nostra loro questo questa",
        "questi quello quella ogni io tu lui lei noi voi mi ti si ci vi ne non più molto è sono",
        "era erano ho hai ha abbiamo hanno aveva può",
    ),
    titles=_words("sig. sig.ra dott. dott.ssa prof. ing. avv."),
)
PORTUGUESE = Phrases(
    opens=_words(
        "e ou mas porém nem que quem porque pois embora se como quando onde enquanto cujo a ao à",
        "aos às ante após até com contra de do da dos das desde durante em no na nos nas entre",
        "para pra pelo pela pelos pelas por sem sob sobre",
    ),
    binds=_words(
        "o os as um uma uns umas meu minha teu tua seu sua nosso nossa este esta esse essa aquele",
        "cada todo toda eu tu você ele ela nós vocês eles elas me te lhe não muito mais já é são",
        "era foi ser está estão tem têm há vai vou pode",
    ),
    titles=_words("sr. sra. srta. dr. dra. d. prof."),
)
JAPANESE = Phrases(
    opens=_words("そして しかし でも だから また"),
    binds=_words("この その あの お ご"),
    ends=_words(
        "は が を に で と も へ の や から まで より ね よ ので けど ます です でした ました"
    ),
)

_LANGUAGES = (ENGLISH, SPANISH, GERMAN, FRENCH, ITALIAN, PORTUGUESE, JAPANESE)
_SAMPLE = 2000
"""Words that are looked at."""


def phrases_of(words: Iterable[str]) -> Phrases:
    """Returns the small words of the language that most of these words are of; else English's."""
    bare = Counter(
        word.strip(_MARKS).lower() for _, word in zip(range(_SAMPLE), words, strict=False)
    )
    return max(_LANGUAGES, key=lambda language: sum(bare[word] for word in _small(language)))


@lru_cache
def _small(language: Phrases) -> frozenset[str]:
    return language.small
