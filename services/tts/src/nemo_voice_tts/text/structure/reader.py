"""The blocks of a text, whatever it is written in; and what it is written in, where nobody says."""

import re

from nemo_voice_tts.errors import InvalidMarkup
from nemo_voice_tts.text.en import ENGLISH
from nemo_voice_tts.text.insets import PLACEHOLDERS, Insets
from nemo_voice_tts.text.language import Language
from nemo_voice_tts.text.structure.blocks import Block, BlockBuilder, TextFormat
from nemo_voice_tts.text.structure.html import add_html, html_blocks
from nemo_voice_tts.text.structure.html_tags import BLOCKS, is_document, real_tags
from nemo_voice_tts.text.structure.markdown import markdown_blocks
from nemo_voice_tts.text.structure.plain import plain_blocks
from nemo_voice_tts.text.structure.ssml import is_ssml, ssml_blocks
from nemo_voice_tts.text.traced import Traced

_ODD = re.compile(
    rf"\r\n?|[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029\ufeff\ud800-\udfff{PLACEHOLDERS}]"
)
"""Line breaks of other systems, and characters that mean nothing or would be taken for our own."""
_LINE_BREAKS = {
    **dict.fromkeys(("\r", "\r\n", "\x0b", "\x0c", "\x85", "\u2028"), "\n"),
    "\u2029": "\n\n",
    "\ufeff": "",
}
_MARKUP = re.compile(
    r"[*_`|]|~~|\]\(|\]\[|\]:|\[\^|<[A-Za-z/!]|&#?\w+;|\\(?:[^\w\s]|\n)|\$(?=[^\s\d])"
    r"|^ {0,3}(?:#{1,6}[ \t]|>)",
    re.MULTILINE,
)
"""What Markdown, tags or entities have, and plain text may have."""
_SSML_TAG = re.compile(
    r"<(?:break\s+(?:time|strength)|prosody\s+rate|say-as\s+interpret-as|phoneme\s+(?:alphabet|ph)"
    r"|sub\s+alias|voice\s+name)\s*="
)
_BLOCK_TAG = re.compile(r"\s*<(\w+)")


def blocks_of(
    text: str,
    text_format: TextFormat,
    insets: Insets,
    language: Language = ENGLISH,
) -> list[Block]:
    """Returns the blocks of a text.

    Args:
        text: As the client sent it.
        text_format: What it is written in.
        insets: What the pronunciations in it are added to.
        language: What the voice speaks.

    Raises:
        InvalidMarkup: It is SSML, and wrong.
    """
    source = Traced.of(text).sub(_ODD, lambda found: _LINE_BREAKS.get(found[0], " "))
    match text_format:
        case TextFormat.PLAIN:
            return plain_blocks(source)
        case TextFormat.MARKDOWN:
            return markdown_blocks(source)
        case TextFormat.HTML:
            return html_blocks(source)
        case TextFormat.SSML:
            return ssml_blocks(source, insets, language)
        case TextFormat.AUTO:
            return _blocks_of_unknown(source, insets, language)


def _blocks_of_unknown(source: Traced, insets: Insets, language: Language) -> list[Block]:
    text = source.text
    if _MARKUP.search(text) is None:
        return plain_blocks(source)
    if is_ssml(text):
        return ssml_blocks(source, insets, language)
    if _SSML_TAG.search(text) and (blocks := _blocks_of_fragment(source, insets, language)):
        return blocks
    if is_document(text):
        return html_blocks(source)
    begins = _BLOCK_TAG.match(text)
    if begins is not None and begins[1].lower() in (elements := real_tags(text)) & BLOCKS:
        builder = BlockBuilder()
        add_html(source, builder, elements)
        return builder.blocks()
    return markdown_blocks(source, is_careful=True)


def _blocks_of_fragment(source: Traced, insets: Insets, language: Language) -> list[Block]:
    """Returns the blocks of SSML that lacks its `<speak>`; none where it is no SSML after all."""
    end = len(source)
    document = Traced.joined(
        [source.replaced(0, 0, "<speak>"), source, source.replaced(end, end, "</speak>")]
    )
    try:
        ssml_blocks(document, Insets())
    except InvalidMarkup:
        return []
    return ssml_blocks(document, insets, language)
