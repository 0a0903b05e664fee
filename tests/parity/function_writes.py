"""Functions that write, and whose outputs are views: programs over `functions.py`."""

from __future__ import annotations

IN_PLACE: dict[str, str] = {
    "a saved input is changed later": """
        x = leaf() * 1
        y = Product.apply(x, x)
        x.add_(1)
        y.sum().backward()
    """,
    "a saved output is changed later": """
        y = Exp.apply(leaf())
        y.add_(1)
        y.sum().backward()
    """,
    "an output that is not saved is changed later": """
        x = leaf()
        y = function(lambda ctx, x: x * 3, lambda ctx, g: g * 3).apply(x)
        y.mul_(2)
        y.sum().backward()
        result = [facts(y), x.grad.tolist()]
    """,
    "dirty": """
        x = leaf()
        h = x * 1
        y = Double_.apply(h)
        (y * y).sum().backward()
        result = [y is h, facts(y), x.grad.tolist()]
    """,
    "dirty, and saved": """
        x = leaf()
        h = x * 1
        y = Sigmoid_.apply(h)
        y.sum().backward()
        result = [y is h, facts(y), x.grad.tolist()]
    """,
    "dirty, and saved, second derivative": """
        x = leaf()
        y = Sigmoid_.apply(x * 1)
        (g,) = T.autograd.grad((y * y).sum(), x, create_graph=True)
        result = [g.tolist(), T.autograd.grad(g.sum(), x)[0].tolist()]
    """,
    "dirty leaf": "Double_.apply(leaf())",
    "dirty view of a leaf": "Double_.apply(leaf()[:2])",
    "dirty, requires no grad": """
        x = T.ones(3)
        y = Double_.apply(x)
        result = [y is x, facts(y)]
    """,
    "dirty under no_grad": """
        x = leaf()
        with T.no_grad():
            y = Double_.apply(x)
        result = [y is x, facts(x), facts(y)]
    """,
    "dirty view": """
        x = leaf()
        h = x * 1
        v, beside = h[:2], h[1:]
        y = Double_.apply(v)
        (h * h + 0 * h).sum().backward()
        result = [y is v, facts(h)[:4], y.grad_fn.name()[:9], beside.tolist(), x.grad.tolist()]
    """,
    "dirty view, the gradient of another view": """
        x = leaf()
        h = x * 1
        v, beside = h[:2], h[1:]
        Double_.apply(v)
        (beside * beside).sum().backward()
        result = [x.grad.tolist()]
    """,
    "dirty view, second derivative": """
        x = leaf()
        h = x * 1
        Sigmoid_.apply(h[:2])
        (g,) = T.autograd.grad((h * h).sum(), x, create_graph=True)
        result = [g.tolist(), T.autograd.grad(g.sum(), x)[0].tolist()]
    """,
    "dirty view made under no_grad": """
        h = leaf() * 1
        with T.no_grad():
            v = h[:2]
        Double_.apply(v)
    """,
    "dirty view, one of several": "Double_.apply((leaf() * 1).split(1)[0])",
    "dirty view with two outputs": """
        def forward(ctx, x):
            x.mul_(2)
            ctx.mark_dirty(x)
            return x, x * 3
        function(forward, lambda ctx, g, h: g * 2 + h * 6).apply((leaf() * 1)[:2])
    """,
    "dirty with two outputs": """
        def forward(ctx, x):
            x.mul_(2)
            ctx.mark_dirty(x)
            return x, x * 3
        x = leaf()
        h = x * 1
        y, z = function(forward, lambda ctx, g, h: g * 2 + h * 6).apply(h)
        (y * z).sum().backward()
        result = [y is h, facts(y), facts(z), x.grad.tolist()]
    """,
    "dirty second argument": """
        def forward(ctx, a, x):
            ctx.save_for_backward(a, x.clone())
            x.mul_(a)
            ctx.mark_dirty(x)
            return x
        def backward(ctx, g):
            a, x = ctx.saved_tensors
            return g * x, g * a
        a, x = leaf(), leaf()
        y = function(forward, backward).apply(a, x * 5)
        y.sum().backward()
        result = [facts(y), a.grad.tolist(), x.grad.tolist()]
    """,
    "dirty and not returned": """
        function(lambda ctx, x: (ctx.mark_dirty(x), x * 2)[1]).apply(leaf() * 1)
    """,
    "dirty and not returned, no_grad": """
        with T.no_grad():
            function(lambda ctx, x: (ctx.mark_dirty(x), x * 2)[1]).apply(leaf() * 1)
    """,
    "an input that requires no grad is written and not marked": """
        def forward(ctx, x, count):
            count.add_(1)
            return x * 2
        x, count = leaf(), T.zeros(1)
        y = function(forward, lambda ctx, g: (g * 2, None)).apply(x, count)
        y.sum().backward()
        result = [count.tolist(), count._version, x.grad.tolist()]
    """,
    "an input as it is": """
        x = leaf()
        y = AsItIs.apply(x)
        y.sum().backward()
        result = [y is x, y._base is x, facts(y), x.grad.tolist()]
    """,
    "an input as it is, requires no grad": """
        x = T.ones(3)
        y = AsItIs.apply(x)
        result = [y is x, y._base is x, facts(y)]
    """,
    "an input as it is, no_grad": """
        x = leaf()
        with T.no_grad():
            y = AsItIs.apply(x)
        result = [y is x, y._base is x, facts(y)]
    """,
    "an input as it is, written": "AsItIs.apply(leaf() * 1).add_(1)",
    "an input as it is, its base written": """
        x = leaf() * 1
        y = AsItIs.apply(x)
        x.add_(1)
        y.grad_fn
    """,
    "an input as it is, saved": """
        x = leaf()
        f = function(
            lambda ctx, x: (ctx.save_for_backward(x), x)[1], lambda ctx, g: g * ctx.saved_tensors[0]
        )
        f.apply(x).sum().backward()
        result = [x.grad.tolist()]
    """,
    "an input as it is, saved by setup_context": """
        f = function(
            lambda x: x, lambda ctx, g: g, lambda ctx, inputs, output: ctx.save_for_backward(output)
        )
        f.apply(leaf())
    """,
    "a view": """
        x = leaf()
        h = (x * 1).view(3, 1).clone()
        y = Flat.apply(h)
        (y * y).sum().backward()
        result = [y._base is h, facts(y), x.grad.tolist()]
    """,
    "a view, written": "Flat.apply((leaf() * 1).view(3, 1).clone()).add_(1)",
    "a view, its base written": """
        h = (leaf() * 1).view(3, 1).clone()
        y = Flat.apply(h)
        h.add_(1)
        y.grad_fn
    """,
    "a view, written under no_grad": """
        y = Flat.apply((leaf() * 1).view(3, 1).clone())
        with T.no_grad():
            y.add_(1)
        y.grad_fn
    """,
    "a view of what forward made, written": """
        function(lambda ctx, x: (x * 2).view(-1), lambda ctx, g: g).apply(leaf()).add_(1)
    """,
    "one of two views, written": "Halves.apply(leaf() * 1)[0].add_(1)",
    "two views": """
        x = leaf()
        a, b = Halves.apply(x * 1)
        (a * b).sum().backward()
        result = [facts(a), facts(b), x.grad.tolist()]
    """,
    "retain_grad of what is written to": """
        x = leaf()
        h = x * 1
        h.retain_grad()
        y = Double_.apply(h)
        (y * y).sum().backward()
        result = [h.grad.tolist(), x.grad.tolist()]
    """,
}
