"""Lists of pronunciations: what they hold, what they refuse, and what they change in a text."""

import pytest

from nemo_voice_tts.errors import InvalidPronunciations
from nemo_voice_tts.text.insets import Insets
from nemo_voice_tts.text.phonemes import Alphabet, Pronunciation, arpabet
from nemo_voice_tts.text.pronunciations import (
    PronunciationList,
    of_dictionary,
    of_mapping,
    parsed,
    pronounced,
)
from nemo_voice_tts.text.traced import Traced

LIST = """\
# how our products are said
Nginx         engine x
New York      noo yark
New York City  the city
C++\tsee plus plus
IT   eye tee
tomato        /təˈmeɪtoʊ/
GIF           {JH IH1 F}
box  {B AA1 K S}
Polish  from Poland
polish  make shiny
"""


def said(text: str, *lists: PronunciationList) -> str:
    """The text after the lists, phonemes in ARPAbet between braces."""
    insets = Insets()
    made = pronounced(Traced.of(text), lists, insets).text
    for placeholder, pronunciation in insets.pronunciations.items():
        made = made.replace(placeholder, "{" + " ".join(arpabet(pronunciation)) + "}")
    return made


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("Nginx, nginx and NGINX run.", "engine x, engine x and engine x run."),
        ("nginx-based, (nginx) and nginx's", "engine x-based, (engine x) and engine x's"),
        ("nginxes, xnginx and nginx2 stay", "nginxes, xnginx and nginx2 stay"),
        ("see nginx.org, a/nginx and nginx.conf.", "see nginx.org, a/nginx and nginx.conf."),
        ("It is nginx.", "It is engine x."),
        ("New York and New\nYork City", "noo yark and the city"),
        ("New Yorkers", "New Yorkers"),
        ("C++ and c++!", "see plus plus and see plus plus!"),
        ("IT is it, is it?", "eye tee is it, is it?"),
        ("a tomato's", "a {T AH0 M EY1 T OW0 Z}"),
        ("GIF's box's", "{JH IH1 F S} {B AA1 K S IH0 Z}"),
        ("Polish polish", "from Poland make shiny"),
        ("nothing here", "nothing here"),
    ],
)
def test_words_are_said_as_the_list_says(text: str, heard: str) -> None:
    assert said(text, parsed(LIST)) == heard


def test_an_earlier_list_wins() -> None:
    request = of_mapping({"nginx": "en jinx", "York": "yark"})
    assert said("Nginx in New York", request, parsed(LIST)) == "en jinx in noo yark"


def test_spans_stay_those_of_the_source() -> None:
    text = pronounced(Traced.of("I run Nginx now"), [parsed(LIST)], Insets())
    assert text[6:14].text == "engine x"
    assert text[6:14].span == (6, 11)


def test_a_nim_dictionary_is_lines_or_commas_of_ipa() -> None:
    made = of_dictionary("tomato  təˈmɑːtoʊ,GIF  {G IH1 F}\nNeMo  /ˈniːmoʊ/\n")
    assert [one.said for one in made.entries] == [
        Pronunciation("təˈmɑːtoʊ"),
        Pronunciation("G IH1 F", Alphabet.ARPABET),
        Pronunciation("ˈniːmoʊ"),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("ok  fine\nNginx engine", "line 2: put a tab or two spaces"),
        ("Nginx", "line 1: put a tab or two spaces"),
        ("Nginx  /ŋʘ/", "line 1: .*no sound"),
        ("Nginx  {QQ}", "line 1: .*no sound"),
        ("Nginx  /abc", "line 1: phonemes end with '/'"),
        ("Nginx  {AA", "line 1: phonemes end with '}'"),
        ("Nginx  !!", "line 1: say how"),
        ("!!  bang", "line 1: the word needs a letter or a digit"),
        ("a  b\n\n# c\na  d", "line 4: 'a' is there twice"),
        (f"{'a' * 101}  b", "line 1: the word is longer than 100"),
        (f"a  {'b' * 201}", "line 1: what is said is longer than 200"),
        ("\n".join(f"word{n}  b" for n in range(5001)), "more than 5000 entries"),
    ],
)
def test_lists_that_cannot_be_used_are_refused(content: str, message: str) -> None:
    with pytest.raises(InvalidPronunciations, match=message):
        parsed(content)


def test_a_request_has_fewer_entries() -> None:
    with pytest.raises(InvalidPronunciations, match="more than 200"):
        of_mapping({f"word{n}": "b" for n in range(201)})
    with pytest.raises(InvalidPronunciations, match="'a b': put two spaces"):
        of_dictionary("a b")


def test_a_long_list_and_a_long_text_take_linear_time() -> None:
    many = parsed("\n".join(f"word{n}  said {n}" for n in range(5000)))
    heard = said("word7 or word8, " * 5000, many)
    assert heard == "said 7 or said 8, " * 5000
