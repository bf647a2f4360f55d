"""The parts of the benchmark of live sessions: levels, texts, the start of one, memory."""

import asyncio
import io
import math
import random
import wave
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import httpx

from benchmarks.inputs import CLIP_RATE_HZ, SEED, Clip
from benchmarks.live.metrics import Metrics
from benchmarks.live.results import Level, Start, Texts
from benchmarks.live.speaking import (
    BYTES_PER_MS,
    PAUSE_S,
    SILENCE_S,
    Spoken,
    Utterance,
    script_of,
    speak,
)
from benchmarks.measures import percentile, percentiles
from benchmarks.servers import Server
from nemo_voice_stt.self_test import word_error_rate, words

STAGGER_S = 5.0
"""Sessions begin within this, so that they do not speak in chorus."""
_CONNECTIONS = 8
_SHOWN = 5
"""Differing texts that are kept."""
_WHOLE_S = 7.9
"""A recording that is longer was cut, and says less than its text."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A level, and what its clients saw."""

    level: Level
    spoken: tuple[Spoken, ...]


def measured_level(
    server: Server, clips: Sequence[Clip], sessions: int, seconds: float, kept_s: float
) -> Measured:
    """Returns what so many sessions come to.

    Args:
        server: The service, ready.
        clips: What is said.
        sessions: How many speak at once.
        seconds: For how long, after all have begun.
        kept_s: Of the silence after it, what an utterance has.
    """
    return asyncio.run(_level(server, clips, sessions, seconds, kept_s))


def compared_levels(
    servers: tuple[Server, Server],
    clips: Sequence[Clip],
    sessions: int,
    seconds: float,
    kept_s: float,
) -> tuple[Measured, Measured]:
    """Returns the same level of two services at once, of which the second keeps all silence."""

    async def both() -> tuple[Measured, Measured]:
        early, late = servers
        return await asyncio.gather(
            _level(early, clips, sessions, seconds, kept_s),
            _level(late, clips, sessions, seconds, SILENCE_S),
        )

    return asyncio.run(both())


async def _level(
    server: Server, clips: Sequence[Clip], sessions: int, seconds: float, kept_s: float
) -> Measured:
    chance, loop = random.Random(SEED), asyncio.get_running_loop()
    began_s = loop.time()

    async def one(number: int) -> Spoken:
        waits_s = chance.uniform(0, STAGGER_S)
        script = script_of(clips, number * 5, STAGGER_S - waits_s + seconds)
        await asyncio.sleep(waits_s)
        return await speak(server.address, script)

    work = [asyncio.create_task(one(number)) for number in range(sessions)]
    await asyncio.sleep(STAGGER_S)
    before, before_s = await _metrics(server), _processor_s(server)
    await asyncio.sleep(seconds)
    taken_s = loop.time() - began_s - STAGGER_S
    added, cores = (await _metrics(server)).since(before), _processor_s(server) - before_s
    spoken = tuple(await asyncio.gather(*work))
    window = (began_s + STAGGER_S, began_s + STAGGER_S + taken_s)
    return Measured(_of(spoken, window, added, cores / taken_s, kept_s), spoken)


def _of(
    spoken: Sequence[Spoken],
    window: tuple[float, float],
    added: Metrics,
    cores: float,
    kept_s: float,
) -> Level:
    finals_s, stopped_s = [], []
    for one in spoken:
        for said in one.finished():
            if window[0] <= said.finished_s < window[1]:
                over_ms = said.ends_ms + 1000 * (SILENCE_S - kept_s)
                finals_s.append(said.finished_s - one.sent_at(over_ms))
                stopped_s.append(said.finished_s - said.stopped_s)
    used, vain = added.total("early_finals_total", "yes"), added.total("early_finals_total", "no")
    late_s = [late for one in spoken for late in one.late_s]
    return Level(
        sessions=len(spoken),
        failed=sum(one.failure is not None for one in spoken),
        utterances=len(finals_s),
        final_ms=_ms(finals_s),
        stopped_ms=_ms(stopped_s),
        partial_s=added.at_most_s("partial_seconds", (50, 95)),
        behind_s=added.at_most_s("behind_seconds", (95, 99)),
        early=used / max(1.0, added.total("final_seconds_count")),
        vain=round(vain),
        late_s=percentile(late_s, 99) if late_s else 0.0,
        cores=cores,
    )


def _ms(values_s: Sequence[float]) -> tuple[float, float, float] | None:
    return percentiles([1000 * value for value in values_s]) if values_s else None


