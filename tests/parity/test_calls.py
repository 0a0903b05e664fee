"""Every public function and method, called as PyTorch's are, gives what PyTorch gives."""

from __future__ import annotations

import importlib
import itertools
import pathlib
import re

import pytest

pytest.importorskip("torch", reason="compares with PyTorch")

from tests.parity.both import assert_same
from tracegrad._methods import OpMethods
from tracegrad.ops.install import ALIASES, functions

pytestmark = pytest.mark.parity

UNARY = [
    "abs", "absolute", "acos", "asin", "atan", "ceil", "cos", "cosh", "exp", "exp2", "expm1",
    "floor",
    "log", "log10", "log1p", "log2", "neg", "negative", "positive", "reciprocal", "relu", "round",
    "rsqrt", "sgn", "sigmoid", "sign", "sin", "sinh", "sqrt", "square", "tan", "tanh", "trunc",
    "isnan", "isinf", "isfinite", "logical_not",
]  # fmt: skip
BINARY = [
    "add", "sub", "mul", "div", "true_divide", "divide", "multiply", "subtract", "pow", "atan2",
    "arctan2", "maximum", "minimum", "remainder", "floor_divide", "eq", "ne", "lt", "le", "gt",
    "ge", "greater", "greater_equal", "less", "less_equal", "not_equal", "logical_and",
    "logical_or", "logical_xor",
]  # fmt: skip

UNARY_CALLS = [
    f"T.{name}({x})" for name in UNARY for x in ("p", "s", "e", "n", "special", "i", "t", "u", "a")
]
UNARY_METHODS = [f"p.{name}()" for name in UNARY]
BINARY_CALLS = [
    f"T.{name}({x}, {y})"
    for name in BINARY
    for x, y in (
        ("a", "b"), ("p", "row"), ("column", "row"), ("s", "a"), ("e", "row"), ("n", "v"),
        ("i", "j"),
        ("t", "f"), ("p", "2"), ("i", "2.5"), ("d", "a"), ("s", "s2"),
    )
]  # fmt: skip
BINARY_METHODS = [f"p.{name}(b)" for name in BINARY]

OPERATORS = [
    "a + b", "a + 1", "1 + a", "a - b", "1 - a", "a * b", "2 * a", "a / b", "1 / p", "a ** 2",
    "2 ** a", "p ** b", "-a", "+a",
    "abs(a)", "a // b", "7 // p", "i // 2", "a % b", "7 % p", "i % 3", "a @ m", "i == j", "a != b",
    "a < b", "a <= 0", "a > row",
    "1 >= a", "~t", "~i", "t & f", "i & j", "t | f", "i | 5", "t ^ f", "5 ^ i", "i + 2.5", "t + t",
    "t * 2", "u + 10", "u - 1",
    "i / 2", "i ** 2", "2 ** j", "i32 + i", "i32 * 2.0", "s + d", "d * s", "a + d", "z * 2",
    "z + row", "s + 1j", "j ** -1",
    "a == None", "a != None", "None == a", "a == 'a'", "a == [1]", "a in [None]", "a in [a]",
    "a * N.float64(2)", "N.float64(2) * a", "N.float32(2) / p", "i * N.float32(1.5)", "sum([a, b])",
    "max([s, s2])", "a.__radd__(1)", "p ** 0", "a ** 3", "p ** 0.5", "p ** -1", "special ** 2",
    "a * nan", "1 / special",
]  # fmt: skip

