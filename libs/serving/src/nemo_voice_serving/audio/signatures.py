"""Recognises a container by its first bytes, where the upload's Content-Type says raw samples."""

import re

from nemo_voice_serving.audio.mp4_tables import begins_with_a_box

HEAD_BYTES = 400
"""As much of a file as is looked at."""

# Samples without a header begin like one of these by chance once in 2^24 files at most.
_SIGNATURE = re.compile(
    rb"RIFF....(?:WAVE|AVI )|RIFX....WAVE|RF64....WAVE|riff\x2e\x91\xcf\x11"
    rb"|fLaC[\x00-\x06\x80-\x86]|OggS\x00[\x00-\x07]|FORM....AIF[FC]|caff\x00\x01|\.snd\x00\x00"
    rb"|ID3[\x02-\x04][^\xff].[\x00-\x7f]{4}|\x1a\x45\xdf\xa3[\x01-\xff]|#!AMR|FLV\x01"
    rb"|\x30\x26\xb2\x75\x8e\x66\xcf\x11|\x00\x00\x01\xba[\x20-\x7f]|wvpk|MAC |TTA1|tBaK|DSD "
    rb"|(?:\x47.{187}){2}\x47",
    re.DOTALL,
)


def names_its_format(head: bytes) -> bool:
    """Returns whether a file that begins so says by itself what it is, whatever its type says."""
    return bool(_SIGNATURE.match(head)) or begins_with_a_box(head)
