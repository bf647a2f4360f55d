"""`transcribe … --out FOLDER`: a folder, a manifest or many files, resumed by what is there."""

import asyncio
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Protocol

from nemo_voice_serving.errors import InvalidRequest, VoiceError
from nemo_voice_serving.runtime.runtime import Runtime
from nemo_voice_serving.settings import MAX_S
from nemo_voice_stt import __version__
from nemo_voice_stt.archive.engine import Engine, Limits
from nemo_voice_stt.archive.errors import ArchiveRefused, SinkFailed, reason_of, shown
from nemo_voice_stt.archive.folder import Ignored
from nemo_voice_stt.archive.names import FAILED, TRANSCRIPTS
from nemo_voice_stt.archive.progress import Progress, State
from nemo_voice_stt.archive.result_manifest import write_manifest
from nemo_voice_stt.archive.run_record import RunRecord
from nemo_voice_stt.archive.sink import FolderSink
from nemo_voice_stt.archive.survey import Once, Outputs, Survey, survey
from nemo_voice_stt.archive.transcriber import Transcriber
from nemo_voice_stt.cli.archive_display import displayed, lasting
from nemo_voice_stt.cli.archive_request import ArchiveRequest, Contradiction
from nemo_voice_stt.settings import SttSettings
from nemo_voice_stt.transcription.transcription import Transcription

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_OK, _FAILED, _USAGE, _SIGNALLED = 0, 1, 2, 128
_SHOWN = 3
"""So many inputs are named."""
_QUEUE_S = 10_000_000.0
_PIECES_AHEAD = 4
"""Of one recording; there are others to fill a batch with."""
_BATCHES_AHEAD = 3
"""One that runs, one that waits, and one that is decoded."""


class ArchiveService(Protocol):
    """What loads the model: the service, without HTTP in front of it."""

    runtime: Runtime
    """Knows the model, once it is loaded."""

    def running(self) -> AbstractAsyncContextManager[Transcription]:
        """Yields the use case once it is ready."""
        ...

    def languages(self) -> Sequence[str]:
        """Returns the codes of what the model understands."""
        ...


StartService = Callable[[SttSettings], ArchiveService]


def unhurried(settings: SttSettings) -> SttSettings:
    """Returns the settings of a service on which nobody waits: nothing is refused or too late."""
    return settings.model_copy(
        update={
            "max_queue_audio_s": _QUEUE_S,
            "request_timeout_s": float(MAX_S),
            "pieces_ahead": min(settings.pieces_ahead, _PIECES_AHEAD),
        }
    )


def transcribe_archive(request: ArchiveRequest, settings: SttSettings, start: StartService) -> int:
    """Transcribes the inputs into the folder and returns the exit status.

    0: all is done; 1: some failed, or the outputs cannot be written; 2: the request contradicts
    itself, the model or what is in the folder; 128 and the signal's number: it was stopped.

    Args:
        request: What to do.
        settings: Those of `serve`.
        start: Makes the service, once there is something to do.
    """
    sink = FolderSink(request.out)
    try:
        run = _Run(request, unhurried(settings), start, sink)
        with sink.open():
            return run.status()
    except (ArchiveRefused, Contradiction) as error:
        _say(str(error))
        return _USAGE
    except SinkFailed as error:
        _say(f"{error}. What is written is whole; the same command goes on with the rest.")
    except OSError as error:
        _say(f"{shown(error.filename or '')}: {reason_of(error)}")
    except VoiceError as error:
        _say(f"{error.message} The same command goes on with what is not done.")
    except KeyboardInterrupt:
        return _SIGNALLED + signal.SIGINT
    return _FAILED


