"""The worker processes of a loader, from the program's side: started, told, heard, stopped."""

from __future__ import annotations

import os
import select
import signal
import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.reduction import recv_handle
from typing import Any, NoReturn

from tracegrad.data.blame import shortened
from tracegrad.data.messages import Earlier, Job, NextPass, Reply, Task
from tracegrad.data.parcel import unpacked
from tracegrad.data.pickling import blame_pickling
from tracegrad.data.segments import Inbox
from tracegrad.data.worker import work

LIFE_CHECK = 5.0
"""Seconds between looks at whether the workers live; a death is mostly told at once."""
GRACE = 5.0
"""Seconds that a worker has to finish its batch when nobody needs it any more."""

_open_ends: weakref.WeakSet[Connection] = weakref.WeakSet()
"""The program's ends of all connections. A process that is forked must not keep them open, or the
other workers would not notice when the program is gone.
"""


def _close_inherited() -> None:
    for connection in list(_open_ends):
        connection.close()
    _open_ends.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_inherited)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a worker replied, and the memory that came with it.

    Attributes:
        random: state of the worker's random numbers after the batch.
        buffers: of the batch's arrays.
    """

    worker: int
    reply: Reply
    random: bytes
    buffers: list[Any]

    def batch(self) -> Any:
        """The batch, or the worker's exception raised again."""
        if self.reply.failure is not None:
            self.reply.failure.raise_again()
        return unpacked(self.reply.body, self.buffers)