async def _metrics(server: Server) -> Metrics:
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        return Metrics.of((await http.get(f"{server.address}/metrics")).text)


def _processor_s(server: Server) -> float:
    times = server.process.cpu_times()
    return float(times.user + times.system)


def compared_texts(
    servers: tuple[Server, Server],
    clips: Sequence[Clip],
    texts: Sequence[str],
    spoken: Iterable[Spoken],
    most: int,
) -> Texts:
    """Returns how the live transcripts compare with those of the same audio as files.

    Args:
        servers: The service that begins final transcripts in the silence, and the other one.
        clips: What was said.
        texts: The words of each.
        spoken: What the clients of the first one saw.
        most: How many utterances are compared.
    """
    found = [(one, said) for one in spoken for said in one.finished() if one.failure is None]
    return asyncio.run(_texts(servers, clips, texts, found[:most]))


async def _texts(
    servers: tuple[Server, Server],
    clips: Sequence[Clip],
    texts: Sequence[str],
    found: Sequence[tuple[Spoken, Utterance]],
) -> Texts:
    server, late = servers
    samples = [one.script.pcm[_place(said.begins_ms) : _place(said.ends_ms)] for one, said in found]
    as_files = await _transcribed(server, [_wav(pcm) for pcm in samples])
    pairs = [(said.text or "", text) for (_, said), text in zip(found, as_files, strict=True)]
    whole = await _transcribed(server, [clip.path.read_bytes() for clip in clips])
    script = script_of(clips, 0, sum(clip.duration_s + PAUSE_S for clip in clips))
    live = [
        [(texts[place], heard) for place, heard in _of_recordings(one, clips)]
        for one in [await speak(each.address, script, piece_s=0) for each in (server, late)]
    ]
    uncut = [place for place, clip in enumerate(clips) if clip.duration_s < _WHOLE_S]
    return Texts(
        utterances=len(pairs),
        equal=sum(live_text == file_text for live_text, file_text in pairs),
        differing=tuple(f"{one!r}, {other!r}" for one, other in pairs if one != other)[:_SHOWN],
        live_word_errors=_word_errors(live[0]),
        late_word_errors=_word_errors(live[1]),
        file_word_errors=_word_errors([(texts[place], whole[place]) for place in uncut]),
    )


def _of_recordings(spoken: Spoken, clips: Sequence[Clip]) -> list[tuple[int, str]]:
    """Returns what was heard live of each recording that was said whole."""
    heard, spans = [], spoken.script.spans
    begins = [span.begins_s - SILENCE_S for span in spans]
    for span, begin_s, end_s in zip(spans, begins, [*begins[1:], math.inf], strict=True):
        if clips[span.clip].duration_s < _WHOLE_S:
            said = (
                one.text or ""
                for one in spoken.finished()
                if begin_s <= one.begins_ms / 1000 < end_s
            )
            heard.append((span.clip, " ".join(said)))
    return heard


def _word_errors(pairs: Sequence[tuple[str, str]]) -> float:
    counts = [len(words(said)) for said, _ in pairs]
    wrong = [word_error_rate(*pair) * count for pair, count in zip(pairs, counts, strict=True)]
    return sum(wrong) / max(1, sum(counts))


async def _transcribed(server: Server, files: Sequence[bytes]) -> list[str]:
    limit = asyncio.Semaphore(_CONNECTIONS)
    async with httpx.AsyncClient(trust_env=False, timeout=60) as http:

        async def one(content: bytes) -> str:
            async with limit:
                response = await http.post(
                    f"{server.address}/v1/audio/transcriptions",
                    files={"file": ("said.wav", content)},
                )
            return str(response.raise_for_status().json()["text"])

        return await asyncio.gather(*map(one, files))


def measured_start(server: Server, clips: Sequence[Clip]) -> Start:
    """Returns how soon a single session hears and shows something."""
    spoken = asyncio.run(speak(server.address, script_of(clips, 0, 5.0)))
    first = next(iter(spoken.utterances.values()))
    loud_ms = first.begins_ms + 300  # without the padding before it
    sent_s = spoken.sent_at(loud_ms)
    shown_s = first.shown_s if first.shown_s is not None else first.finished_s
    return Start(
        greeted_ms=1000 * spoken.greeted_s,
        started_ms=1000 * (first.started_s - sent_s),
        shown_ms=1000 * (shown_s - sent_s),
    )


def _place(ms: int) -> int:
    return ms * BYTES_PER_MS


def _wav(pcm: bytes) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(CLIP_RATE_HZ)
        sound.writeframes(pcm)
    return file.getvalue()
