"""SSML: pauses, paces, pronunciations, where it stands in the source, and what is refused."""

import pytest

from nemo_voice_tts.errors import InvalidMarkup
from nemo_voice_tts.text.insets import Insets
from nemo_voice_tts.text.phonemes import Alphabet, Pronunciation
from nemo_voice_tts.text.structure.blocks import PARAGRAPH_PAUSE_S, Block
from nemo_voice_tts.text.structure.ssml import is_ssml, ssml_blocks
from nemo_voice_tts.text.structure.ssml_values import break_s, pace_of
from nemo_voice_tts.text.traced import Traced

DECLARES = "declares the entity 'a'"


def _blocks(content: str) -> list[Block]:
    return ssml_blocks(Traced.of(f"<speak>{content}</speak>"), Insets())


@pytest.mark.parametrize(
    ("content", "blocks"),
    [
        ("one <emphasis>two</emphasis>", [("one two", "one <emphasis>two")]),
        ("é &amp; ü &#x263A;", [("é & ü ☺", "é &amp; ü &#x263A;")]),
        ("<![CDATA[a & b]]> c", [("a & b c", "a & b]]> c")]),
        ("a\n b", [("a  b", "a\n b")]),
        ("ü <sub alias='x y'>W3C</sub>", [("ü x y", "ü <sub alias='x y'>W3C")]),
        ("a <sub alias='x'/> b", [("a x b", "a <sub alias='x'/> b")]),
        ("a<break strength='none'/>b", [("a b", "a<break strength='none'/>b")]),
        ("<p>a</p><s>b</s>c", [("a", "a"), ("b", "b"), ("c", "c")]),
    ],
)
def test_blocks_know_where_they_were_written(content: str, blocks: list[tuple[str, str]]) -> None:
    text = f"<speak>{content}</speak>"
    made = [(one.text.text, text[slice(*one.text.span)]) for one in _blocks(content)]
    assert made == blocks


@pytest.mark.parametrize(
    ("content", "lead_s", "pauses"),
    [
        ("a<break time='1s'/>b", 0.0, [1.0, 0.0]),
        ("a<break time='250ms'/><break time='.5s'/>b", 0.0, [0.75, 0.0]),
        ("<break time='2s'/>a", 2.0, [0.0]),
        ("a<break time='2s'/>", 0.0, [2.0]),
        ("<p>a</p><p>b</p>", 0.0, [PARAGRAPH_PAUSE_S, 0.0]),
        # An author who asks for a pause means that one.
        ("<p>a</p><break time='100ms'/><p>b</p>", 0.0, [0.1, 0.0]),
        ("a<break/>b<break strength='x-strong'/>c", 0.0, [0.4, 1.0, 0.0]),
    ],
)
def test_breaks_are_as_long_as_they_say(content: str, lead_s: float, pauses: list[float]) -> None:
    made = _blocks(content)
    assert made[0].lead_s == lead_s
    assert [block.pause_s for block in made] == pytest.approx(pauses)


def test_rates_are_nested_and_end_with_their_element() -> None:
    made = _blocks(
        "a<prosody rate='50%'>b<prosody rate='150%'>c</prosody><prosody rate='fast'>d</prosody>e"
        "</prosody><prosody pitch='x'>f</prosody>"
    )
    assert [(block.text.text, block.pace) for block in made] == [
        ("a", 1.0), ("b", 0.5), ("c", 0.75), ("d", 1.25), ("e", 0.5), ("f", 1.0),
    ]  # fmt: skip


