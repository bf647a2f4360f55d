"""Written forms (digits, money, dates, abbreviations, names, questions) with what a reader says.

Called by `sentences.py` alone. Several spoken forms are listed where English has several.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class WrittenForm:
    """A text as people write it, with every way in which it may be read out."""

    text: str
    """As a user types it."""
    spoken: tuple[str, ...]
    """Acceptable readings, lower-case words."""


def _form(text: str, *spoken: str) -> WrittenForm:
    return WrittenForm(text=text, spoken=spoken)


WRITTEN_FORMS: tuple[WrittenForm, ...] = (
    _form("The box holds 24 bottles.", "the box holds twenty four bottles"),
    _form("We sold 317 tickets.", "we sold three hundred seventeen tickets",
          "we sold three hundred and seventeen tickets"),
    _form("The town has 12,500 people.", "the town has twelve thousand five hundred people",
          "the town has twelve thousand and five hundred people"),
    _form("It is 3.5 miles to the lake.", "it is three point five miles to the lake"),
    _form("She was born in 1987.", "she was born in nineteen eighty seven"),
    _form("The house was built in 1905.", "the house was built in nineteen oh five",
          "the house was built in nineteen o five"),
    _form("In 2010 we moved to the coast.", "in twenty ten we moved to the coast",
          "in two thousand ten we moved to the coast",
          "in two thousand and ten we moved to the coast"),
    _form("That costs $20.", "that costs twenty dollars"),
    _form("The lunch was $8.50.", "the lunch was eight dollars and fifty cents",
          "the lunch was eight dollars fifty cents", "the lunch was eight fifty"),
    _form("He paid $1,200 for the car.", "he paid one thousand two hundred dollars for the car",
          "he paid twelve hundred dollars for the car"),
    _form("A ticket is £15.", "a ticket is fifteen pounds"),
    _form("They raised $3 million.", "they raised three million dollars"),
    _form("It was only 75 cents.", "it was only seventy five cents"),
    _form("Prices rose by 5%.", "prices rose by five percent"),
    _form("The meeting is on March 3rd.", "the meeting is on march third",
          "the meeting is on march the third"),
    _form("We met on June 21, 2015.", "we met on june twenty first twenty fifteen",
          "we met on june twenty first two thousand fifteen",
          "we met on june twenty one twenty fifteen"),
    _form("The letter came on Jan. 2nd.", "the letter came on january second",
          "the letter came on january the second"),
    _form("He was the 1st in line.", "he was the first in line"),
    _form("This is our 25th year.", "this is our twenty fifth year"),
    _form("The train leaves at 9:30.", "the train leaves at nine thirty"),
    _form("Call me at 7 p.m.", "call me at seven p m", "call me at seven pm"),
    _form("The shop opens at 8 a.m.", "the shop opens at eight a m", "the shop opens at eight ay m",
          "the shop opens at eight am"),
    _form("It was 10:45 when we left.", "it was ten forty five when we left"),
    _form("Dr. Brown will see you now.", "doctor brown will see you now"),
    _form("Mr. Green and Mrs. Hill are here.", "mister green and misses hill are here",
          "mister green and missus hill are here"),
    _form("I live on King St. near the park.", "i live on king street near the park"),
    _form("Prof. White teaches history.", "professor white teaches history"),
    _form("The desk is 3 ft. long.", "the desk is three feet long", "the desk is three foot long"),
    _form("Add 2 kg of sugar.", "add two kilograms of sugar", "add two kilos of sugar"),
    _form("It is 20 km from here.", "it is twenty kilometers from here"),
    _form("Room 12 is on the left.", "room twelve is on the left"),
    _form("My name is Alice Johnson.", "my name is alice johnson"),
    _form("Have you met Robert Miller?", "have you met robert miller"),
    _form("Susan and Thomas live in Chicago.", "susan and thomas live in chicago"),
    _form("What time does the bank open?", "what time does the bank open"),
    _form("Where can I buy 2 stamps?", "where can i buy two stamps"),
    _form("Are there 30 days in April?", "are there thirty days in april"),
    _form("Why did the U.S. team win?", "why did the u s team win"),
    _form("Who lives at 42 River Road?", "who lives at forty two river road"),
    _form("The temperature is -5 degrees.", "the temperature is minus five degrees",
          "the temperature is negative five degrees"),
    _form("About 1/2 of the class was late.", "about one half of the class was late",
          "about half of the class was late"),
    _form("Turn to page 108.", "turn to page one hundred eight",
          "turn to page one hundred and eight", "turn to page one oh eight"),
    _form("The code is 4 7 1 9.", "the code is four seven one nine"),
    _form("Bring bread & butter.", "bring bread and butter"),
    _form("Chapter 6, page 40, line 9.", "chapter six page forty line nine"),
    _form("The score was 3 to 1.", "the score was three to one"),
    _form("Mix 250 ml of milk with 3 eggs.",
          "mix two hundred fifty milliliters of milk with three eggs",
          "mix two hundred and fifty milliliters of milk with three eggs"),
    _form("The store is open 24 hours, 7 days a week.",
          "the store is open twenty four hours seven days a week"),
)  # fmt: skip
