"""Training text for the demo voice: sentences from a small grammar and strings of dictionary words.

The grammar teaches everyday rhythm, the word strings teach every sound beside every other.
"""

import random
from collections.abc import Iterator, Sequence

from wordfreq import word_frequency

_SLOTS = {
    slot: words.split("|") if "|" in words else words.split()
    for slot, words in {
        "name": """john mary james robert michael william david richard joseph thomas charles daniel
            matthew anthony mark paul steven andrew george edward peter susan linda barbara elizabeth
            jennifer maria margaret lisa nancy karen betty helen sandra donna carol ruth sharon laura
            sarah jessica anna emma alice jack henry oliver sophia lucas martin clara victor rachel""",
        "city": """london paris berlin madrid rome vienna dublin oslo boston chicago seattle denver
            dallas houston miami atlanta detroit portland phoenix austin toronto montreal sydney
            melbourne tokyo delhi moscow athens cairo lisbon prague warsaw amsterdam brussels""",
        "day": "monday tuesday wednesday thursday friday saturday sunday",
        "month": """january february march april may june july august september october november
            december""",
        "ordinal": """first second third fourth fifth sixth seventh eighth ninth tenth eleventh
            twelfth thirteenth fifteenth eighteenth twentieth thirtieth""",
        "color": "red blue green yellow black white brown orange purple pink gray silver golden",
        "adj": """big small old new good bad happy sad quick slow hot cold warm cool bright dark heavy
            light long short high low loud quiet clean dirty early late easy hard empty full fresh dry
            wet rich poor safe strong weak young wide narrow soft sharp simple strange sweet tall thick
            thin tired useful wild wise careful famous friendly gentle honest hungry lucky modern
            nervous perfect polite proud public ready serious silent special sudden terrible tiny usual
            wonderful important beautiful expensive dangerous comfortable popular different""",
        "animal": """dog cat horse cow pig sheep goat bird fish mouse rabbit fox wolf bear lion tiger
            monkey elephant duck chicken frog snake spider turtle""",
        "person": """man woman boy girl child teacher doctor nurse farmer driver writer singer student
            lawyer soldier baker painter player manager engineer king queen friend neighbor brother
            sister mother father uncle aunt cousin grandmother grandfather captain scientist""",
        "thing": """book table chair door window house car bus train plane boat bicycle phone computer
            letter paper pencil pen bag box bottle cup glass plate knife fork spoon bed lamp clock key
            picture camera radio television song story movie game ball tree flower garden river lake
            mountain beach forest road street bridge map market school office hospital library church
            museum ring airport hotel restaurant kitchen wall floor roof coat hat shirt shoe dress
            ticket newspaper magazine machine engine project report question answer""",
        "food": """bread butter cheese milk water tea coffee juice rice soup meat beef sugar salt pepper
            honey cake chocolate salad pizza pasta fish chicken fruit""",
        "verb": """see find take make use want need like love watch open close buy sell bring carry
            clean break build catch choose draw drop fix hold keep leave lose move paint pull push read
            remember repair send show touch wash write""",
        "past": """saw found took made used wanted needed liked loved watched opened closed bought sold
            brought carried cleaned broke built caught chose drew dropped fixed held kept left lost
            moved painted pulled pushed remembered repaired sent showed touched washed wrote""",
        "does": """walks runs sings sleeps works plays talks waits laughs smiles cries dances swims
            reads writes travels lives listens studies eats""",
        "adv": """quickly slowly quietly loudly carefully easily happily sadly often always never
            sometimes usually again today tomorrow yesterday now later soon early late together alone
            outside inside perhaps finally suddenly really almost""",
        "topic": """weather time news music sports history science money health travel business
            education language art nature technology politics family food""",
        "place": """in the garden|at the station|near the river|on the table|under the bridge|behind the
            house|in the kitchen|at school|at home|by the window|across the street|next to the
            library|in front of the museum|on the beach|in the city|over the mountain|between the
            trees|around the corner|in the morning|in the afternoon|in the evening|at night|after
            lunch|before dinner|last week|next year|this month|every day|from the office|through the
            forest|into the water|out of the box|without a doubt|during the winter|since the summer""",
        "device": """light|kitchen light|heater|fan|alarm|television|radio|music|coffee machine|front
            door|garage door|air conditioner|timer|computer|phone|camera""",
        "part": "morning afternoon evening day night weekend summer winter",
        "join": "and but or because so while when although if before after until since",
    }.items()
}

