"""Switching the recording of gradients off and on: context managers that are decorators too.

What switches gradients off says where it did, for the error of a backward that comes later. That
may cost next to nothing, since `with no_grad():` stands around every step of some programs: two
context variables are set, and one frame is looked at.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable
from contextvars import Token
from types import CodeType
from typing import Any, Self, TypeVar, overload

from tracegrad.graph.cut import switched_off
from tracegrad.graph.location import caller, inside_library
from tracegrad.graph.mode import grad_enabled, grad_mode

F = TypeVar("F", bound=Callable[..., Any])

Switch = tuple[str, CodeType | None, int]
"""What switched gradients off, and where."""
Before = tuple[Token[bool], Token[Any] | None]
"""What undoes a switch."""

_set_mode, _reset_mode = grad_mode.set, grad_mode.reset
_set_switch, _reset_switch = switched_off.set, switched_off.reset
_frame = sys._getframe


class GradMode:
    """Sets the grad mode inside `with`, or inside each call of a decorated function."""

    mode = True
    _before: list[Before]

    def __enter__(self) -> None:
        if self.mode:
            self._before.append((_set_mode(True), None))
            return
        frame: Any = _frame(1)
        code = frame.f_code
        # As `caller()`, without a call: 0.15 us of 0.8.
        while inside_library[code.co_filename] and frame.f_back is not None:
            frame = frame.f_back
            code = frame.f_code
        switch = self.__class__.__name__, code, frame.f_lasti
        self._before.append((_set_mode(False), _set_switch(switch)))

    def __exit__(self, *_: object) -> None:
        _switch_back(self._before.pop())

    def __call__(self, function: F) -> F:
        begin, end = self._begin, self._end
        # Of a decorated function the place is its first line.
        switch = type(self).__name__, getattr(function, "__code__", None), 0
        if inspect.isgeneratorfunction(function):
            return _generator_in_mode(function, begin, end, switch)  # type: ignore[return-value]

        @functools.wraps(function)
        def in_mode(*args: Any, **kwargs: Any) -> Any:
            before = begin(switch)
            try:
                return function(*args, **kwargs)
            finally:
                end(before)

        return in_mode  # type: ignore[return-value]

    def _begin(self, switch: Switch) -> Any:
        """Set the mode for a call; gives what `_end` needs to undo it."""
        return _switch(self.mode, switch)

    def _end(self, before: Any) -> None:
        _switch_back(before)


def _switch(mode: bool, switch: Switch) -> Before:
    """Set the mode; when gradients go off, remember what did it."""
    return _set_mode(mode), None if mode else _set_switch(switch)


def _switch_back(before: Before) -> None:
    mode, switch = before
    _reset_mode(mode)
    if switch is not None:
        _reset_switch(switch)


def _generator_in_mode(
    function: Callable[..., Any],
    begin: Callable[[Switch], Any],
    end: Callable[[Any], None],
    switch: Switch,
) -> Callable[..., Any]:
    """The mode holds while the generator runs, not while its consumer does."""

    @functools.wraps(function)
    def in_mode(*args: Any, **kwargs: Any) -> Any:
        generator = function(*args, **kwargs)
        resume = functools.partial(generator.send, None)
        while True:
            before = begin(switch)
            try:
                item = resume()
            except StopIteration as stop:
                return stop.value
            finally:
                end(before)
            try:
                resume = functools.partial(generator.send, (yield item))
            except BaseException as error:  # thrown in, or GeneratorExit: the generator's to handle
                resume = functools.partial(generator.throw, error)

    return in_mode


_new = object.__new__


class _DecoratesPlainly(GradMode):
    """`@no_grad` works like `@no_grad()`."""

    @overload
    def __new__(cls) -> Self: ...
    @overload
    def __new__(cls, function: F) -> F: ...  # type: ignore[misc]  # it is what it decorates
    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        mode = _new(cls)
        mode._before = []  # here and not in `__init__`: 0.15 us
        return mode if function is None else mode(function)


class no_grad(_DecoratesPlainly):
    """Record no gradients inside: `with no_grad():`, or `@no_grad()` on a function."""

    mode = False


class enable_grad(_DecoratesPlainly):
    """Record gradients inside, also within `no_grad`."""

    mode = True


class set_grad_enabled(GradMode):
    """Record gradients from here on, or not; as a context manager, only inside."""

    def __init__(self, mode: bool) -> None:
        self.mode = mode
        self._before = [_switch(mode, ("set_grad_enabled", *caller()))]

    def __enter__(self) -> None:
        pass

    def __call__(self, function: F) -> F:
        # A decorator sets nothing here: only the calls of the function do.
        _switch_back(self._before.pop())
        return super().__call__(function)


def is_grad_enabled() -> bool:
    """Whether operations are recorded for gradients."""
    return grad_enabled()
