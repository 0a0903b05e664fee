"""What a program reads that asks for the gradient of what has no history."""

# ruff: noqa: E501  whole messages

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.scripts import assert_ends_with

CASES: dict[str, tuple[str, str]] = {
    "a gradient penalty": (
        """
        import tracegrad as tg
        x = tg.ones(3, requires_grad=True)
        loss = x.pow(3).sum()
        (slope,) = tg.autograd.grad(loss, x)
        penalty = slope.pow(2).sum()
        penalty.backward()
        """,
        """
        NoGradientError: {NO_GRADIENT}
          tensor  penalty of shape []   train.py:6   penalty.backward()
          cut by  grad   train.py:4   (slope,) = tg.autograd.grad(loss, x)
          try: tg.autograd.grad(loss, x, create_graph=True) at line 4, if the gradient is to be differentiated again
        """,
    ),
    "no_grad block": (
        """
        import tracegrad as tg
        x = tg.ones(3, requires_grad=True)
        with tg.no_grad():
            y = x * 2
        y.sum().backward()
        """,
        """
        NoGradientError: {NO_GRADIENT}
          tensor     y.sum() of shape []   train.py:5   y.sum().backward()
          cut by     mul while gradients were off   train.py:4   y = x * 2
          off since  no_grad   train.py:3   with tg.no_grad():
          try: move line 4 out of the no_grad() at line 3; or `with enable_grad():` around line 4
        """,
    ),
    "no_grad decorator": (
        """
        import tracegrad as tg

        @tg.no_grad()
        def predict(x):
            return x * 2

        w = tg.ones(3, requires_grad=True)
        predict(w).sum().backward()
        """,
        """
        NoGradientError: {NO_GRADIENT}
          tensor     predict(w).sum() of shape []   train.py:8   predict(w).sum().backward()
          cut by     mul while gradients were off   train.py:5   return x * 2
          off since  no_grad   train.py:3   @tg.no_grad()
          try: take the no_grad() off the function at line 3; or `with enable_grad():` around line 5
        """,
    ),
    "the caller's no_grad": (
        """
        import tracegrad as tg

        def loss_of(w):
            return (w * w).sum()

        w = tg.ones(3, requires_grad=True)
        with tg.no_grad():
            loss = loss_of(w)
        loss.backward()
        """,
        """
        NoGradientError: {NO_GRADIENT}
          tensor     loss of shape []   train.py:9   loss.backward()
          cut by     mul while gradients were off   train.py:4   return (w * w).sum()
          off since  no_grad   train.py:7   with tg.no_grad():
          try: move the call of loss_of() out of the no_grad() at line 7; or `with enable_grad():` around line 4
        """,
    ),
    "set_grad_enabled": (
        """
        import tracegrad as tg
        w = tg.ones(3, requires_grad=True)
        tg.set_grad_enabled(False)
        loss = (w * w).sum()
        loss.backward()
        """,
        """
        NoGradientError: {NO_GRADIENT}
          tensor     loss of shape []   train.py:5   loss.backward()
          cut by     mul while gradients were off   train.py:4   loss = (w * w).sum()
          off since  set_grad_enabled   train.py:3   tg.set_grad_enabled(False)
          try: set_grad_enabled(True) at line 3; or `with enable_grad():` around line 4
        """,
    ),
    "set_grad_enabled as a block": (
        """
        import tracegrad as tg
        w = tg.ones(3, requires_grad=True)
        training = False
        with tg.set_grad_enabled(training):
            loss = (w * w).sum()
        loss.backward()
        """,
        """
        NoGradientError: {NO_GRADIENT}
          tensor     loss of shape []   train.py:6   loss.backward()
          cut by     mul while gradients were off   train.py:5   loss = (w * w).sum()
          off since  set_grad_enabled   train.py:4   with tg.set_grad_enabled(training):
          try: set_grad_enabled(True) at line 4; or `with enable_grad():` around line 5
        """,
    ),
    "a generator": (
        """
        import tracegrad as tg

        @tg.no_grad()
        def batches(w):
            for n in range(2):
                yield w * n

        w = tg.ones(3, requires_grad=True)
        for batch in batches(w):
            batch.sum().backward()
        """,
        """
        NoGradientError: {NO_GRADIENT}
          tensor     batch.sum() of shape []   train.py:10   batch.sum().backward()
          cut by     mul while gradients were off   train.py:6   yield w * n
          off since  no_grad   train.py:3   @tg.no_grad()
          try: take the no_grad() off the function at line 3; or `with enable_grad():` around line 6
        """,
    ),
    "detach": (
        """
        import tracegrad as tg
        x = tg.ones(3, requires_grad=True)
        h = x.exp().detach()
        loss = (h * 2).sum()
        loss.backward()
        """,
        """
        NoGradientError: {NO_GRADIENT}
          tensor  loss of shape []   train.py:5   loss.backward()
          cut by  detach   train.py:3   h = x.exp().detach()
          try: leave .detach() away, or compute the loss from the tensor itself
        """,
    ),
    "data": (
        """
        import tracegrad as tg
        x = tg.ones(3, requires_grad=True)
        loss = (x.data * 2).sum()
        loss.backward()
        """,
        """
        NoGradientError: {NO_GRADIENT}
          tensor  loss of shape []   train.py:4   loss.backward()
          cut by  data   train.py:3   loss = (x.data * 2).sum()
          try: the tensor itself instead of .data
        """,
    ),
    "detached in place": (
        """
        import tracegrad as tg
        x = tg.ones(3, requires_grad=True)
        h = x.exp()
        h.detach_()
        h.sum().backward()
        """,
        """
        NoGradientError: {NO_GRADIENT}
          tensor  h.sum() of shape []   train.py:5   h.sum().backward()
          cut by  detach_   train.py:4   h.detach_()
          try: leave .detach_() away
        """,
    ),
    "argmax": (
        """
        import tracegrad as tg
        scores = tg.ones(4, 3, requires_grad=True) * 2
        loss = scores.argmax(1).float().mean()
        loss.backward()
        """,
        """
        NoGradientError: {NO_GRADIENT}
          tensor  loss of shape []   train.py:4   loss.backward()
          cut by  argmax   train.py:3   loss = scores.argmax(1).float().mean()
          try: a soft choice such as softmax() instead of argmax(), which has no gradient
        """,
    ),
    "comparison": (
        """
        import tracegrad as tg
        x = tg.ones(4, requires_grad=True)
        accuracy = (x > 0.5).float().mean()
        accuracy.backward()
        """,
        """
        NoGradientError: {NO_GRADIENT}
          tensor  accuracy of shape []   train.py:4   accuracy.backward()
          cut by  gt   train.py:3   accuracy = (x > 0.5).float().mean()
          try: something smooth such as sigmoid() instead of a comparison, which has no gradient
        """,
    ),
    "int conversion": (
        """
        import tracegrad as tg
        x = tg.ones(4, requires_grad=True)
        loss = x.long().float().sum()
        loss.backward()
        """,
        """
        NoGradientError: {NO_GRADIENT}
          tensor  loss of shape []   train.py:4   loss.backward()
          cut by  long   train.py:3   loss = x.long().float().sum()
          try: stay in floating point: integers have no gradient
        """,
    ),
    "frozen parameters": (
        """
        import tracegrad as tg
        model = tg.nn.Linear(2, 1)
        for p in model.parameters():
            p.requires_grad_(False)
        loss = model(tg.ones(1, 2)).sum()
        loss.backward()
        """,
        """
        NoGradientError: {NO_GRADIENT}
          tensor  loss of shape []   train.py:6   loss.backward()
          cut by  requires_grad_   train.py:4   p.requires_grad_(False)
          try: requires_grad_(True) before the computation, if a gradient of it is wanted
        """,
    ),
    "copy_ under no_grad": (
        """
        import tracegrad as tg
        x = tg.ones(3, requires_grad=True)
        buffer = tg.zeros(3)
        with tg.no_grad():
            buffer.copy_(x * 2)
        loss = buffer.sum()
        loss.backward()
        """,
        """
        NoGradientError: {NO_GRADIENT}
          tensor     loss of shape []   train.py:7   loss.backward()
          cut by     mul while gradients were off   train.py:5   buffer.copy_(x * 2)
          off since  no_grad   train.py:4   with tg.no_grad():
          try: move line 5 out of the no_grad() at line 4; or `with enable_grad():` around line 5
        """,
    ),
    "nothing ever required grad": (
        """
        import tracegrad as tg
        x = tg.ones(3)
        loss = (x * 2).sum()
        loss.backward()
        """,
        """
        NoGradientError: {NO_GRADIENT}
          tensor   loss of shape []   train.py:4   loss.backward()
          history  nothing that it was computed from requires grad
          try: requires_grad=True on what the gradient is wanted of; and look for values that went through NumPy, item() or tolist() on the way: they come back without history
        """,
    ),
    "through NumPy": (
        """
        import tracegrad as tg
        x = tg.ones(3, requires_grad=True)
        y = tg.from_numpy(x.detach().numpy() * 2)
        y.sum().backward()
        """,
        """
        NoGradientError: {NO_GRADIENT}
          tensor   y.sum() of shape []   train.py:4   y.sum().backward()
          history  nothing that it was computed from requires grad
          try: requires_grad=True on what the gradient is wanted of; and look for values that went through NumPy, item() or tolist() on the way: they come back without history
        """,
    ),
    "through item": (
        """
        import tracegrad as tg
        x = tg.ones(3, requires_grad=True)
        loss = tg.tensor(x.sum().item())
        loss.backward()
        """,
        """
        NoGradientError: {NO_GRADIENT}
          tensor   loss of shape []   train.py:4   loss.backward()
          history  nothing that it was computed from requires grad
          try: requires_grad=True on what the gradient is wanted of; and look for values that went through NumPy, item() or tolist() on the way: they come back without history
        """,
    ),
    "tensor of a tensor": (
        """
        import tracegrad as tg
        x = tg.ones(3, requires_grad=True)
        loss = tg.tensor([x.sum(), x.mean()]).sum()
        loss.backward()
        """,
        """
        NoGradientError: {NO_GRADIENT}
          tensor  loss of shape []   train.py:4   loss.backward()
          cut by  tensor   train.py:3   loss = tg.tensor([x.sum(), x.mean()]).sum()
          try: stack() the tensors, which keeps their history, instead of tensor()
        """,
    ),
    "grad's input": (
        """
        import tracegrad as tg
        x = tg.ones(3)
        w = tg.ones(3, requires_grad=True)
        loss = (w * x).sum()
        tg.autograd.grad(loss, x)
        """,
        """
        NoGradientError: One of the differentiated Tensors does not require grad
          tensor   x of shape [3]   train.py:5   tg.autograd.grad(loss, x)
          history  nothing that it was computed from requires grad
          try: x.requires_grad_() before the computation; and look for values that went through NumPy, item() or tolist() on the way: they come back without history
        """,
    ),
    "grad's second input, detached": (
        """
        import tracegrad as tg
        w = tg.ones(3, requires_grad=True)
        h = w.exp().detach()
        loss = (w * h).sum()
        tg.autograd.grad(loss, [w, h])
        """,
        """
        NoGradientError: One of the differentiated Tensors does not require grad
          tensor  h of shape [3]   train.py:5   tg.autograd.grad(loss, [w, h])
          cut by  detach   train.py:3   h = w.exp().detach()
          try: leave .detach() away, or compute the loss from the tensor itself
        """,
    ),
    "grad of a grad without create_graph": (
        """
        import tracegrad as tg
        x = tg.ones(3, requires_grad=True)
        (slope,) = tg.autograd.grad(x.pow(2).sum(), x)
        slope.sum().backward()
        """,
        """
        NoGradientError: {NO_GRADIENT}
          tensor  slope.sum() of shape []   train.py:4   slope.sum().backward()
          cut by  grad   train.py:3   (slope,) = tg.autograd.grad(x.pow(2).sum(), x)
          try: tg.autograd.grad(x.pow(2).sum(), x, create_graph=True) at line 3, if the gradient is to be differentiated again
        """,
    ),
    "the gradient of a leaf": (
        """
        import tracegrad as tg
        x = tg.ones(3, requires_grad=True)
        x.pow(2).sum().backward()
        x.grad.sum().backward()
        """,
        """
        NoGradientError: {NO_GRADIENT}
          tensor  x.grad.sum() of shape []   train.py:4   x.grad.sum().backward()
          cut by  backward   train.py:3   x.pow(2).sum().backward()
          try: backward(create_graph=True), if a gradient is to be differentiated again
        """,
    ),
    "the input of grad was not used": (
        """
        import tracegrad as tg
        x = tg.ones(3, requires_grad=True)
        w = tg.ones(3, requires_grad=True)
        tg.autograd.grad(w.sum(), x)
        """,
        """
        RuntimeError: The differentiated Tensor at index 0 appears to not have been used in the graph. Set allow_unused=True if this is the desired behavior.
          tensor  x of shape [3]   train.py:4   tg.autograd.grad(w.sum(), x)
          try: allow_unused=True, which gives None for it; or look on the way from it to the outputs for detach(), .data, item() and no_grad(), which cut it off
        """,
    ),
    "requires_grad asked for too late": (
        """
        import tracegrad as tg
        x = tg.ones(3)
        y = x * 2
        x.requires_grad_()
        y.sum().backward()
        """,
        """
        NoGradientError: {NO_GRADIENT}
          tensor   y.sum() of shape []   train.py:5   y.sum().backward()
          history  nothing that it was computed from requires grad
          try: requires_grad=True on what the gradient is wanted of; and look for values that went through NumPy, item() or tolist() on the way: they come back without history
        """,
    ),
    "a loss that is no scalar": (
        """
        import tracegrad as tg
        x = tg.ones(3, requires_grad=True)
        loss = x * 3
        loss.backward()
        """,
        """
        RuntimeError: grad can be implicitly created only for scalar outputs
          tensor  loss of shape [3]   train.py:4   loss.backward()
          try: .sum() or .mean() before backward(), or pass gradient=
        """,
    ),
}


@pytest.mark.parametrize(("program", "message"), CASES.values(), ids=CASES)
def test_what_cut_the_way_back_is_named(tmp_path: Path, program: str, message: str):
    assert_ends_with(tmp_path, program, message)