_TEMPLATES = """hello {name}, how are you today?|good morning {name}.|good afternoon, my name is {name}.
|thank you very much, {name}.|please turn on the {device}.|turn the {device} off {adv}, please.
|set the {device} to {small} degrees.|wake me up at {hour} {small} in the {part}.
|what is the weather like in {city} on {day}?|what time is it in {city}?|call {name} {place}.
|remind me to {verb} the {thing} on {day}.|the {adj} {animal} {past} the {adj} {thing}.
|the {person} {past} a {adj} {thing} {place}.|my {person} {does} {adv} {place}.
|{name} and {name} {past} the {color} {thing}.|i would like some {food} and a cup of {food}, please.
|do you want {food} or {food}?|can you {verb} the {thing} for me?|where is the {adj} {thing}?
|could you please {verb} their {color} {thing}?|there are {small} {animal}s {place}.
|there is a {color} {thing} {place}.|we {past} this {thing} and {past} these {thing}s.
|they are going to {city} {place}.|i have never been to {city}, have you?
|the train to {city} leaves at {hour} {small}.|the meeting is on {day} the {ordinal} of {month}.
|today is {day}, {month} {ordinal}.|the number is {digit} {digit} {digit} {digit} {digit}.
|the total is {hundreds} dollars and {small} cents.|this {thing} is {adj}, but that one is {adj}.
|she said that the {thing} was too {adj}.|he told us about the {topic} of {city}.
|let us talk about {topic} and {topic}.|i think the {person} is more {adj} than the {person}.
|if you {verb} the {thing}, the {person} will be {adj}.|why did the {person} {verb} my {thing}?
|who {past} the {thing} {place}?|how many {thing}s do you have?|in {thousands}, the {person} {past} it.
|we need {small} {thing}s and {hour} {animal}s.|the {food} with {food} tastes {adj}.
|no, that is not my {thing}.|yes, i {past} it {adv}.|the answer is {hundreds}, not {thousands}.
|{hundreds} plus {small} is {thousands}.|what a {adj} {thing}!|stop the {thing} now!
|have a nice {part}, {name}.|the {person}'s {thing} is {color}.|{name}'s {person} {does} {adv}.
|i don't know where the {thing} is.|we can't {verb} the {thing}.|it's {adj} {place}.
|you're {adj}, aren't you?|i'll {verb} it {adv}.|doctor {name} was born on {month} {ordinal}.
|which {thing} would they {verb} {place}?|he could have been a {person}; she had been one.
|some of the {person}s {past} it, others didn't.|it was the {ordinal} time he had {past} there.
|mister {name} lives at {hundreds} {name} street.|it costs {hour} pounds and {small} pence.
|about {small} percent of the {person}s {past} the {thing}.|it is {small} point {digit} miles long.
""".replace("\n", "").split("|")

_ONES = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
sixteen seventeen eighteen nineteen""".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_LETTERS = "bcdefghjklmnopqrstuvwxyz"
_RANGES = {
    "digit": (0, 9),
    "hour": (1, 12),
    "small": (2, 99),
    "hundreds": (100, 999),
    "thousands": (1000, 9999),
}


def in_words(number: int) -> str:
    """A number from 0 to 999,999,999 as English words."""
    if number < 20:
        return _ONES[number]
    if number < 100:
        rest = "" if number % 10 == 0 else " " + _ONES[number % 10]
        return _TENS[number // 10 - 2] + rest
    for unit, name in ((1_000_000, "million"), (1000, "thousand"), (100, "hundred")):
        if number >= unit:
            rest = "" if number % unit == 0 else " " + in_words(number % unit)
            return f"{in_words(number // unit)} {name}{rest}"
    raise AssertionError


class TextSource:
    """An endless, seeded supply of training texts over the words of a lexicon."""

    def __init__(self, words: Sequence[str], seed: int) -> None:
        self._random = random.Random(seed)
        self._words = [word for word in words if len(word) > 1]
        frequencies = [max(word_frequency(word, "en"), 1e-7) for word in self._words]
        self._weights = [frequency**0.35 for frequency in frequencies]

    def texts(self) -> Iterator[str]:
        """Texts of one to four sentences, most of them one."""
        while True:
            count = self._random.choices([1, 2, 3, 4], [85, 11, 3, 1])[0]
            yield " ".join(self._sentence() for _ in range(count))

    def _sentence(self) -> str:
        kinds = [self._grammatical, self._joined, self._frequent, self._rare, self._spelled]
        return self._random.choices(kinds, [30, 12, 36, 18, 4])[0]()

    def _grammatical(self) -> str:
        template = self._random.choice(_TEMPLATES)
        return "".join(
            self._fill(piece[1:]) if piece[0] == "{" else piece
            for piece in template.replace("{", "|{").replace("}", "|").split("|")
            if piece
        )

    def _joined(self) -> str:
        first = self._grammatical().rstrip(".?!")
        comma = self._random.choice(["", ","])
        return f"{first}{comma} {self._fill('join')} {self._grammatical()}"

    def _frequent(self) -> str:
        count = self._random.choice([3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18])
        return self._string(self._random.choices(self._words, self._weights, k=count))

    def _rare(self) -> str:
        """Words drawn without regard to frequency: names and long words."""
        return self._string(self._random.choices(self._words, k=self._random.randint(1, 9)))

    def _spelled(self) -> str:
        pick = self._random.random()
        if pick < 0.5:
            return self._string(self._random.choices(_LETTERS, k=self._random.randint(2, 6)))
        return in_words(int(10 ** self._random.uniform(0, 7))) + "."

    def _fill(self, slot: str) -> str:
        if slot in _RANGES:
            return in_words(self._random.randint(*_RANGES[slot]))
        return " ".join(self._random.choice(_SLOTS[slot]).split())

    def _string(self, words: Sequence[str]) -> str:
        marks = self._random.choices(["", ",", ";", ":"], [92, 6, 1, 1], k=len(words) - 1)
        inner = [word + mark for word, mark in zip(words, marks, strict=False)]
        ending = self._random.choices([".", "?", "!", ""], [70, 12, 8, 10])[0]
        return " ".join([*inner, words[-1]]) + ending
