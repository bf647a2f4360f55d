"""Recognises a file by its first bytes, where the upload's Content-Type says raw samples."""

import re

from nemo_voice_serving.audio.mp4_tables import begins_with_a_box

HEAD_BYTES = 1 << 13
"""As much of a file as is looked at: three frames of any MP3, or AAC."""

# Samples without a header begin like one of these by chance once in 2^24 files at most.
_SIGNATURE = re.compile(
    rb"RIFF....(?:WAVE|AVI )|RIFX....WAVE|RF64....WAVE|riff\x2e\x91\xcf\x11"
    rb"|fLaC[\x00-\x06\x80-\x86]|OggS\x00[\x00-\x07]|FORM....AIF[FC]|caff\x00\x01|\.snd\x00\x00"
    rb"|ID3[\x02-\x04][^\xff].[\x00-\x7f]{4}|\x1a\x45\xdf\xa3[\x01-\xff]|#!AMR|FLV\x01"
    rb"|\x30\x26\xb2\x75\x8e\x66\xcf\x11|\x00\x00\x01\xba[\x20-\x7f]|wvpk|MAC |TTA1|tBaK|DSD "
    rb"|(?:\x47.{187}){2}\x47",
    re.DOTALL,
)
_FRAMES = 3
"""So many frames in a row are no chance."""
_ADTS = re.compile(rb"\xff[\xf0\xf1\xf8\xf9].{5}", re.DOTALL)
_MPEG = re.compile(rb"\xff[\xe2-\xe5\xf2-\xf5\xfa-\xfd][\x10-\xef]")
_MPEG_RATES_HZ = (44_100, 48_000, 32_000)
_VERSION_PARTS = {3: 1, 2: 2, 0: 4}
"""By MPEG's number of a version, the part of these rates that it has."""
_LAYER_2, _LAYER_3 = 2, 1
_KBITS = {
    (True, _LAYER_3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (True, _LAYER_2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (False, _LAYER_3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, _LAYER_2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""By whether it is the first version, and the layer."""


def names_its_format(head: bytes) -> bool:
    """Returns whether a file that begins so says by itself what it is, whatever its type says."""
    return bool(_SIGNATURE.match(head)) or begins_with_a_box(head) or _begins_with_frames(head)


def _begins_with_frames(head: bytes) -> bool:
    """Returns whether the head of an MP3 or AAC without a container is followed by more of them."""
    place = 0
    for _ in range(_FRAMES):
        length = _frame_bytes(head, place)
        if length == 0:
            return False
        place += length
    return True


def _frame_bytes(head: bytes, place: int) -> int:
    """Returns the length of the frame that begins there; 0 where none does."""
    if _ADTS.match(head, place):
        return int.from_bytes(head[place + 3 : place + 6], "big") >> 5 & 0x1FFF
    if not _MPEG.match(head, place):
        return 0
    _, kind, numbers = head[place : place + 3]
    parts, layer = _VERSION_PARTS[kind >> 3 & 3], kind >> 1 & 3
    rate = numbers >> 2 & 3
    if rate >= len(_MPEG_RATES_HZ):
        return 0
    per_kbit = 144_000 if parts == 1 or layer == _LAYER_2 else 72_000
    kbits = _KBITS[parts == 1, layer][numbers >> 4]
    return per_kbit * kbits * parts // _MPEG_RATES_HZ[rate] + (numbers >> 1 & 1)
