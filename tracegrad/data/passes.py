"""One pass over a dataset: the iterators of a loader."""

from __future__ import annotations

import warnings
import weakref
from collections import Counter
from collections.abc import Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from tracegrad.data.fetch import Fetcher
from tracegrad.data.position import Position
from tracegrad.dtypes import int64
from tracegrad.ops.install import functions

if TYPE_CHECKING:
    from tracegrad.data.crew import Answer
    from tracegrad.data.loader import DataLoader

SHORT_GRACE = 0.5
"""Seconds that workers have to finish after ctrl-c: somebody waits at the terminal."""


class Pass:
    """Gives the batches of a loader, one after the other. (It does not keep the loader, which keeps
    the pass if workers live on: both are to go as soon as the program has no more use for them.)

    Attributes:
        position: how far it has come.
    """

    position: Position
    _indices: Iterator[Any]
    _told_length: int | None

    def __init__(self, loader: DataLoader[Any]) -> None:
        self._reading = loader._reading()
        self._index_sampler = loader._index_sampler
        self._num_workers = loader.num_workers

    def __iter__(self) -> Pass:
        return self

    def __next__(self) -> Any:
        batch = self._next_batch()
        if self._told_length is not None and self.position.given == self._told_length + 1:
            self._warn_of_length(self._told_length)
        return batch

    def __len__(self) -> int:
        return len(self._index_sampler)

    def __getstate__(self) -> Any:
        raise NotImplementedError(f"{type(self).__name__} cannot be pickled")

    def _next_batch(self) -> Any:
        raise NotImplementedError

    # -- the beginning -------------------------------------------------------------------------

    def _begin(self, loader: DataLoader[Any], earlier: Position | None = None) -> None:
        """Draw the order of examples, or draw it again as a loaded state says.

        Args:
            earlier: where the workers that live on have come to.
        """
        state, loader._loaded = loader._loaded, None
        self._told_length = loader._told_length
        self.position = position = Position(loader._generators(), loader.num_workers)
        if earlier is not None:
            position.follow(earlier)
        if state is not None:
            position.resume_workers(state)
        if state is None or not state["in_progress"]:
            self._draw(loader)
        else:
            with position.drawing_again(state):
                self._draw(loader)
                for index in islice(self._indices, state["given"]):
                    if self._has_skipped(index):
                        position.go_past(index)
                self._look_ahead()
        loader._position = position

    def _draw(self, loader: DataLoader[Any]) -> None:
        """What draws random numbers when a pass begins, in PyTorch's order."""
        self._indices = iter(self._index_sampler)
        if self.position.seeded:
            # Without workers too, so that what the program draws meanwhile is the same.
            seed = functions["empty"]((), dtype=int64).random_(generator=loader.generator)
            self.position.base_seed = int(seed.item())

    def _has_skipped(self, index: Any) -> bool:
        """Go past a batch that an earlier process gave; whether there was one."""
        return True

    def _look_ahead(self) -> None:
        """Draw the numbers that the earlier process had drawn for batches to come."""

    def _warn_of_length(self, expected: int) -> None:
        """Say that a stream gives more than it said it would, as one does that is read twice."""
        advice = (
            "\n  try: let __iter__ of the dataset give each worker its own part: get_worker_info()"
            if self._num_workers > 1
            else ""
        )
        warnings.warn(
            f"Length of IterableDataset {type(self._reading.dataset).__name__} was reported to be "
            f"{expected} batches (when accessing len(dataloader)), but {expected + 1} have been "
            f"fetched.{advice}",
            stacklevel=3,
        )


class PassHere(Pass):
    """Reads in this process."""

    _fetcher: Fetcher

    def __init__(self, loader: DataLoader[Any]) -> None:
        super().__init__(loader)
        if loader.timeout != 0:
            raise AssertionError(
                "DataLoader without workers requires timeout == 0: nobody can stop a dataset that "
                "reads in this process\n  try: num_workers=1"
            )
        self._begin(loader)

    def _draw(self, loader: DataLoader[Any]) -> None:
        super()._draw(loader)
        self._fetcher = self._reading.begin()

    def _has_skipped(self, index: Any) -> bool:
        try:
            self._fetcher.skip(index)
        except StopIteration:  # of a stream that has become shorter
            return False
        return True

    def _next_batch(self) -> Any:
        position = self.position
        try:
            index = next(self._indices)
        except StopIteration:
            position.in_progress = False
            raise
        try:
            batch = self._fetcher.fetch(index)
        except StopIteration:  # of a stream
            position.in_progress = False
            raise
        except Exception:
            position.go_past(index)  # a program that goes on does so with the next batch
            raise
        position.go_past(index)
        return batch


