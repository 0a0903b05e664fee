"""What a worker process does: it is told which examples to read, and gives back batches."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.reduction import send_handle
from typing import Any

from tracegrad.data.failure import Failure
from tracegrad.data.fetch import Fetcher
from tracegrad.data.messages import Earlier, Job, NextPass, Reply, Task
from tracegrad.data.parcel import packed
from tracegrad.data.random_state import random_state, seed_worker, set_random_state
from tracegrad.data.segments import Outbox
from tracegrad.data.worker_info import WorkerInfo, set_worker_info

PARENT_CHECK = 2.0
"""Seconds between looks at whether the program still lives, should its end go unnoticed."""


def work(connection: Connection, job: Job, worker: int, earlier: Earlier | None) -> None:
    """The main function of a worker process: until the program closes the connection."""
    _own_signals()
    _one_thread()
    seed = seed_worker(job.base_seed, worker)
    set_worker_info(WorkerInfo(worker, job.num_workers, seed, job.reading.dataset))
    try:
        _Worker(connection, job, worker, earlier).run()
    except (EOFError, BrokenPipeError, ConnectionResetError):
        pass  # the program wants no more, or is no more


def _own_signals() -> None:
    """Forget the program's handlers; ctrl-c goes to the whole terminal and is the program's to
    answer. It was blocked until here, so that no worker ever shows a traceback for it.
    """
    signal.set_wakeup_fd(-1)  # of the program's event loop
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    # A function, not SIG_IGN, which programs that a dataset starts would inherit.
    signal.signal(signal.SIGINT, lambda number, frame: None)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _one_thread() -> None:
    """Matrix products of several processes with several threads each slow each other down."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)


class _Worker:
    """One worker, after its process is set up."""

    def __init__(
        self, connection: Connection, job: Job, number: int, earlier: Earlier | None
    ) -> None:
        self._connection, self._job, self._number = connection, job, number
        self._earlier = earlier
        self._parent = os.getppid()
        self._outbox = Outbox()

    def run(self) -> None:
        """Answer tasks until the connection closes."""
        fetcher = self._begun(self._job.init)
        while True:
            message = self._heard()
            if isinstance(message, NextPass):
                fetcher = self._begun(None)
            else:
                self._outbox.take_back(message.returned)
                self._answer(fetcher, message)

    def _begun(self, init: Callable[[int], None] | None) -> Fetcher | Failure:
        """What fetches a pass, or what every task is answered because the program's code failed."""
        try:
            if init is not None:
                init(self._number)
            return self._job.reading.begin()
        except Exception as error:
            return Failure.of(error, self._number)

    def _heard(self) -> Any:
        """What the program says next.

        Raises:
            EOFError: it says nothing more.
        """
        while not self._connection.poll(PARENT_CHECK):
            if os.getppid() != self._parent:
                raise EOFError
        return self._connection.recv()

    def _answer(self, fetcher: Fetcher | Failure, task: Task) -> None:
        descriptor = None
        try:
            if isinstance(fetcher, Failure):
                reply = Reply(task.number, failure=fetcher)
            else:
                reply, descriptor = self._read(fetcher, task)
        except StopIteration:
            reply = Reply(task.number, ended=True)
        except Exception as error:
            reply = Reply(task.number, failure=Failure.of(error, self._number))
        self._connection.send(reply)
        if descriptor is not None:
            send_handle(self._connection, descriptor, self._parent)
            os.close(descriptor)

    def _read(self, fetcher: Fetcher, task: Task) -> tuple[Reply, int | None]:
        """The batch, as it is sent."""
        if self._earlier is not None:
            self._catch_up(fetcher, self._earlier, task.index)
            self._earlier = None
        body, buffers = packed(fetcher.fetch(task.index))
        placed, descriptor = self._outbox.put([memoryview(random_state()), *buffers])
        return Reply(task.number, body, placed), descriptor

    def _catch_up(self, fetcher: Fetcher, earlier: Earlier, index: Any) -> None:
        """Stand where an earlier process stood."""
        try:
            for _ in range(earlier.batches):
                fetcher.skip(index)
        except StopIteration:
            raise RuntimeError(
                "DataLoader.load_state_dict: the dataset gives fewer examples than were read when "
                f"the state was made: this worker had {earlier.batches} batches"
            ) from None
        if earlier.random is not None:
            set_random_state(earlier.random)