REDUCTIONS = [
    f"T.{name}({arguments})"
    for name in (
        "sum", "mean", "prod", "amax", "amin", "all", "any", "argmax", "argmin", "var", "std",
        "logsumexp", "norm",
    )
    for arguments in (
        "a", "a, dim=0", "a, dim=-1, keepdim=True", "n, dim=1", "s", "e", "e, dim=1", "e, dim=0",
        "i", "i, dim=1", "t", "t, dim=0", "special, dim=0", "a, dim=5",
    )
] + [
    "T.sum(c, dim=(0, 2))", "T.mean(c, dim=(0, -1), keepdim=True)", "T.amax(c, dim=(1, 2))",
    "T.sum(c, dim=())", "T.sum(a, dtype=T.float64)",
    "a.sum(1)", "a.sum(0, True)", "a.mean(1)", "a.sum(1, 2)", "T.sum(c, (0, 0))",
    "a.var(0, correction=0)", "a.std(1, correction=2)",
    "a.var(1, False)", "a.var(unbiased=False)", "a.std(unbiased=False)", "a.std(0, True, True)",
    "T.norm(a, 1)", "T.norm(a, inf)", "T.norm(a, -inf, dim=1)",
    "T.norm(a, 3, dim=0, keepdim=True)", "T.norm(a, 0)", "T.norm(a, 'fro')",
    "T.logsumexp(c, (0, 1))", "T.logsumexp(T.tensor([inf, 1.0], requires_grad=True), 0)", "i // 0",
    "i % 0", "T.logsumexp(special[1:5], 0)", "T.count_nonzero(i)", "T.count_nonzero(i, dim=1)",
    "T.max(ties)", "T.min(ties)", "T.max(a, 1)", "T.min(a, 0, keepdim=True)", "T.max(a, b)",
    "T.min(a, other=b)", "a.max(dim=-1).indices", "a.min(1).values",
    "T.max(e)", "T.max(i)", "T.max(s, 0)", "T.amax(ties, 1)", "T.amin(ties)",
    "T.maximum(ties, ties)", "T.prod(a * 0)", "T.prod(a, 1)", "T.prod(a, dtype=T.float64)",
    "T.mean(a, dtype=T.float64)", "T.mean(i)", "T.cumsum(a, 0)", "T.cumsum(i, -1)",
    "T.cumsum(s, 0)", "T.cumsum(e, 1)", "T.cumsum(t, 1)", "a.cumsum(dim=1, dtype=T.float64)",
    "T.argmax(a, 1, True)",
    "T.argsort(a)", "T.argsort(a, 0, True)", "T.argsort(i, dim=1, descending=True)", "T.sort(a)",
    "T.sort(a, 0, descending=True)", "T.sort(s)", "a.sort(1).values",
    "T.argsort(ties, stable=True)",
    "T.argsort(ties, descending=True, stable=True)", "T.sort(ties, stable=True, descending=True)",
    "T.sort(u)", "T.sort(u, descending=True)", "T.sort(t.int())", "T.topk(a, 2)",
    "T.topk(a, 1, dim=0, largest=False)", "T.topk(a, 5)", "a.topk(2).values",
    "T.all(a > 0)", "T.any(i, 1)", "T.allclose(a, a + 1e-9)", "T.allclose(a, b)", "T.equal(a, a)",
    "T.equal(a, b)", "T.equal(a, row)",
]  # fmt: skip

