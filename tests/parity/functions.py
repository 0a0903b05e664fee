"""Functions that both libraries run; `T` is the library."""

from __future__ import annotations

FUNCTIONS = """
Function = T.autograd.Function
from importlib import import_module
once_differentiable = import_module(T.__name__ + ".autograd.function").once_differentiable
seen = []

def leaf(*numbers):
    return T.tensor(numbers or (1.0, 2.0, 3.0), requires_grad=True)

def function(forward, backward=None, setup_context=None, **more):
    parts = {"forward": staticmethod(forward), **more}
    if backward is not None:
        parts["backward"] = staticmethod(backward)
    if setup_context is not None:
        parts["setup_context"] = staticmethod(setup_context)
    return type("Mine", (Function,), parts)

def facts(t):
    if not isinstance(t, T.Tensor):
        return t
    return [t.tolist(), t.requires_grad, t.is_leaf, t._version, str(t.dtype).split(".")[-1],
            None if t.grad_fn is None else t.grad_fn.name()]

def gradient(g):
    return g if g is None else [g.tolist(), g.requires_grad, str(g.dtype).split(".")[-1]]

class Exp(Function):
    @staticmethod
    def forward(ctx, x):
        y = x.exp()
        ctx.save_for_backward(y)
        return y
    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return g * y

class Product(Function):
    @staticmethod
    def forward(ctx, x, y):
        ctx.save_for_backward(x, y)
        return x * y
    @staticmethod
    def backward(ctx, g):
        x, y = ctx.saved_tensors
        return g * y, g * x

class SinCos(Function):
    @staticmethod
    def forward(ctx, x):
        s, c = x.sin(), x.cos()
        ctx.save_for_backward(s, c)
        return s, c
    @staticmethod
    def backward(ctx, g, h):
        s, c = ctx.saved_tensors
        return g * c - h * s

class Scale(Function):
    @staticmethod
    def forward(x, factor=2.0):
        return x * factor
    @staticmethod
    def setup_context(ctx, inputs, output):
        seen.append(len(inputs))
        ctx.factor = inputs[1]
    @staticmethod
    def backward(ctx, g):
        return g * ctx.factor, None

class Double_(Function):
    @staticmethod
    def forward(ctx, x):
        x.mul_(2)
        ctx.mark_dirty(x)
        return x
    @staticmethod
    def backward(ctx, g):
        return g * 2

class Sigmoid_(Function):
    @staticmethod
    def forward(ctx, x):
        x.sigmoid_()
        ctx.mark_dirty(x)
        ctx.save_for_backward(x)
        return x
    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return g * y * (1 - y)

class AsItIs(Function):
    @staticmethod
    def forward(ctx, x):
        return x
    @staticmethod
    def backward(ctx, g):
        return -g

class Flat(Function):
    @staticmethod
    def forward(ctx, x):
        return x.view(-1)
    @staticmethod
    def backward(ctx, g):
        return g.view(3, 1) * 3

class Halves(Function):
    @staticmethod
    def forward(ctx, x):
        return x[:1], x[1:]
    @staticmethod
    def backward(ctx, g, h):
        return T.cat([g, h])
"""