class Crew:
    """The processes, and what each was asked and has not answered.

    Attributes:
        stopped: whether they were ended.

    Raises:
        NotImplementedError: the system has no Unix sockets, over which memory is handed on.
    """

    def __init__(self, context: BaseContext, job: Job, earlier: Sequence[Earlier | None]) -> None:
        if os.name != "posix":
            raise NotImplementedError(
                "DataLoader(num_workers > 0): worker processes need Linux or macOS\n"
                "  try: num_workers=0"
            )
        self._owner = os.getpid()
        self._processes: list[Any] = []
        self._connections: list[Connection] = []
        self._inboxes: list[Inbox] = []
        self._asked: list[dict[int, Any]] = []  # of each worker: index by number of the task
        self._dead: list[int] = []
        self._worker_at: dict[int, int] = {}  # by descriptor
        self._poll = select.poll()
        self._grace = GRACE
        self.stopped = False
        try:
            for worker in range(job.num_workers):
                self._start(context, job, worker, earlier[worker])
        except BaseException:
            self.stop()
            raise

    def _start(self, context: Any, job: Job, worker: int, earlier: Earlier | None) -> None:
        ours, theirs = context.Pipe(duplex=True)
        _open_ends.add(ours)
        process = context.Process(
            target=work, args=(theirs, job, worker, earlier), daemon=True,
            name=f"DataLoader worker {worker}",
        )  # fmt: skip
        self._connections.append(ours)
        try:
            with _interrupts_blocked():
                process.start()
        except Exception as error:
            blame_pickling(error, job, context.get_start_method())
            raise
        finally:
            theirs.close()
        self._processes.append(process)
        self._inboxes.append(Inbox())
        self._asked.append({})
        self._poll.register(ours.fileno(), select.POLLIN)
        self._worker_at[ours.fileno()] = worker

    def pids(self) -> list[int]:
        """Of the processes, by number of the worker."""
        return [process.pid for process in self._processes]

    # -- asking --------------------------------------------------------------------------------

    def ask(self, worker: int, number: int, index: Any) -> None:
        """Let a worker read a batch."""
        self._tell(worker, Task(number, index, self._inboxes[worker].take_returned()))
        self._asked[worker][number] = index

    def begin_next_pass(self) -> None:
        """Let all workers begin the dataset again, after what they were asked before."""
        for worker in range(len(self._connections)):
            self._tell(worker, NextPass())

    def _tell(self, worker: int, message: Task | NextPass) -> None:
        try:
            self._connections[worker].send(message)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it is dead, which is told when its batch is due

    # -- hearing -------------------------------------------------------------------------------

    def hear(self, timeout: float, due: int | None) -> Answer:
        """The next answer of any worker.

        Args:
            timeout: seconds; 0 waits for ever.
            due: the worker whose answer nothing goes on without, so that the batches before it are
                given although it died; `None` for any.

        Raises:
            RuntimeError: a worker died, or nobody answered in time.
        """
        while True:
            if self._dead and (due is None or due in self._dead):
                self._report_deaths()
            worker = self._ready(timeout)
            if worker in self._dead:
                continue
            try:
                reply: Reply = self._connections[worker].recv()
                is_new = reply.placed is not None and reply.placed.new
                descriptor = recv_handle(self._connections[worker]) if is_new else None
            except (EOFError, ConnectionResetError):
                self._bury(worker)
            else:
                return self._opened(worker, reply, descriptor)

    def _bury(self, worker: int) -> None:
        """Expect nothing of a worker any more."""
        self._poll.unregister(self._connections[worker].fileno())
        self._dead.append(worker)

    def _opened(self, worker: int, reply: Reply, descriptor: int | None) -> Answer:
        del self._asked[worker][reply.number]
        if reply.placed is None:
            return Answer(worker, reply, b"", [])
        random, *buffers = self._inboxes[worker].open(reply.placed, descriptor)
        return Answer(worker, reply, random.tobytes(), buffers)

    def _ready(self, timeout: float) -> int:
        """A worker that has something to tell, if only that it is gone."""
        start = time.monotonic()
        while True:
            left = timeout - (time.monotonic() - start) if timeout else LIFE_CHECK
            for descriptor, _ in self._poll.poll(max(0.0, min(left, LIFE_CHECK)) * 1000):
                return self._worker_at[descriptor]
            for worker, process in enumerate(self._processes):
                if worker not in self._dead and not process.is_alive():
                    if not self._connections[worker].poll():  # held open by what it started
                        self._bury(worker)
                    return worker
            if timeout and left <= 0:
                self._report_lateness(timeout)

    # -- what went wrong -----------------------------------------------------------------------

    def _report_deaths(self) -> NoReturn:
        """Say who died, of what, at which examples."""
        for worker in self._dead:
            self._processes[worker].join(1)
        pids = ", ".join(str(self._processes[worker].pid) for worker in self._dead)
        lines = [f"DataLoader worker (pid(s) {pids}) exited unexpectedly"]
        for worker in self._dead:
            lines.append(f"  worker {worker} {_end_of(self._processes[worker].exitcode)}")
            for number, index in list(self._asked[worker].items())[:1]:
                lines.append(f"    while reading {_called(index)} (task {number})")
        lines.append(
            "  try: num_workers=0, which shows what the dataset does in this process; for lack of "
            "memory a smaller batch_size, prefetch_factor or fewer workers"
        )
        self.stop(grace=0)
        raise RuntimeError("\n".join(lines))

    def _report_lateness(self, timeout: float) -> NoReturn:
        lines = [f"DataLoader timed out after {timeout} seconds"]
        for worker, asked in enumerate(self._asked):
            for index in list(asked.values())[:1]:
                lines.append(
                    f"  worker {worker} (pid {self._processes[worker].pid}) reads {_called(index)}"
                )
        lines.append("  try: a larger timeout, or 0 to wait for ever")
        self._grace = 0.0  # they were given time enough
        raise RuntimeError("\n".join(lines))

    # -- the end -------------------------------------------------------------------------------

    def stop(self, grace: float | None = None) -> None:
        """End all processes: first they are asked, then they are made to.

        Args:
            grace: seconds to finish what they are doing, `GRACE` if `None`.
        """
        if self.stopped or os.getpid() != self._owner:  # the second: a fork's copy of us
            return
        self.stopped = True
        try:
            for connection in self._connections:
                connection.close()
            until = time.monotonic() + (self._grace if grace is None else grace)
            for process in self._processes:
                process.join(max(0.0, until - time.monotonic()))
        finally:
            for process in self._processes:
                if process.is_alive():
                    process.terminate()
            for process in self._processes:
                process.join(1)
                if process.is_alive():
                    process.kill()
                    process.join()


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """A process that is started inside begins with ctrl-c blocked, until it has its own answer."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_of(exitcode: int | None) -> str:
    if exitcode is None:
        return "closed its connection"
    if exitcode >= 0:
        return f"exited with code {exitcode}"
    name = signal.strsignal(-exitcode)
    return f"is killed by signal: {name}" + (
        " (by somebody, or by the system for lack of memory)" if exitcode == -9 else ""
    )


def _called(index: Any) -> str:
    return f"items {shortened(index)}" if isinstance(index, list | tuple) else f"item {index!r}"