class PassByWorkers(Pass):
    """Lets worker processes read ahead, and gives their batches in the order of the sampler."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        from tracegrad.data.crew import Crew
        from tracegrad.data.messages import Job

        super().__init__(loader)
        self._timeout, self._in_order = loader.timeout, loader.in_order
        self._lives_on = loader.persistent_workers
        assert loader.prefetch_factor is not None  # the loader's own default
        self._most = loader.prefetch_factor * loader.num_workers
        self._failure = ""
        self._begin(loader)
        job = Job(self._reading, self.position.base_seed, self._num_workers, loader.worker_init_fn)
        earlier = [self.position.earlier(worker) for worker in range(self._num_workers)]
        self._crew = Crew(loader._context(), job, earlier)
        weakref.finalize(self, self._crew.stop)
        self._asked = 0
        self._ask_first()

    def _look_ahead(self) -> None:
        ahead = list(islice(self._indices, self._most))
        self._indices = chain(ahead, self._indices)

    def begin_again(self, loader: DataLoader[Any]) -> None:
        """The next pass, by the same processes."""
        try:
            self._drain()
            self._crew.begin_next_pass()
            self._begin(loader, self.position)
            self._ask_first()
        except BaseException as error:
            self._check_workers(error)
            raise

    @property
    def is_alive(self) -> bool:
        """Whether the processes can be used for another pass."""
        return not self._crew.stopped

    def stop(self) -> None:
        """End the processes."""
        self._crew.stop()

    # -- asking --------------------------------------------------------------------------------

    def _ask_first(self) -> None:
        self._open: dict[int, tuple[int, Any]] = {}
        """Worker and index of each batch that was asked for and not given, in order."""
        self._arrived: dict[int, Answer] = {}
        self._ended: set[int] = set()
        self._next_worker = (self.position.last_worker + 1) % self._num_workers
        self._ask()

    def _ask(self) -> None:
        """Ask for batches until enough are on their way."""
        while len(self._open) < self._most:
            worker = self._chosen_worker()
            if worker is None:
                return
            try:
                index = next(self._indices)
            except StopIteration:
                return
            self._next_worker = (worker + 1) % self._num_workers
            self._open[self._asked] = worker, index
            self._crew.ask(worker, self._asked, index)
            self._asked += 1

    def _chosen_worker(self) -> int | None:
        """Whose turn it is; out of order, who has little to do. `None` if there is nobody."""
        turns = (
            (self._next_worker + step) % self._num_workers for step in range(self._num_workers)
        )
        active = [worker for worker in turns if worker not in self._ended]
        if not self._in_order:
            busy = Counter(worker for worker, _ in self._open.values())
            active = [worker for worker in active if busy[worker] < self._most // len(active)]
        return active[0] if active else None

    # -- giving --------------------------------------------------------------------------------

    def _next_batch(self) -> Any:
        if self._failure:
            raise RuntimeError(self._failure)
        try:
            while self._open:
                answer = self._next_answer()
                worker, index = self._open.pop(answer.reply.number)
                if answer.reply.ended:
                    self._ended.add(worker)
                self._ask()
                if not answer.reply.ended:
                    self._note(answer, index)
                    return answer.batch()
        except BaseException as error:
            self._check_workers(error)
            raise
        self.position.in_progress = False
        if not self._lives_on:
            self._crew.stop()
        raise StopIteration

    def _next_answer(self) -> Answer:
        """The answer whose turn it is; out of order, the first that comes."""
        turn = next(iter(self._open))
        while turn not in self._arrived:
            if self._arrived and not self._in_order:
                turn = next(iter(self._arrived))
                break
            self._hear(self._open[turn][0] if self._in_order else None)
        return self._arrived.pop(turn)

    def _hear(self, due: int | None) -> None:
        answer = self._crew.hear(self._timeout, due)
        self._arrived[answer.reply.number] = answer

    def _note(self, answer: Answer, index: Any) -> None:
        self.position.go_past(index)
        self.position.came_from(answer.worker)
        if answer.random:
            self.position.random[answer.worker] = answer.random

    def _drain(self) -> None:
        """Hear what is left of a pass that the program broke off."""
        while len(self._arrived) < len(self._open):
            self._hear(None)
        for _, answer in sorted(self._arrived.items()):
            if answer.random:
                self.position.random[answer.worker] = answer.random

    def _check_workers(self, error: BaseException) -> None:
        """After ctrl-c a message may be half read: then nobody can go on with the workers."""
        if not isinstance(error, Exception):
            self._crew.stop(grace=SHORT_GRACE)
        if self._crew.stopped:
            ending = f"this pass over the DataLoader ended with {type(error).__name__}"
            self._failure = str(error) or ending
