"""Every tokenizer's pieces are spelled SentencePiece's way, and signals are known."""

from collections.abc import Sequence

from nemo_voice_stt.backends.transducer_ctc.vocabulary import Vocabulary


class Pieces:
    """A tokenizer of these pieces."""

    def __init__(self, *pieces: str) -> None:
        self._pieces = pieces
        self.vocab_size = len(pieces)

    def ids_to_tokens(self, numbers: Sequence[int]) -> list[str]:
        return [self._pieces[number] for number in numbers]

    def ids_to_text(self, numbers: Sequence[int]) -> str:
        return "".join(self.ids_to_tokens(numbers)).replace("▁", " ").strip()

    def text_to_ids(self, text: str) -> list[int]:
        return [self._pieces.index(letter) for letter in text if letter in self._pieces]


def test_labels_of_characters_have_a_space_before_words() -> None:
    vocabulary = Vocabulary(labels=[" ", "a", "ñ", "'"])
    assert vocabulary.pieces == ("▁", "a", "ñ", "'")
    assert vocabulary.text_of([1, 0, 2, 3]) == "a ñ'"
    assert vocabulary.can_spell("a ñ")
    assert not vocabulary.can_spell("ab")
    assert not vocabulary.can_spell("")
    assert not vocabulary.is_aggregate


def test_pieces_of_wordpiece_are_marked_where_words_begin() -> None:
    vocabulary = Vocabulary(Pieces("[UNK]", "hel", "##lo", "world", ",", "##'s"))
    assert vocabulary.pieces == ("▁[UNK]", "▁hel", "lo", "▁world", "▁,", "'s")


def test_signals_are_known_and_other_marks_are_not_taken_for_them() -> None:
    pieces = ("<unk>", "<EOU>", "▁<EOB>", "<en-US>", "<yue-HK>", "<b>", "a", "<0x41>", "<pad>")
    vocabulary = Vocabulary(Pieces(*pieces))
    assert {pieces[number] for number in vocabulary.signals} == {
        "<EOU>",
        "▁<EOB>",
        "<en-US>",
        "<yue-HK>",
    }


def test_capitals_of_marks_do_not_make_a_vocabulary_cased() -> None:
    assert not Vocabulary(Pieces("<EOU>", "<0xAF>", "▁a")).is_cased
    assert Vocabulary(Pieces("▁Ab")).is_cased