class _Run:
    def __init__(
        self, request: ArchiveRequest, settings: SttSettings, start: StartService, sink: FolderSink
    ) -> None:
        self._request = request
        self._settings = settings
        self._start = start
        self._sink = sink
        self._ignored = Ignored()
        self._source = request.source(self._ignored)
        self._outputs = Outputs(sink, request.options.formats)
        self._stopped_by: int | None = None

    def status(self) -> int:
        """Runs it all and returns the exit status."""
        record = RunRecord(self._sink, self._request.recorded())
        record.refuse_other_options()
        _say(f"looking at {', '.join(map(shown, self._request.inputs[:_SHOWN]))}")
        found = survey(self._source, self._outputs)
        if record.is_first and found.foreign:
            raise ArchiveRefused(
                "no run has written into --out yet, but files are there that it would take for"
                f" its own: {', '.join(map(shown, found.foreign))}; name another --out"
            )
        self._tell(found)
        if found.recordings == found.done and not found.refused:
            self._sink.write(FAILED, b"")
            return self._end(found, None)
        with _interruptible():
            state = asyncio.run(self._transcribe(found, record))
        if self._stopped_by is not None:
            _say("stopped; the same command goes on with what is not done")
            return _SIGNALLED + self._stopped_by
        return self._end(found, state)

    def _tell(self, found: Survey) -> None:
        ignored = f"; ignored: {self._ignored}" if self._ignored.files else ""
        before = f", {found.done:,} done before" if found.done else ""
        _say(f"{found.recordings:,} files{before}{ignored}")

    async def _transcribe(self, found: Survey, record: RunRecord) -> State:
        service = self._start(self._settings)
        options = self._request.options
        async with service.running() as transcription:
            transcriber = Transcriber(transcription, options, service.languages())
            try:
                transcriber.refuse_impossible()
            except InvalidRequest as error:
                raise ArchiveRefused(f"--{error.message}") from error
            record.begin(self._model(service), __version__)
            with self._sink.growing(FAILED) as write_failure:
                progress = Progress(found)
                engine = Engine(
                    transcriber, self._outputs, options, self._limits(), progress, write_failure
                )
                with self._signals(engine):
                    async with displayed(progress.state, sys.stderr):
                        await engine.run(self._source(), Once(self._outputs, found.repeated))
            return progress.state()

    def _model(self, service: ArchiveService) -> dict[str, object]:
        model = service.runtime.model
        return {
            "source": model.source,
            "revision": model.revision,
            "decoder": self._settings.decoder,
            "piece-s": self._settings.piece_s,
            "precision": self._settings.precision,
        }

    def _limits(self) -> Limits:
        settings = self._settings
        return Limits(
            files=_BATCHES_AHEAD * settings.batching.max_items,
            ahead_s=_BATCHES_AHEAD * max(settings.max_batch_audio_s, settings.piece_s),
            ahead_of_one_s=settings.pieces_ahead * settings.piece_s,
        )

    @contextmanager
    def _signals(self, engine: Engine) -> Iterator[None]:
        """Stops the engine at the first signal; a second one ends the process as always."""
        loop = asyncio.get_running_loop()

        def stop(number: int) -> None:
            self._stopped_by = number
            restore()
            engine.stop()

        def restore() -> None:
            for one in _SIGNALS:
                loop.remove_signal_handler(one)

        for one in _SIGNALS:
            loop.add_signal_handler(one, stop, one)
        try:
            yield
        finally:
            restore()

    def _end(self, found: Survey, state: State | None) -> int:
        once = Once(self._outputs, found.repeated)
        has_texts = write_manifest(self._source, once, self._sink, self._request.options)
        out = shown(self._request.out)
        if state is None:
            done = (
                f"all were done before; they are in {out}"
                if found.done
                else "no recording is there"
            )
            _say(done)
            return _OK
        where = f"{out}/{TRANSCRIPTS}" if has_texts else out
        took = f"{lasting(state.audio_s)} of audio in {lasting(state.elapsed_s)}"
        _say(f"{state.done:,} done, {took}, {state.speed:.3g}x real time; {where}")
        if state.failed:
            _say(f"{state.failed:,} failed, and will be tried again; {out}/{FAILED}")
            return _FAILED
        return _OK


@contextmanager
def _interruptible() -> Iterator[None]:
    """Lets Ctrl-C end the process at once while the model is loaded, which no exception can."""
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.SIG_IGN:  # as a shell has it for what runs in the background
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _say(text: str) -> None:
    sys.stderr.write(f"transcribe: {text}\n")
