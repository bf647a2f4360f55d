"""Letters and joined words, as a voice with this lexicon reads them."""

import pytest

from nemo_voice_tts.text.initials import spelled

LEXICON = frozenset({"us", "nato", "stop", "it", "now", "git", "hub"})


@pytest.mark.parametrize(
    ("phrase", "said"),
    [
        ("at seven PM in the US", "at seven P M in the U S"),
        ("at nine AM", "at nine ay M"),
        ("NATO and the FBI agreed", "NATO and the F B I agreed"),
        ("STOP XYZQ NOW", "STOP X Y Z Q NOW"),
        ("I am here", "I am here"),
        ("the A P I", "the ay P I"),
        ("the U S A", "the U S ay"),
        ("an A plus in plan A", "an ay plus in plan ay"),
        ("vitamin A, please", "vitamin ay, please"),
        ("A bird in A Tale", "A bird in A Tale"),
        ("on GitHub and GitLab", "on Git Hub and GitLab"),
    ],
)
def test_letters_and_joined_words(phrase: str, said: str) -> None:
    assert spelled(phrase, LEXICON) == said