SHAPES = [
    "a.view(3, 2)", "a.view(-1)", "a.view((6,))", "a.view([3, -1])", "n.view(12)", "a.view(4)",
    "a.view(-1, -1)", "e.view(-1)", "e.view(3, 0)", "a.view(size=(3, 2))",
    "a.reshape(6)", "n.reshape(2, 6)", "T.reshape(a, (3, 2))", "n.reshape(-1)", "e.reshape(0, 5)",
    "e.reshape(-1, 0)", "a.reshape(5)", "s.reshape(1, 1)", "T.flatten(c)", "c.flatten(1)",
    "c.flatten(0, 1)", "c.flatten(2, 1)", "s.flatten()", "e.flatten()",
    "T.permute(c, (2, 0, 1))", "c.permute(-1, 0, 1)", "c.permute(0, 0, 1)", "c.permute(0, 1)",
    "T.transpose(c, 0, -1)", "c.transpose(1, 2)", "T.swapaxes(c, 0, 1)", "c.swapdims(0, 2)",
    "a.t()", "T.t(row)", "c.t()", "a.T", "c.mT", "c.transpose(0, 3)",
    "T.squeeze(column)", "column.squeeze(1)", "column.squeeze(0)", "column.squeeze((0, 1))",
    "s.squeeze()", "T.unsqueeze(a, 1)", "a.unsqueeze(-1)", "a.unsqueeze(3)", "s.unsqueeze(0)",
    "row.expand(2, 3)", "row.expand(2, -1)", "column.expand(2, 4)", "s.expand(2, 3)",
    "a.expand(3, 3)", "row.expand(3, 2)", "a.expand(3)", "row.expand_as(a)", "e.expand(2, 0, 3)",
    "row.expand(-1, 3)",
    "T.select(a, 1, 0)", "a.select(0, -1)", "a.select(0, 2)", "T.narrow(a, 1, 1, 2)",
    "a.narrow(1, -2, 1)", "a.narrow(0, 1, 2)", "a.narrow(0, 0, -1)", "s.narrow(0, 0, 1)",
    "a.narrow(0, 5, 1)",
    "T.diagonal(q)", "q.diagonal(1)", "c.diagonal(0, 1, 2)",
    "c.diagonal(offset=-1, dim1=2, dim2=0)", "row.diagonal()", "q.diagonal(5)",
    "a.diagonal(0, 0, 0)",
    "T.unbind(a)", "a.unbind(1)", "s.unbind()", "T.split(a, 2, dim=1)", "a.split(1)",
    "a.split([1, 2], 1)", "a.split([1, 1], 1)", "a.split(0)", "e.split(2)", "T.chunk(a, 2, 1)",
    "a.chunk(5)", "a.chunk(0)", "list(a)", "list(s)",
    "T.cat([a, b])", "T.cat((a, column), 1)", "T.cat([a, row])", "T.cat([a, e])", "T.cat([])",
    "T.cat([a, i])", "T.cat([a, d], dim=-1)", "T.concat([a, b], dim=1)", "T.concatenate([a, b])",
    "T.cat([s, s])", "T.cat([a, b], 2)", "T.cat([a, m])",
    "T.stack([a, b])", "T.stack((row, row), -1)", "T.stack([a, row])", "T.stack([s, s2])",
    "T.stack([])", "T.stack([a, d])",
    "T.clone(a)", "n.clone().stride()", "a.repeat(2, 2)", "row.repeat(2, 1)", "a.repeat(2)",
    "s.repeat(3)", "T.flip(a, (0,))", "a.flip(0, 1)", "a.flip(-1)", "a.flip(2)", "T.tril(q)",
    "q.tril(-1)", "T.triu(c, 1)", "a.tril()", "row.tril()",
    "a.contiguous()", "n.contiguous().is_contiguous()", "n.is_contiguous()", "a.stride()",
    "a.sum_to_size(1, 3)", "a.sum_to_size((3,))", "a.sum_to_size(4)", "T.outer(row, v)",
    "a.view_as(m)", "b.view_as(a)", "T.ger(row, v)", "q.type_as(d)",
    "a.data_ptr() == a.view(-1).data_ptr()", "len(a)", "len(s)", "a.numel()", "a.dim()", "a.size()",
    "a.size(-1)", "a.size(2)", "a.shape[0]", "a.nbytes", "a.itemsize", "a.element_size()", "a.ndim",
    "tuple(c.shape)", "c.shape.numel()",
]  # fmt: skip

LINEAR_ALGEBRA = [
    "T.matmul(a, m)", "a @ n", "T.matmul(row, row)", "T.matmul(row, m)", "T.matmul(m, v)",
    "T.matmul(c, v)", "T.matmul(c, m.T)", "T.matmul(c, c.mT)", "T.matmul(row, c)", "a @ a", "a @ v",
    "row @ v", "s @ a", "a @ d",
    "i @ j", "T.matmul(c, q)", "e @ m", "T.mm(a, m)", "T.mm(a, row)", "T.mm(c, c)",
    "T.bmm(c, c.mT)", "T.bmm(c, c)", "T.bmm(a, m)", "T.mv(m, v)", "T.mv(m, row)", "T.mv(row, row)",
    "T.dot(row, row)", "T.dot(a, b)", "T.dot(row, v)", "a.mm(m)", "row.dot(row)",
    "T.addmm(column, a, m)", "T.addmm(v, a, m, beta=0.5, alpha=2)", "T.addmm(row, a, m)",
    "T.outer(a, row)", "t @ t.T", "F.linear(a, b)", "F.linear(a, b, row[:2])",
    "F.linear(c, m, None)", "F.linear(c, m.T)", "F.linear(row, a)", "F.linear(a, m)",
]  # fmt: skip

