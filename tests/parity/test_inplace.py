"""Programs that write in place and change shapes in place, as PyTorch runs them."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="compares with PyTorch")

from tests.parity.programs import assert_same, difference

pytestmark = pytest.mark.parity

# -- views, writes and operands --------------------------------------------------------------------

ORIGINS = {
    "computed": "y = l * 1",
    "leaf": "y = l",
    "data": "y = x * 1",
    "column order": "y = T.empty(4, 3, dtype=T.float64).t().copy_(l)",
}

VIEWS = [
    "y", "y[1:]", "y[0]", "y[:, 1:3]", "y[:, 0]", "y[0, 1]", "y.t()", "y[1:][:, ::2]",
    "y.diagonal()",
    "y.unsqueeze(1)", "y[..., -1]", "y[1].unsqueeze(0).squeeze()", "y.narrow(1, 1, 2)",
    "y.permute(1, 0)[2]", "y.as_strided((2, 2), (4, 2), 1)", "y[:, 1:].as_strided((2, 2), (1, 4))",
    "y[0:0]", "y.detach()[1]", "y.unbind(0)[1]",
    "y.split(2, 1)[0]", "y.chunk(2)[1][0]", "list(y)[1]",
]  # fmt: skip

OPERANDS = ["leaf", "row", "0-d", "data", "number", "float32", "integers"]

WITH_OPERAND = [
    "v.add_({})", "v.sub_({}, alpha=2)", "v.mul_({})", "v.div_({})", "v.pow_({})", "v *= {}",
    "v -= {}", "v[...] = {}", "v.copy_({})", "v.atan2_(T.as_tensor({}))",
    "v.lerp_(T.as_tensor({}, dtype=T.float64), 0.5)",
]  # fmt: skip

WITHOUT = [
    "v.exp_()", "v.tanh_()", "v.relu_()", "v.sqrt_()", "v.neg_()", "v.zero_()", "v.fill_(2.5)",
    "v.fill_(s)", "v.clamp_(0.8, 1.5)", "v.sigmoid_()", "v.round_()", "v.abs_()",
    "v.masked_fill_(v > 1, 3.0)", "v.masked_fill_(v > 1, s)", "v[v > 1] = 0", "v[v > 1] = s",
    "v[v > 1] *= 2", "v.masked_scatter_(v > 1, w)", "v[v > 1] = v[v > 1].exp()", "v.copy_(v * 2)",
    "v.mul_(v.detach().clone())", "v.mul_(v)", "v.add_(v)", "v.copy_(v)", "v[...] = v",
    "v.floor_()", "v[:] = 1", "v[()] = 2.0", "v[None] = 3.0", "v[True] = 4.0", "v[False] = 5.0",
]  # fmt: skip


@pytest.mark.parametrize("kind", OPERANDS)
@pytest.mark.parametrize("origin", ORIGINS.values(), ids=ORIGINS)
def test_writes_of_an_operand_through_a_view(origin, kind):
    assert_same(
        f"{origin}; u = y[0]; v = {view}; {write.format(f'like(v, {kind!r})')}"
        for view in (VIEWS if kind == "leaf" else VIEWS[::3])
        for write in WITH_OPERAND
    )


@pytest.mark.parametrize("write", WITHOUT)
@pytest.mark.parametrize("origin", ORIGINS.values(), ids=ORIGINS)
def test_writes_through_a_view(origin, write):
    assert_same(f"{origin}; u = y[:, 1:]; v = {view}; {write}" for view in VIEWS)


@pytest.mark.parametrize("origin", ORIGINS.values(), ids=ORIGINS)
def test_views_under_no_grad_and_writes(origin):
    assert_same(
        program
        for view in VIEWS
        for program in (
            f"{origin}\nwith T.no_grad(): v = {view}\nv.mul_(2)",
            f"{origin}\nv = {view}\nwith T.no_grad(): v.mul_(2)",
            f"{origin}\nwith T.no_grad():\n v = {view}\n v.mul_(2.0)",
            f"{origin}\nv = {view}\nwith T.no_grad(): v.mul_(like(v, 'leaf'))",
        )
    )


# -- shapes, in place ------------------------------------------------------------------------------

RESHAPED = [
    "y = l * 1; v = y[0]; y.t_()",
    "y = l * 1; v = y[0]; y.t_(); u = y[0]",
    "y = l * 1; v = y[0]; y.t_(); y.mul_(2)",
    "y = l * 1; v = y[0]; y.t_(); v.mul_(3)",
    "y = l * 1; v = y[0]; y.t_(); u = y[1:]; u.mul_(w.t()[1:])",
    "y = l * 1; v = y[:, 1:]; v.t_()",
    "y = l * 1; v = y[:, 1:]; v.t_(); v.mul_(w.t()[1:])",
    "y = l * 1; v = y[:, 1:]; u = y[0]; v.t_(); u.mul_(2)",
    "y = l * 1; v = y[:, 1:]; u = y[0]; v.t_(); y.mul_(2)",
    "y = l * 1; v = y[:, 1:]; u = v[0]; v.transpose_(0, 1); v.exp_()",
    "y = l * 1; y.transpose_(0, 1); y.transpose_(1, 0)",
    "y = l * 1; y.swapaxes_(0, 1)",
    "y = l * 1; y.swapdims_(0, -1)",
    "y = l * 1; y.unsqueeze_(0); v = y[0]; v.mul_(s)",
    "y = l * 1; y.unsqueeze_(-1); y.squeeze_(); y.t_(); y.exp_()",
    "y = l[:1] * 1; v = y.t(); y.squeeze_(); v.mul_(2)",
    "y = l[:1] * 1; v = y[0, 1:]; y.squeeze_(0); v.mul_(2); y.exp_()",
    "y = l[:1] * 1; y.squeeze_(1); y.squeeze_((0, 1))",
    "y = l[:1] * 1; y.squeeze_(0).unsqueeze_(1)",
    "y = l * 1; z = y * y; y.t_(); v = z",
    "y = l.exp(); y.t_()",
    "y = l + 1; z = l.exp(); z.t_(); v = z",
    "y = l.view(12).view(3, 4); y.t_()",
    "y = l; y.t_()",
    "y = l; v = y[0]; v.unsqueeze_(0)",
    "y = l * 1; v = y.unbind(0)[1]; v.unsqueeze_(0)",
    "y = l * 1; u = y.unbind(0)[1]; v = y[:, 1:]; v.t_()",
    "y = l * 1; u = y.unbind(0)[1]; y.t_()",
    "y = x; y.t_(); v = y[0]",
    "y = x; v = y[0]; y.t_(); v.mul_(s)",
    "y = x; v = y[:, 1:]; v.t_(); v.copy_(w[:, 1:].t())",
    "y = x; v = y[0]; y.unsqueeze_(1); y.mul_(w.unsqueeze(1))",
    "y = x; y.t_(); y.copy_(w.t()); y.t_()",
    "y = x; y.as_strided_((2, 2), (1, 4), 1)",
    "y = x; v = y[2]; y.as_strided_((2, 2), (1, 4), 1); y.mul_(w[:2, :2])",
    "y = x; v = y[2]; y.as_strided_((2, 3), (1, 2))",
    "y = l * 1; v = y[:, 1:]; v.as_strided_((2, 2), (1, 4), 1); v.mul_(s)",
    "y = l * 1; y.as_strided_((4, 3), (1, 4)); y.exp_()",
    "y = l * 1; v = y[1]; y.as_strided_((4, 3), (1, 4)); v.exp_()",
    "y = l * 1; y.as_strided_((20,), (1,))",
    "y = l * 1; y.t_(); v = y.view(-1)",
    "y = l * 1; y.unsqueeze_(5)",
    "y = l * 1; y.transpose_(0, 7)",
    "y = T.zeros(2, 3, 4); y.t_()",
    "y = (l * 1).expand(2, 3, 4); y.transpose_(0, 1)",
    "y = (l * 1).expand(2, 3, 4); y.transpose_(0, 2); v = y[0]",
    "y = l.detach().requires_grad_(); y = y * 1; y.retain_grad(); v = y[0]; y.unsqueeze_(0)",
    "y = x[0].requires_grad_(); y.unsqueeze_(0)",
    "y = x.detach(); y.t_(); v = x",
    "y = x.data; y.t_(); v = x",
    "y = s * 1; y.unsqueeze_(0); v = y; y.mul_(w[0, 0])",
    "y = s * 1; y.squeeze_(); y.t_(); y.squeeze_(0)",
    "y = l * 1\nv = y[:, 1:]\nwith T.no_grad(): v.t_()",
    "y = l * 1\nwith T.no_grad(): v = y[:, 1:]\nv.t_()",
    "y = l * 1\nv = y[:, 1:]\nwith T.no_grad(): v.t_()\nv.mul_(s)",
    "y = x\nwith T.no_grad(): y.t_()\nv = y[0]\nv.mul_(s)",
    "y = l.detach().requires_grad_()\nwith T.no_grad(): y.t_()\nv = y * 2",
]


@pytest.mark.parametrize("program", RESHAPED)
def test_changes_of_shape_in_place(program):
    assert_same([program])


# -- operands that share memory with what is written -----------------------------------------------

PAIRS = [
    "y[1:], y[1:]", "y[1:], y[:-1]", "y, y[0]", "y[1:], y[1]", "y[1:], y[0]", "y, y[0, 0]",
    "y[1:], y[0, 0]", "y[:, :2], y[:, 2:]", "y[:, ::2], y[:, 1::2]",
    "y.view(-1)[:6], y.view(-1)[6:]", "y.view(-1)[:6], y.view(-1)[5:11]", "y[:0], y[:0]",
    "y[:1, :1], y[0, 0]", "y, y.detach()", "y, y.view(3, 4)", "y.view(3, 1, 4), y.unsqueeze(1)",
    "y.t(), y.t()", "y.t()[:3], y[:, :3].t()", "y.view(1, 12), y.view(12)", "y[0], y",
    "y, y.data", "y[1:], y.data[:-1]", "y[1:], y.detach()[:-1]",
    "y[:2].view(4, 2), y[:2].view(2, 4).t()",
    "y.view(-1)[:9].view(3, 3), y.view(-1)[:9].view(3, 3).t()", "y[:1], y[0]", "y[0], y[:1]",
    "y[0], y[0].unsqueeze(0)",
]  # fmt: skip
"""What is written, and what is read. Without those for which PyTorch's result depends on the order
of its loops, where ours is that of reading first.
"""

OVERLAPPING = [
    "a.add_(b)", "a.sub_(b)", "a.mul_(b)", "a.div_(b)", "a *= b", "a -= b", "a.copy_(b)",
    "a.lerp_(b, 0.5)", "a.pow_(b)", "a[...] = b", "a[:] = b", "a.masked_fill_(b > 1, 2.0)",
    "a.fill_(b)", "a.atan2_(b)",
]  # fmt: skip


@pytest.mark.parametrize("write", OVERLAPPING)
def test_operands_that_share_memory_with_the_target(write):
    assert_same(
        f"{origin}\na, b = {pair}\nv = a\n{context}{write}"
        for origin in ("y = l * 1", "y = x")
        for pair in PAIRS
        for context in ("", "with T.no_grad(): ")
    )


# -- by index and by mask --------------------------------------------------------------------------

INDEXED = [
    "v.index_put_((i,), {r})", "v.index_put_((i,), {r}, accumulate=True)",
    "v.index_put_((T.tensor([0, 0, 2]),), like(v[[0, 0, 2]], 'leaf'), accumulate=True)",
    "v.index_put_((T.tensor([-1, 0]),), {r})", "v.index_put_((T.tensor([7]),), s)",
    "v.index_put_((v > 1,), s)", "v.index_put_((v > 1,), like(v[v > 1], 'leaf'))",
    "v.index_put_((v > 1,), like(v[v > 1], 'leaf'), True)", "v.index_put_([i, i % 2], s)",
    "v.index_put_((T.tensor(1),), like(v[1], 'leaf'))", "v.index_put_((i, i, i, i), s)",
    "v.index_put_((i,), 5.0)", "v.index_put_(i, s)", "v.index_put_((i.double(),), s)",
    "v.index_put_((i.to(T.int32),), s)", "v.index_put_((i,), {r}.to(T.float32))",
    "v.index_put_((i,), T.ones(5, 7, dtype=T.float64))",
    "v.index_put_((T.tensor([], dtype=T.int64),), s)", "v.index_add_(0, i, {r})",
    "v.index_add_(0, i, {r}, alpha=-2)", "v.index_add_(0, T.tensor([1, 1]), {r})",
    "v.index_add_(0, T.tensor([-1, 1]), {r})", "v.index_add_(0, i, {r}.to(T.float32))",
    "v.index_add_(0, i, like(v, 'leaf'))",
    "v.index_add_(-1, T.tensor([1]), like(v[..., :1], 'leaf'))", "v.index_copy_(0, i, {r})",
    "v.index_copy_(-1, T.tensor([1]), like(v[..., :1], 'leaf'))",
    "v.index_copy_(0, T.tensor([-1, 1]), {r})", "v.index_copy_(0, i.to(T.int32), {r})",
    "v.index_copy_(0, i, {r}.to(T.float32))", "v.index_copy_(0, i, s)",
    "v.index_copy_(0, T.tensor([9, 1]), {r})", "v.index_fill_(0, i, 3.0)",
    "v.index_fill_(0, T.tensor([-1, 0, -1]), 3)", "v.index_fill_(0, i, s)",
    "v.index_fill_(0, T.tensor([5]), 3.0)", "v.index_fill_(0, i, w[0, :1])",
    "v.index_fill_(0, i.view(1, 2), 3.0)", "v.index_fill_(5, i, 3.0)", "v.scatter_(0, {z}, 7.0)",
    "v.scatter_(0, {z}, like(v, 'leaf'))", "v.scatter_(0, {z}, value=2)",
    "v.scatter_(0, {z} - 1, 7.0)", "v.scatter_(0, {z} + 9, like(v, 'leaf'))",
    "v.scatter_(0, {z}, like(v, 'leaf').to(T.float32))", "v.scatter_(0, T.tensor([[[0]]]), 7.0)",
    "v.scatter_(-1, {z}, like(v, 'leaf'))", "v.scatter_add_(0, {z}, like(v, 'leaf'))",
    "v.scatter_add_(-1, {z}, like(v, 'leaf'))", "v.scatter_add_(0, {z} - 1, like(v, 'leaf'))",
    "v.scatter_add_(0, {z}, v)", "v.scatter_(0, {z}, v)", "v.index_put_((i,), v[:2])",
    "v[i] = v[:2]", "v[i] = v[0]", "v.masked_fill_(v > 1, v.reshape(-1)[0])",
    "v.masked_scatter_(v > 1, like(v, 'leaf'))", "v.masked_scatter_(v > 1, w[0, :1])",
    "v.masked_scatter_(v > 1, like(v, 'leaf').to(T.float32))",
    "v.masked_scatter_(v[0] > 1, like(v, 'leaf'))", "v.masked_fill_(v[0] > 1, 2)",
    "v.masked_fill_((v > 1).to(T.uint8), 2)", "v.masked_fill_(v > 1, w[0])", "v[0] = {f}",
    "v[-1] += 1", "v[1:] *= like(v[1:], 'leaf')", "v[i] += 1", "v[i] *= like(v[i], 'leaf')",
    "v[[0, 1]] = {r}", "v[T.tensor([0, 0])] = 3.0", "v[T.tensor([[0, 1], [1, 0]])] = s",
    "v[i, i % 2] = s", "v[..., i % 2] = s", "v[None] = v * 2", "v[None, 0] = {f}", "v[True] = s",
    "v[False] = s", "v[T.tensor(True)] = s", "v[T.tensor(False)] = s", "v[T.tensor(1)] = {f}",
    "v[N.int64(1)] = {f}", "v[N.array([0, 1])] = s",
    "v[N.array([True] + [False] * (len(v) - 1))] = s", "v[v[..., 0] > 1] = s", "v[v > 9] = s",
    "v[v > 9] = T.zeros(0, dtype=T.float64)", "v[[]] = 1.0", "v[0:0] = 5.0", "v[..., ...] = 1.0",
    "v[::2] = {f}", "v[::-1] = 1.0", "v[9] = 1.0", "v[[9]] = 1.0", "v[-7:9] = s", "v[1.5] = 1.0",
    "v[0] = T.ones(5, dtype=T.float64)", "v[0] = T.ones(1, 1, 1, dtype=T.float64)",
    "v[i] = T.ones(5, dtype=T.float64)", "v[0] = 'a'", "v[0] = [1.0, 2.0]", "v[0] = None",
    "v[0] = N.float64(2.0)", "v[0] = True", "v[0] = 2 + 1j", "v[0] = T.tensor(3)",
    "v[0] = T.tensor(3.0)", "v[0, ..., 0] = s", "v[:, None] = v[:, None] * 2", "v[(0,)] = s",
    "v[((0, 1),)] = s", "v[(0, 1), ...] = s", "v[0][...] = s", "v[slice(None), 1] = s",
    "v[:1, i % 2] = s", "v[i % 2, :1] = s", "v[i % 2, None, i % 2] = s", "v[:, i % 2][0] = s",
    "v.copy_(T.tensor(2))", "v.copy_(w[:1, :1])", "v.copy_(T.ones(7, 7))",
    "v.copy_(T.ones(2, 3, 4))", "v.copy_(2.0)", "v.copy_(s)", "v[..., 0, ...] = s",
    "v[..., ..., 0] = s", "v[0] = N.ones(4)", "v.index_fill_(0, T.tensor([0, 0, 1]), s)",
    "v.copy_(True)", "v[...] = False", "v[0] = 2 + 0j",
]  # fmt: skip
"""`{r}` is something for the first two rows, `{f}` for the first one, `{z}` an index of zeros."""

INDEXED_VIEWS = ["y", "y[:, 1:3]", "y.t()", "y[1]", "l.view(2, 2, 3) * 1", "y[0, 0]"]


@pytest.mark.parametrize("write", INDEXED)
def test_writes_by_index_and_by_mask(write):
    parts = {"{r}": "like(v[:2], 'leaf')", "{f}": "like(v[0], 'leaf')",
             "{z}": "T.zeros_like(v, dtype=T.int64)"}  # fmt: skip
    for name, part in parts.items():
        write = write.replace(name, part)
    assert_same(
        f"{origin}; v = {view}; {write}"
        for origin in ("y = l * 1", "y = x", "y = l")
        for view in INDEXED_VIEWS
    )


# -- as_strided ------------------------------------------------------------------------------------

STRIDED = [
    "y = l * 1; v = y[1:].as_strided((2, 2), (1, 1))",
    "y = l * 1; v = y[1:].as_strided((2, 2), (1, 1), 0)",
    "y = l * 1; u = y[1:].detach().requires_grad_(); v = u.as_strided((2, 2), (1, 1), 3)",
    "y = l.expand(2, 3, 4); v = y.as_strided((2, 2), (1, 1))",
    "y = l[0].expand(3, 4); v = y.as_strided((2, 2), (1, 1))",
    "y = l.as_strided((2, 2), (1, 1)) * s; v = y.as_strided((3,), (1,))",
    "y = l.as_strided((2, 2), (1, 1)); v = y.as_strided((3,), (1,)); u = v * v",
    "y = l * 1; v = y.as_strided((2, 2), (1, 1), 1); y.mul_(3)",
    "y = l * 1; v = y.as_strided((2, 2), (4, 2), 1); u = v[0]; u.mul_(s); v.exp_()",
    "y = l * 1; v = T.as_strided(y, size=(3,), stride=(1,), storage_offset=2); u = v * v",
    "y = l; v = y.as_strided((2, 2), (1, 2), 1); v.mul_(3)",
    "y = l.as_strided_scatter(w[:2, :1], (2, 2), (1, 2), 1)",
    "y = x.as_strided((7, 7), (1, 1))", "y = x.as_strided((2,), (1, 1))",
    "y = x.as_strided((2, 2), (1, 1), 20)", "y = x.as_strided((2,), (-1,))",
    "y = x.as_strided((-1,), (1,))", "y = x.as_strided((2,), (1,), -1)",
    "y = x.as_strided((0,), (1,), 500)", "y = x.as_strided((), ())",
    "y = x.as_strided((2,), (1,), 1.5)", "y = x.as_strided(2, 1)",
    "y = x[1:, 2:]; v = y.detach()[1:]; u = v.data", "y = s.as_strided((3,), (0,)); v = y * 1",
    "y = T.zeros(0).as_strided((3,), (0,))",
]  # fmt: skip


@pytest.mark.parametrize("program", STRIDED)
def test_views_by_strides(program):
    assert_same([program])


# -- what the comparison notices -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("program", "fact"),
    [
        ("y = l * (1 if T.__name__ == 'torch' else 2)", "values"),
        ("y = l * 1; T.__name__ == 'torch' and y.add_(0)", "version"),
        ("y = l.detach() if T.__name__ == 'torch' else l * 1", "requires_grad"),
        ("y = l * 1; y = y.sin() if T.__name__ == 'torch' else y.detach().sin()", "requires_grad"),
        ("y = l * l if T.__name__ == 'torch' else l * l.detach()", "gradient of l"),
        ("y = x; T.__name__ == 'torch' and y.view(5)", "PyTorch RuntimeError"),
        ("y = x; T.__name__ != 'torch' and y.view(5)", "PyTorch None"),
    ],
)
def test_the_comparison_notices_a_difference_of(program, fact):
    assert fact in difference(program)
