"""Switching the recording of gradients off and on: context managers that are decorators too."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextvars import Token
from typing import Any, TypeVar

from tracegrad.graph.mode import grad_enabled, grad_mode

F = TypeVar("F", bound=Callable[..., Any])


class _GradMode:
    """Sets the grad mode inside `with`, or inside each call of a decorated function."""

    mode = True

    def __init__(self) -> None:
        self._tokens: list[Token[bool]] = []

    def __enter__(self) -> None:
        self._tokens.append(grad_mode.set(self.mode))

    def __exit__(self, *_: object) -> None:
        grad_mode.reset(self._tokens.pop())

    def __call__(self, function: F) -> F:
        if inspect.isgeneratorfunction(function):
            return _generator_in_mode(function, self.mode)  # type: ignore[return-value]

        @functools.wraps(function)
        def in_mode(*args: Any, **kwargs: Any) -> Any:
            token = grad_mode.set(self.mode)
            try:
                return function(*args, **kwargs)
            finally:
                grad_mode.reset(token)

        return in_mode  # type: ignore[return-value]


def _generator_in_mode(function: Callable[..., Any], mode: bool) -> Callable[..., Any]:
    """The mode holds while the generator runs, not while its consumer does."""

    @functools.wraps(function)
    def in_mode(*args: Any, **kwargs: Any) -> Any:
        generator = function(*args, **kwargs)
        resume = functools.partial(generator.send, None)
        while True:
            token = grad_mode.set(mode)
            try:
                item = resume()
            except StopIteration as stop:
                return stop.value
            finally:
                grad_mode.reset(token)
            try:
                resume = functools.partial(generator.send, (yield item))
            except BaseException as error:  # thrown in, or GeneratorExit: the generator's to handle
                resume = functools.partial(generator.throw, error)

    return in_mode


class _DecoratesPlainly(_GradMode):
    """`@no_grad` works like `@no_grad()`."""

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        mode = super().__new__(cls)
        if function is None:
            return mode
        mode.__init__()  # type: ignore[misc]
        return mode(function)

    def __init__(self, function: None = None) -> None:
        super().__init__()


class no_grad(_DecoratesPlainly):
    """Record no gradients inside: `with no_grad():`, or `@no_grad()` on a function."""

    mode = False


class enable_grad(_DecoratesPlainly):
    """Record gradients inside, also within `no_grad`."""

    mode = True


class set_grad_enabled(_GradMode):
    """Record gradients from here on, or not; as a context manager, only inside."""

    def __init__(self, mode: bool) -> None:
        super().__init__()
        self.mode = mode
        self._tokens.append(grad_mode.set(mode))

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        grad_mode.reset(self._tokens.pop())

    def __call__(self, function: F) -> F:
        # A decorator sets nothing here: only the calls of the function do.
        grad_mode.reset(self._tokens.pop())
        return super().__call__(function)


def is_grad_enabled() -> bool:
    """Whether operations are recorded for gradients."""
    return grad_enabled()