INDEXED = [
    "T.gather(a, 0, idx)", "a.gather(1, idx)", "a.gather(-1, idx[:, :2])", "a.gather(0, pos)",
    "a.gather(1, idx + 5)", "a.gather(2, idx)", "a.gather(0, a)", "a.gather(dim=1, index=idx)",
    "T.scatter_add(a, 0, idx, b)", "a.scatter_add(1, idx, b)", "a.scatter_add(0, idx[:1], b)",
    "a.scatter_add(0, idx + 5, b)", "T.index_select(a, 1, y)", "a.index_select(0, pos)",
    "a.index_select(0, idx)", "a.index_select(0, pos + 5)", "a.index_select(dim=0, index=pos)",
    "T.masked_fill(a, t, 0.5)", "a.masked_fill(f, 2)", "a.masked_fill(i, 2)", "i.masked_fill(t, 7)",
    "a.masked_fill(t, s)", "T.where(t, a, b)", "T.where(t, a, 0.0)", "T.where(f, 1.0, a)",
    "T.where(t, a, d)", "T.where(t, i, a)", "T.where(t, 1, 0)", "T.where(t, s, 2)", "a.where(t, b)",
    "T.where(i, a, b)", "T.where(t)",
    "T.as_strided(a, (2, 2), (1, 2))", "a.as_strided((2, 2), (3, 1), 1)", "a[1:].storage_offset()",
    "a.as_strided((9,), (1,))", "T.index_put(a, (pos,), b[:1])", "a.index_put((pos,), b[:1], True)",
    "T.index_add(a, 1, y, b[:, :2])", "a.index_add(0, pos[:2], b, alpha=3)",
    "T.index_copy(a, 1, y, b[:, :2])", "a.index_copy(0, pos[:1], b[:1])",
    "T.index_fill(a, 1, y, 2.5)", "a.index_fill(0, pos, s)", "i.index_fill(0, pos, 2.7)",
    "T.scatter(a, 0, idx, b)", "a.scatter(1, idx[:, :2], 7)", "a.scatter(1, idx, value=2)",
    "T.masked_scatter(a, t, b)", "a.masked_scatter(f, column.expand(2, 3))",
    "T.nonzero(i)", "i.nonzero(as_tuple=True)", "T.nonzero(s)", "T.lerp(a, b, 0.3)", "a.lerp(b, p)",
    "T.lerp(a, b, s)", "T.clamp(a, -0.5, 0.5)", "a.clamp(min=0)", "a.clamp(max=0.1)", "a.clamp()",
    "i.clamp(0, 2)", "i.clamp(0.5)", "T.clip(a, 0, 1)", "a.clamp(row, 2)", "a.clamp(min=row)",
    "a.clamp(1, -1)",
    "T.bitwise_and(i, j)", "T.bitwise_or(t, f)", "T.bitwise_xor(i, 3)", "T.bitwise_not(i)",
    "a.bitwise_and(b)", "T.round(a, decimals=2)", "a.round(decimals=1)",
    "T.div(a, b, rounding_mode='floor')", "T.div(i, 2, rounding_mode='trunc')",
    "T.div(i, 2, rounding_mode='floor')", "T.div(a, b, rounding_mode='up')", "T.add(a, b, alpha=2)",
    "T.sub(a, 1, alpha=3)", "a.add(b, alpha=0.5)",
    "T.softmax(a, 1)", "a.softmax(dim=0)", "T.softmax(s, 0)", "T.log_softmax(a, -1)",
    "a.log_softmax(1)", "T.softmax(e, 1)", "T.softmax(a, dim=1, dtype=T.float64)",
    "T.softmax(a, 3)", "T.swapdims(a, 0, 1)", "F.silu(a)",
    "x = a.clone(); x.sum().backward(); a.grad", "T.sigmoid(special)",
]  # fmt: skip

