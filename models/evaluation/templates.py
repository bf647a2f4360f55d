"""The template set of the test sentences: patterns and word lists that no training text shares.

Called by `sentences.py` alone. Every list holds common words; the order of the lists is part of the
fixed seed, so a changed list changes the test set.
"""

import random

_SMALL = "two three four five six seven eight nine ten eleven twelve".split()  # noqa: SIM905
_TEENS = ("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_UNITS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

SLOTS: dict[str, tuple[str, ...]] = {
    "who": (
        "my neighbor", "the old captain", "our teacher", "her brother", "the young doctor",
        "his sister", "the manager", "a tall stranger", "the driver", "my best friend",
        "the mayor", "a small child", "the new nurse", "your cousin", "the shop owner",
        "our guide", "the farmer", "his uncle", "the head cook", "a kind woman",
    ),
    "name": (
        "Peter", "Mary", "David", "Susan", "Helen", "Robert", "Linda", "Thomas", "Emma", "Daniel",
        "Julia", "George", "Alice", "Martin", "Laura", "Henry", "Grace", "Oliver", "Nancy", "Simon",
    ),
    "did": (
        "repaired the broken fence", "painted the kitchen wall", "found an old map",
        "wrote a long letter", "bought a used car", "lost the front door key",
        "planted apple trees", "cooked a simple dinner", "missed the last train",
        "told us a funny story", "opened a small bakery", "forgot the milk again",
        "took a picture of the sunset", "carried the heavy boxes", "fixed the kitchen sink",
        "sold the family farm", "sang an old song", "watched the football match",
        "returned the borrowed ladder", "cleaned every window", "answered the telephone",
        "built a wooden table", "learned to play chess", "read the morning paper",
        "washed all the dishes", "changed the light bulb",
    ),
    "when": (
        "last night", "this morning", "before breakfast", "after the storm", "on Saturday",
        "two days ago", "at the end of March", "early in the spring", "during the holidays",
        "late in the evening", "just before midnight", "on the first of June",
        "as soon as it stopped raining", "on a cold winter day", "after a short break",
    ),
    "where": (
        "beside the old mill", "at the edge of the forest", "behind the town hall",
        "on the top floor", "near the main entrance", "in the back garden",
        "along the river bank", "under the stone bridge", "across from the post office",
        "in the middle of the square", "at the corner store", "next to the swimming pool",
        "on the other side of the valley", "inside the empty church", "by the harbor wall",
    ),
    "thing": (
        "the red suitcase", "that old bicycle", "the broken clock", "a fresh loaf of bread",
        "the blue umbrella", "his leather jacket", "the garden hose", "a box of matches",
        "the spare key", "our tennis rackets", "the silver ring", "a bottle of water",
        "the birthday cake", "her reading glasses", "the electric heater", "a bag of flour",
        "the glass bowl", "your winter gloves", "the tool box", "the concert tickets",
    ),
    "topic": (
        "the price of houses", "the history of the town", "the new bus route", "healthy food",
        "the summer festival", "clean energy", "the weather report", "public transport",
        "modern art", "the school play", "the water supply", "road safety",
        "the holiday plans", "local politics", "space travel", "the football season",
    ),
    "state": (
        "too heavy to lift", "almost ready", "much cheaper than expected", "hard to explain",
        "covered with snow", "open until nine", "full of visitors", "not very far away",
        "quite easy to find", "still under repair", "warm and dry", "out of order",
        "better than the first one", "worth the long journey", "completely silent",
        "more expensive this year", "closed for the winter", "safe for children",
    ),
    "place": (
        "the library", "the museum", "the city park", "the train station", "the mountain hotel",
        "the market hall", "the small harbor", "the castle", "the hospital", "the village school",
        "the theater", "the sports center", "the north beach", "the airport", "the coffee house",
    ),
    "plan": (
        "visit the art gallery", "rent a small boat", "walk around the lake",
        "invite the neighbors",
        "order a pizza", "start a vegetable garden", "take the early flight", "stay at home",
        "move to the coast", "learn another language", "buy some flowers", "clean the garage",
        "finish the report", "bake some bread", "sleep under the stars", "climb the hill",
        "study for the test", "watch a movie",
    ),
    "food": (
        "chicken soup", "fresh strawberries", "a cheese sandwich", "roast potatoes", "green beans",
        "lemon tea", "chocolate ice cream", "grilled fish", "rice and vegetables", "onion rings",
        "a bowl of noodles", "black coffee", "scrambled eggs", "orange juice", "apple pie",
    ),
    "weather": (
        "a light rain", "a thick fog", "heavy snow", "a strong wind", "bright sunshine",
        "a summer storm", "a cold breeze", "a clear sky",
    ),
    "feeling": (
        "happy", "nervous", "tired", "proud", "surprised", "angry", "grateful", "curious",
        "worried", "excited", "calm", "disappointed", "confused", "relaxed",
    ),
    "city": (
        "London", "Boston", "Madrid", "Chicago", "Vienna", "Sydney", "Rome", "Berlin", "Dublin",
        "Toronto", "Athens", "Dallas", "Paris", "Denver", "Seattle", "Oslo",
    ),
    "day": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "month": (
        "January", "February", "March", "April", "June", "July", "August", "September",
        "October", "November", "December",
    ),
    "item": (
        "chairs", "pages", "letters", "students", "windows", "bottles", "questions", "stamps",
        "houses", "horses", "tickets", "pictures", "bridges", "islands", "engines", "blankets",
    ),
    "room": ("kitchen", "bedroom", "office", "garage", "hall", "bathroom", "basement", "attic"),
    "device": ("lamp", "heater", "radio", "fan", "oven", "printer", "alarm", "television"),
    "animal": ("cat", "puppy", "parrot", "donkey", "goat", "rabbit", "pony", "turtle", "squirrel"),
    "job": (
        "a carpenter", "an engineer", "a pilot", "a journalist", "a dentist", "a gardener",
        "a translator", "a chemist", "a musician", "an artist", "a mechanic", "a waiter",
    ),
}  # fmt: skip

TEMPLATES: tuple[str, ...] = (
    "{When}, {who} {did}.",
    "I was {feeling} because {who} {did}.",
    "Did you know that {name} {did} {when}?",
    "We left {thing} {where}.",
    "Someone must have put {thing} {where}.",
    "{Name} works as {job} in {city}.",
    "Before moving to {city}, {name} was {job}.",
    "Let us {plan} if there is {weather} tomorrow.",
    "Would you rather {plan} or {plan2}?",
    "Nobody wanted to {plan} {when}.",
    "It would be a mistake to {plan} without {name}.",
    "{Place} is {state}.",
    "They told me that {place} was {state}.",
    "How long does it take to get from {place} to {place2}?",
    "You will find {place} right behind {place2}.",
    "Everybody at the table ordered {food} with {food2}.",
    "After the walk we shared {food} {where}.",
    "I have not eaten {food} since {month}.",
    "The radio promised {weather} for {day} afternoon.",
    "Because of {weather}, the bus from {city} arrived {number} minutes late.",
    "We talked for hours about {topic} and {topic2}.",
    "The next lecture on {topic} begins at half past {small}.",
    "What does {name} think about {topic}?",
    "There must be at least {number} {item} in this room.",
    "She counted {number} {item} and {number2} {item2}.",
    "Only {small} of the {number} {item} were damaged.",
    "The tour costs {number} dollars for each person.",
    "Flight {digit} {digit2} {digit3} to {city} is now boarding.",
    "Is the {device} in the {room} still on?",
    "Could somebody switch off the {device} in the {room}?",
    "Dim the lights in the {room} and lock the {room2}.",
    "The {animal} was hiding {where}.",
    "A little {animal} followed {name} all the way home.",
    "My {animal} gets {feeling} whenever there is {weather}.",
    "{Name} and {name2} met {where} {when}.",
    "I promised {name} that we would {plan}.",
    "Ask {name} whether {thing} belongs to {who}.",
    "Our appointment has been moved from {day} to {day2}.",
    "The contract ends in {month} of next year.",
    "Every {day} we {plan} together.",
    "{Who} seemed {feeling} when the letter from {city} arrived.",
    "Why are you so {feeling} today, {name}?",
    "Thank you for bringing {thing} back to {place}.",
    "Without {thing} we can never {plan}.",
    "The path to {place} goes past {place2}.",
)

RARE_TEMPLATES: tuple[str, ...] = (
    "The story about {word} was in the morning paper.",
    "Can you explain what {word} means?",
    "My friend asked me about {word} yesterday.",
    "They are looking for {word} in the old town.",
    "I wrote the word {word} on the paper.",
    "Nobody in the room had heard of {word} before.",
    "We talked about {word} after dinner.",
    "Please send a message to {word} this evening.",
    "The name {word} was painted on the door.",
    "She thinks that {word} is a good name for the shop.",
)


def _number(rng: random.Random) -> str:
    kind = rng.randrange(4)
    if kind == 0:
        return rng.choice(_SMALL)
    if kind == 1:
        return rng.choice(_TEENS)
    if kind == 2:
        return f"{rng.choice(_TENS)} {rng.choice(_UNITS)}"
    return f"{rng.choice(_UNITS)} hundred {rng.choice(_TENS)}"


def _fillings(rng: random.Random) -> dict[str, str]:
    values: dict[str, str] = {}
    for slot, words in SLOTS.items():
        first, second = rng.sample(words, 2)
        values |= {slot: first, f"{slot}2": second, slot.capitalize(): first[0].upper() + first[1:]}
    values |= {"number": _number(rng), "number2": _number(rng), "small": rng.choice(_SMALL)}
    values |= {name: rng.choice(_UNITS) for name in ("digit", "digit2", "digit3")}
    return values


def generated(seed: int, count: int, *, words_min: int = 4, words_max: int = 14) -> tuple[str, ...]:
    """Returns `count` different sentences of the template set, the same ones for the same seed."""
    rng = random.Random(seed)
    sentences: dict[str, None] = {}
    index = 0
    while len(sentences) < count:
        sentence = TEMPLATES[index % len(TEMPLATES)].format_map(_fillings(rng))
        index += 1
        if words_min <= len(sentence.split()) <= words_max:
            sentences[sentence] = None
    return tuple(sentences)