def test_phonemes_are_placeholders() -> None:
    insets = Insets()
    ipa, arpabet = "<phoneme ph='a'>x</phoneme>", "<phoneme alphabet='X-ARPABET' ph='AA1'/>"
    document = f"<speak>I say {ipa}, {arpabet}.</speak>"
    [block] = ssml_blocks(Traced.of(document), insets)
    first, second = insets.pronunciations
    assert block.text.text == f"I say {first}, {second}."
    assert insets.pronunciations == {
        first: Pronunciation("a"),
        second: Pronunciation("AA1", Alphabet.ARPABET),
    }


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("<speak>a", "line 1, column 9: no element found"),
        ("<speak>\n<p>é</speak>", "line 2, column 7: mismatched tag"),
        ("<speak>AT&T</speak>", "line 1, column 12: .*&amp;"),
        ("<speak>a < b</speak>", "line 1, column 11: .*&lt;"),
        ("<speak>a&nbsp;b</speak>", "line 1, column 9: undefined entity.*&#160;"),
        ("<speak>a</speak>b", "line 1, column 17: junk"),
        ("Hello", "line 1, column 1: .* begins with <speak>"),
        ("<p>Hello</p>", "begins with <speak>, and this with <p>"),
        ("<speak>\n<break time='soon'/></speak>", "line 2, column 1: .*500ms or 1.5s, not 'soon'"),
        ("<speak><break time='11s'/></speak>", "at most 10s, not 11s"),
        ("<speak>" + "<break time='10s'/>" * 31 + "</speak>", "at most 300s together"),
        ("<speak><break strength='big'/></speak>", "x-strong, not 'big'"),
        ("<speak><prosody rate='0%'>a</prosody></speak>", "80%, not '0%'"),
        (
            "<speak><phoneme alphabet='ups' ph='a'>a</phoneme></speak>",
            "x-arpabet, not 'ups'",
        ),
        ("<!DOCTYPE speak [<!ENTITY a 'b'>]><speak>&a;</speak>", DECLARES),
        (
            "<!DOCTYPE speak [<!ENTITY a SYSTEM 'file:///x'>]><speak/>",
            "declares the entity 'a'",
        ),
        (
            "<!DOCTYPE speak [<!ENTITY % a SYSTEM 'http://127.0.0.1/'>%a;]><speak/>",
            "declares the entity 'a'",
        ),
        ("<!DOCTYPE speak SYSTEM 'http://127.0.0.1/x'><speak>&a;</speak>", "no entity &a;"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place_and_what_to_do(document: str, reason: str) -> None:
    with pytest.raises(InvalidMarkup, match=reason):
        ssml_blocks(Traced.of(document), Insets())


def test_laughs_by_the_billion_are_refused_at_once() -> None:
    laughs = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 10))
    document = f"<!DOCTYPE speak [<!ENTITY l0 'lol'>{laughs}]><speak>&l9;</speak>"
    with pytest.raises(InvalidMarkup, match="declares the entity 'l0'"):
        ssml_blocks(Traced.of(document), Insets())


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("<speak>", True),
        ("  <speak/>", True),
        ("<speak version='1.1'>", True),
        ("<?xml version='1.0'?>\n<!-- a -->\n<!DOCTYPE speak>\n<x:speak>", True),
        ("<speaker>", False),
        ("Say <speak>", False),
        ("<!-- <speak> -->", False),
    ],
)
def test_a_document_is_known_by_its_beginning(text: str, *, is_one: bool) -> None:
    assert is_ssml(text) is is_one


@pytest.mark.parametrize(
    ("rate", "pace"),
    [
        ("x-slow", 0.5), ("medium", 1.0), ("default", 1.0), ("X-Fast", 1.5), ("80%", 1.6),
        ("+20%", 2.4), ("-25%", 1.5), ("0.5", 1.0), ("1.5", 3.0), ("+0.5", 3.0),
    ],
)  # fmt: skip
def test_rates_count_from_those_around_them_and_names_from_the_requests(
    rate: str, pace: float
) -> None:
    assert pace_of(rate, 2.0) == pytest.approx(pace)


@pytest.mark.parametrize("rate", ["", "fastish", "0", "-100%", "-200%", "1e3", "%", "NaN", "120"])
def test_a_rate_that_is_none_is_refused(rate: str) -> None:
    with pytest.raises(ValueError, match="rate"):
        pace_of(rate, 1.0)


def test_a_break_says_how_long_in_seconds_or_in_words() -> None:
    assert break_s("1.5s", None) == 1.5
    assert break_s(" +20MS ", "strong") == 0.02
    assert break_s(None, None) == break_s(None, "medium") == 0.4
    assert break_s("0s", None) == break_s(None, "none") == 0.0


def test_the_encoding_that_a_declaration_names_is_that_of_the_bytes_that_are_gone() -> None:
    text = "<?xml version='1.0' encoding='utf-16'?><speak>é ☺</speak>"
    [block] = ssml_blocks(Traced.of(text), Insets())
    assert block.text.text == "é ☺"