CREATION = [
    "T.zeros(2, 3)", "T.zeros((2, 3))", "T.zeros([2], dtype=T.int64)", "T.zeros(())", "T.ones(2)",
    "T.ones(2, -1)", "T.full((2,), 3)", "T.full((2,), 3.5)", "T.full((2,), True)",
    "T.full((2,), 1, dtype=T.float64)", "T.full(2, 3)", "T.full((), 2.0)",
    "T.zeros_like(i)", "T.ones_like(a)", "T.ones_like(a, dtype=T.int32)", "T.full_like(i, 2.7)",
    "T.empty(2, 3).shape", "T.empty_like(i).dtype == T.int64", "T.eye(3)",
    "T.eye(2, 3, dtype=T.int64)", "T.arange(5)", "T.arange(1, 5)", "T.arange(1, 5, 2)",
    "T.arange(0, 1, 0.25)", "T.arange(5.0)", "T.arange(5, 1, -1)", "T.arange(5, 1)",
    "T.arange(0, 5, 0)",
    "T.arange(3, dtype=T.float64)", "T.arange(start=1, end=3)", "T.arange(1, 2.5, 0.5)",
    "T.linspace(0, 1, 5)", "T.linspace(0, 1, 1)", "T.linspace(-1, 1, steps=4, dtype=T.float64)",
    "T.tensor(1)", "T.tensor(1.5)", "T.tensor(True)", "T.tensor([1, 2])", "T.tensor([1, 2.5])",
    "T.tensor([[1], [2]])", "T.tensor([])", "T.tensor([[], []])", "T.tensor([1, True])",
    "T.tensor(1 + 2j)", "T.tensor([1, 2], dtype=T.float64)", "T.tensor([1.7], dtype=T.int64)",
    "T.tensor([[1, 2], [3]])", "T.tensor('text')", "T.tensor(None)",
    "T.tensor([a[0, 0].item(), 2])", "T.tensor(d.detach().numpy())", "T.tensor(i.numpy())",
    "T.as_tensor([1, 2])", "T.as_tensor(a) is a", "T.as_tensor(a, dtype=T.float64)",
    "T.as_tensor(i.numpy())", "T.tensor(a.tolist(), requires_grad=True)",
    "T.tensor([1], requires_grad=True)", "T.tensor((1, 2))", "T.tensor(range(3))",
    "T.manual_seed(3).initial_seed()", "T.rand(2, 3).shape", "T.randn(2).dtype",
    "T.randint(0, 5, (3,)).dtype", "T.randint(5, (2, 2)).shape", "T.randint(5, 2, (2,))",
    "T.randperm(5).sort().values", "T.rand_like(a).shape", "T.randn_like(d).dtype",
    "T.randint(3, (2,), dtype=T.int32).dtype", "T.rand(2, dtype=T.int64)", "a.new_zeros(2)",
    "i.new_ones((2, 2))", "d.new_full((1,), 3)", "a.new_zeros(2, dtype=T.int64)",
    "d.new_empty(3).dtype", "a.new_tensor([1, 2])",
    "T.from_numpy(d.detach().numpy())", "T.from_numpy([1])", "T.Tensor([1, 2])",
    "T.Tensor(2, 3).shape", "T.Size([1, 2]).numel()", "T.promote_types(T.int64, T.float16)",
    "T.get_default_dtype()", "T.is_grad_enabled()", "T.zeros(2, requires_grad=True)",
    "T.zeros(2, dtype=T.int64, requires_grad=True)",
]  # fmt: skip

CONVERSIONS = [
    "a.double()", "a.float() is a", "a.half()", "a.long()", "a.int()", "a.short()", "a.bool()",
    "a.byte()", "i.float()", "t.float()", "a.to(T.float64)", "a.to('cpu') is a", "i.to(a)",
    "a.to(dtype=T.float64, copy=True)", "a.to(d).dtype", "a.to('cpu', T.float64)", "a.cpu() is a",
    "a.to(T.float32) is a", "i.type_as(a)",
    "special.long().shape", "s.item()", "i[0, 0].item()", "t[0, 0].item()", "a.item()",
    "a.tolist()", "float(s.detach())", "int(s.detach())", "int(i[0, 2])", "bool(s)", "bool(a)",
    "bool(T.tensor([]))", "complex(s.detach())", "[1, 2, 3][pos[0]]", "[1][s]", "1.5 in ties",
    "3.0 in ties", "T.tensor(3.7).int()", "T.tensor(-3.7).int()",
    "a.detach().requires_grad", "a.is_floating_point()", "i.is_floating_point()", "z.is_complex()",
    "a.is_leaf", "(a + 1).is_leaf", "a.requires_grad_(False).requires_grad", "i.requires_grad_()",
    "a.detach().numpy().dtype.name", "a.numpy()", "(a * 1).requires_grad_(False)", "f'{s:.2f}'",
    "f'{s.item():.2f}'", "hash(a) == hash(a)", "a.is_cuda", "str(a.device)", "a.grad",
    "a.device.type",
]  # fmt: skip

