"""A session fed from a file that is written meanwhile, such as standard input."""

import asyncio
import codecs
import select
import threading
from concurrent.futures import CancelledError
from typing import BinaryIO

from nemo_voice_tts.live_text.session import LiveText

_CHUNK_BYTES = 4096
_LOOK_S = 0.02


async def feed(session: LiveText, source: BinaryIO) -> None:
    """Appends what a file has, as soon as it has it, and finishes the session at its end.

    The file is read in a thread that ends with the process: nobody can end a read of a terminal.
    """
    loop = asyncio.get_running_loop()
    chunks: asyncio.Queue[bytes | OSError] = asyncio.Queue(1)

    def read() -> None:
        try:
            chunk = b"."
            while chunk:
                chunk = _some_of(source)
                asyncio.run_coroutine_threadsafe(chunks.put(chunk), loop).result()
        except OSError as error:
            asyncio.run_coroutine_threadsafe(chunks.put(error), loop)
        except (RuntimeError, CancelledError):
            return  # the loop has ended, or ends

    threading.Thread(target=read, name="text", daemon=True).start()
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    try:
        while chunk := await chunks.get():
            if isinstance(chunk, OSError):
                raise chunk
            await _room_for(session, _CHUNK_BYTES)
            session.append(decoder.decode(chunk))
        session.append(decoder.decode(b"", final=True))
    finally:
        session.finish()


async def _room_for(session: LiveText, chars: int) -> None:
    # A document of SSML, which is read as a whole, never makes room: it is refused then.
    while session.free_chars < chars and not session.wants_text:  # noqa: ASYNC110 speech takes longer
        await asyncio.sleep(_LOOK_S)


def _some_of(source: BinaryIO) -> bytes:
    """Returns what there is to read, once there is something; nothing at the end."""
    # A buffer would be locked meanwhile, and Python aborts at its end for want of that lock.
    raw = getattr(source, "raw", source)
    while (data := raw.read(_CHUNK_BYTES)) is None:
        # Another program made the file one that does not wait, as some do with a terminal.
        select.select([raw], [], [])
    return data