INPLACE = [
    f"x = a.clone(); x.{call}; x"
    for call in (
        "add_(b)", "add_(1)", "add_(row, alpha=2)", "sub_(b)", "mul_(b)", "mul_(2)", "div_(p)",
        "pow_(2)", "abs_()", "neg_()", "exp_()", "sin_()", "cos_()", "tanh_()", "sigmoid_()",
        "relu_()", "sqrt_()", "log_()", "square_()", "reciprocal_()", "rsqrt_()",
        "floor_()", "ceil_()", "round_()", "trunc_()", "sign_()", "clamp_(-1, 1)", "clamp_(min=0)",
        "zero_()", "fill_(3)", "fill_(s)", "copy_(b)", "copy_(row)", "copy_(d)", "copy_(i)",
        "copy_(m)", "masked_fill_(t, 1.0)", "scatter_add_(0, idx, b)", "lerp_(b, 0.5)",
        "remainder_(p)", "atan2_(p)", "add_(d)", "mul_(m)",
        "mul_(d)", "add_(1j)", "expm1_()", "log1p_()", "sgn_()", "asin_()", "acos_()", "atan_()",
        "sinh_()", "cosh_()", "tan_()", "log2_()", "log10_()", "exp2_()", "__setitem__(0, 5.0)",
        "__setitem__((slice(None), 1), b[:, 0])", "__setitem__(t, 0.0)", "__setitem__(t, row)",
        "__setitem__(pos[:2], b)", "__setitem__(0, m)", "add_('x')", "requires_grad_()",
        "detach_()",
        "t_()", "transpose_(0, 1)", "squeeze_()", "unsqueeze_(-1)", "as_strided_((3, 2), (1, 3))",
        "index_put_((pos[:2],), b[:2])", "index_add_(0, y // 2, b)", "index_copy_(1, y, b[:, :2])",
        "index_fill_(0, pos[:1], 2)", "scatter_(1, idx, b)", "scatter_(0, idx, 0.5)",
        "masked_scatter_(t, b)", "masked_fill_(t[0], 2)", "copy_(2)",
    )
] + [
    "x = i.clone(); x.add_(1.5); x", "x = i.clone(); x.div_(2); x", "x = i.clone(); x += 2; x",
    "x = i.clone(); x //= 2; x", "x = i.clone(); x %= 3; x", "x = i.clone(); x &= 3; x",
    "x = i.clone(); x |= 8; x", "x = i.clone(); x ^= 1; x", "x = i.clone(); x **= 2; x",
    "x = t.clone(); x &= f; x", "x = i.clone(); x.bitwise_and_(j); x",
    "x = i.clone(); x.bitwise_or_(j); x", "x = i.clone(); x.bitwise_xor_(j); x",
    "x = a.clone(); x.multiply_(b); x", "x = q.clone(); x.tril_(); x",
    "x = q.clone(); x.triu_(1); x", "x = i.clone(); x[0] = nan; x",
    "x = i.clone(); x.masked_fill_(t, inf); x", "x = a.clone(); x.masked_fill_(t, s); x",
    "x = a.clone(); x.clamp_(row); x", "x = i.clone(); x.clamp_(0.5); x",
    "x = a.clone(); x.floor_divide_(2); x.shape", "x = t.clone(); x += 1; x",
    "x = i.clone(); x.bitwise_not_(); x", "x = i.clone(); x.fill_(2.9); x",
    "x = i.clone(); x.fill_(nan); x.shape",
    "x = a.clone(); x -= row; x", "x = a.clone(); x /= 2; x", "x = a.clone(); x *= x.detach(); x",
    "x = a.clone(); x.data.zero_(); x",
    "x = a.detach(); x.uniform_(2, 3); bool((x >= 2).all() and (x < 3).all())",
    "x = a.detach(); x.normal_(5, 0.0); x", "x = i.clone(); x.copy_(a); x",
    "x = i.clone(); x[0] = a[0]; x", "x = i.clone(); x[0] = 2.7; x", "a.add_(1)", "a[0] = 1",
    "x = row.expand(2, 3); x.add_(1)", "x = u.clone(); x += 10; x", "x = u.clone(); x -= 5; x",
    "x = a.clone(); x[...] = 2; x", "x = a.clone(); x[:, None] = 1; x",
    "x = s.clone(); x += a; x", "x = d.clone(); x += a; x",
    "x = a.clone().to(T.float64); x += a; x",
    "x = a.clone(); x[[0, 0]] = T.stack([row, row * 2]); x.shape",
    "x = a.clone(); x[1, [0, 2]] = T.tensor([7.0, 8.0]); x", "x = a.clone(); x.t()[0] = 9.0; x",
]  # fmt: skip

CALLS = [
    *UNARY_CALLS, *UNARY_METHODS, *BINARY_CALLS, *BINARY_METHODS, *OPERATORS, *REDUCTIONS, *SHAPES,
    *LINEAR_ALGEBRA,
    *INDEXED, *CREATION, *CONVERSIONS, *INPLACE,
]  # fmt: skip


DIFFERENT = {
    r"T\.(abs|absolute|ceil|floor|trunc|round|relu|square)\(t\)": "NumPy computes with bools",
    r"T\.(pow|remainder|floor_divide)\(t, f\)": "NumPy computes with bools",
    r"t @ t.T|T\.arg(max|min)\(t.*\)": "NumPy computes with bools",
    r"T\.pow\(i, j\)|2 \*\* j": "integers to negative powers are refused, not rounded to 0",
    r"T\.(a\w+2|\w+imum|logical_\w+)\((p, 2|i, 2.5)\)": "a number does for a tensor",
    r"T\.floor_divide\((?!i|t).*\)|p\.floor_divide\(b\)": "PyTorch has no derivative",
    r"a // b|7 // p|7 % p": "PyTorch has no derivative",
    r"T\.(std|var)\(e, dim=1\)": "PyTorch warns where no result lacks elements",
    r"a\.sum\(1, 2\)": "any truth value does for keepdim",
    r"n\.clone\(\)\.stride\(\)": "a clone is always contiguous",
    r"a\.scatter_add\(0, idx\[:1\], b\)": "the gradient of a src that is larger than the index",
    r"a\.clamp\(row, 2\)": "one bound may be a number and the other a tensor",
    r"T\.norm\(a, 0\)": "a gradient of zeros, where PyTorch leaves none",
    r"T\.full\(2, 3\)": "a size may be one number",
}
"""Calls that tracegrad answers otherwise, and why that is meant."""

REFUSED = {"resize", "resize_", "set_"}
"""Methods that only say why they are not supported; tests/engine/test_reshaped.py reads it."""

NOT_COMPARED = {"cuda", "summary"}
"""Methods that need a device (tests/backend), and that PyTorch does not have."""

WRONG_IN_PYTORCH = {"as_strided_scatter"}
"""Functions whose gradient PyTorch 2.13 gets wrong: that of `as_strided_scatter` is zero where the
input was kept, and not where it was replaced. tests/ops compares ours with central differences.
"""


def difference(call: str) -> str | None:
    return next((why for pattern, why in DIFFERENT.items() if re.fullmatch(pattern, call)), None)


@pytest.mark.parametrize("call", [c for c in dict.fromkeys(CALLS) if difference(c) is None])
def test_call_gives_what_pytorch_gives(call: str) -> None:
    assert_same(call)


@pytest.mark.parametrize("call", [c for c in dict.fromkeys(CALLS) if difference(c) is not None])
def test_what_is_listed_as_different_still_is(call: str) -> None:
    with pytest.raises((AssertionError, RuntimeError)):
        assert_same(call)


def every_call() -> str:
    """Everything that the files of this folder compare: their lists of calls, and their text."""
    files = sorted(pathlib.Path(__file__).parent.glob("test_*.py"))
    modules = [importlib.import_module(f"tests.parity.{file.stem}") for file in files]
    lists = [getattr(m, name, []) for m in modules for name in ("CALLS", "INPLACE", "SHAPES")]
    calls = [call for call in itertools.chain(*lists) if isinstance(call, str)]
    calls += [f"T.{name}(" for m in modules for name in getattr(m, "UNARY", [])]
    return " ".join([*calls, *(file.read_text() for file in files)])


def test_every_public_function_is_called():
    called = set(re.findall(r"\b[TM]\.(\w+)\(", every_call())) | WRONG_IN_PYTORCH
    assert sorted(set(functions) - called) == []


def test_every_method_is_called():
    called = set(re.findall(r"\.(\w+)\(?", every_call()))
    aliases = {alias + ending for alias in ALIASES for ending in ("", "_")}
    public = (
        {name for name in vars(OpMethods) if not name.startswith("_")} - set(functions) - aliases
    )
    assert sorted(public - called - REFUSED - NOT_COMPARED) == []
