"""What Functions compute: values, gradients, gradients of gradients, and what ctx keeps."""

from __future__ import annotations

GRADIENTS: dict[str, str] = {
    "one output": """
        x = leaf()
        y = Exp.apply(x)
        y.sum().backward()
        result = [facts(y), facts(x.grad)]
    """,
    "second and third derivative": """
        x = leaf()
        y = Exp.apply(x)
        (g,) = T.autograd.grad((y * y).sum(), x, create_graph=True)
        (h,) = T.autograd.grad(g.sum(), x, create_graph=True)
        (i,) = T.autograd.grad((h * y).sum(), x)
        result = [facts(t) for t in (i,)] + [g.tolist(), h.tolist()]
    """,
    "saved inputs, second derivative across two Functions": """
        x, y = leaf(), leaf(0.5, 0.25, 4.0)
        z = Product.apply(Exp.apply(x), y)
        g, h = T.autograd.grad((z * z).sum(), [x, y], create_graph=True)
        result = [g.tolist(), h.tolist()]
        result += [t.tolist() for t in T.autograd.grad((g * h).sum(), [x, y])]
    """,
    "two outputs": """
        x = leaf()
        s, c = SinCos.apply(x)
        (s * c * s).sum().backward()
        result = [facts(s), facts(c), facts(x.grad)]
    """,
    "two outputs, one used": """
        x = leaf()
        s, c = SinCos.apply(x)
        c.sum().backward()
        result = [x.grad.tolist()]
    """,
    "two saved outputs, second and third derivative": """
        x = leaf()
        s, c = SinCos.apply(x)
        (g,) = T.autograd.grad((s * c * s).sum(), x, create_graph=True)
        (h,) = T.autograd.grad((g * g * s).sum(), x, create_graph=True)
        result = [g.tolist(), h.tolist(), T.autograd.grad(h.sum(), x)[0].tolist()]
    """,
    "an output that is used twice": """
        x = leaf()
        y = Exp.apply(x)
        (y * y + y).sum().backward()
        result = [x.grad.tolist()]
    """,
    "backward twice": """
        x = leaf()
        y = Exp.apply(x)
        y.sum().backward(retain_graph=True)
        y.sum().backward()
        result = [x.grad.tolist()]
    """,
    "backward twice, freed": """
        x = leaf()
        y = Exp.apply(x)
        y.sum().backward()
        y.sum().backward()
    """,
    "backward twice where nothing was saved": """
        x = leaf()
        y = Double_.apply(x * 1)
        y.sum().backward()
        y.sum().backward()
        result = [x.grad.tolist()]
    """,
    "saved tensors of the node": """
        x = leaf()
        y = Exp.apply(x)
        result = [facts(t) for t in y.grad_fn.saved_tensors]
        result += [y.grad_fn.needs_input_grad, len(y.grad_fn.next_functions)]
    """,
    "attributes of ctx at the node": """
        x = leaf()
        y = Scale.apply(x, 5.0)
        result = [y.grad_fn.factor, seen]
    """,
    "saved tensors of a freed node": """
        x = leaf()
        y = Exp.apply(x)
        y.sum().backward()
        y.grad_fn.saved_tensors
    """,
    "a saved leaf is the leaf": """
        x = leaf()
        def backward(ctx, g):
            seen.append([ctx.saved_tensors[0] is x, ctx.saved_tensors[0].requires_grad])
            return g
        f = function(lambda ctx, x: (ctx.save_for_backward(x), x * 1)[1], backward)
        f.apply(x).sum().backward()
        result = seen
    """,
    "saved: input, output, another, None": """
        def forward(ctx, x):
            y = x.exp()
            ctx.save_for_backward(x, y, x * 2, None)
            seen.append(ctx.saved_tensors if hasattr(ctx, "saved_tensors") else ())
            return y
        def backward(ctx, g):
            seen.append([facts(t) for t in ctx.saved_tensors])
            seen.append(T.is_grad_enabled())
            return g
        x = leaf() * 1
        function(forward, backward).apply(x).sum().backward()
        result = seen
    """,
    "saved twice: the last counts": """
        def forward(ctx, x):
            ctx.save_for_backward(x)
            ctx.save_for_backward(x * 3)
            return x * 2
        x = leaf()
        y = function(forward, lambda ctx, g: g * ctx.saved_tensors[0]).apply(x)
        y.sum().backward()
        result = [x.grad.tolist()]
    """,
    "no_grad": """
        x = leaf()
        with T.no_grad():
            y = Exp.apply(x)
        result = [facts(y)]
    """,
    "no input requires grad": """
        def forward(ctx, x):
            seen.append(ctx.needs_input_grad)
            return x * 2
        y = function(forward, lambda ctx, g: g).apply(T.ones(3))
        result = [facts(y), seen]
    """,
    "needs_input_grad": """
        def forward(ctx, a, k, b, c):
            seen.append([ctx.needs_input_grad, T.is_grad_enabled()])
            return a * k * b
        def backward(ctx, g):
            seen.append(ctx.needs_input_grad)
            return g, None, g, g
        a, c = leaf(), leaf()
        y = function(forward, backward).apply(a, 3, T.ones(3), c)
        result = [T.autograd.grad(y.sum(), [a])[0].tolist(), seen]
    """,
    "needs_input_grad without gradients": """
        def forward(ctx, a, b):
            seen.append(ctx.needs_input_grad)
            return a * b
        with T.no_grad():
            y = function(forward, lambda ctx, g: (g, g)).apply(leaf(), 2)
        result = [facts(y), seen]
    """,
    "outputs that are no tensors": """
        f = function(
            lambda ctx, x: (x * 2, "s", None, x.long(), x * 3),
            lambda ctx, *gs: (seen.append([gradient(g) for g in gs]), gs[0] + gs[4])[1],
        )
        x = leaf()
        outputs = f.apply(x)
        outputs[0].sum().backward()
        result = [[facts(o) for o in outputs], seen, x.grad.tolist()]
    """,
    "nothing but an integer": """
        y = function(lambda ctx, x: x.long(), lambda ctx, g: None).apply(leaf())
        result = [facts(y)]
    """,
    "a list is no output": """
        ys = function(lambda ctx, x: [x * 2, x * 3], lambda ctx, g: g).apply(leaf())
        result = [type(ys).__name__, [facts(y) for y in ys]]
    """,
    "a tuple of one": """
        x = leaf()
        ys = function(lambda ctx, x: (x * 2,), lambda ctx, g: g * 2).apply(x)
        ys[0].sum().backward()
        result = [type(ys).__name__, [facts(y) for y in ys], x.grad.tolist()]
    """,
    "no tensor at all": """
        result = [function(lambda ctx, x: 3.5, lambda ctx, g: g).apply(leaf())]
    """,
    "the same tensor twice": """
        f = function(
            lambda ctx, x: (lambda t: (t, t))(x * 2),
            lambda ctx, g, h: (seen.append([gradient(g), gradient(h)]), g * 5 + h * 2)[1],
        )
        x = leaf()
        y, z = f.apply(x)
        y.sum().backward()
        result = [y is z, facts(y), seen, x.grad.tolist()]
    """,
    "mark_non_differentiable": """
        def forward(ctx, x):
            y, order = x * 2, x * 3
            ctx.mark_non_differentiable(order)
            return y, order
        f = function(forward, lambda ctx, g, h: (seen.append(gradient(h)), g * 2)[1])
        x = leaf()
        y, order = f.apply(x)
        y.sum().backward()
        result = [facts(y), facts(order), seen, x.grad.tolist()]
    """,
    "mark_non_differentiable of an input that is returned": """
        def forward(ctx, x):
            ctx.mark_non_differentiable(x)
            return x, x * 2
        f = function(forward, lambda ctx, g, h: h * 2)
        x = leaf()
        same, y = f.apply(x)
        result = [same is x, facts(same), facts(x), facts(y)]
    """,
    "set_materialize_grads(False)": """
        def forward(ctx, x):
            ctx.set_materialize_grads(False)
            return x * 2, x * 3, x.long()
        def backward(ctx, *gs):
            seen.append([gradient(g) for g in gs])
            return gs[1] * 3
        f = function(forward, backward)
        x = leaf()
        f.apply(x)[1].sum().backward()
        result = [seen, x.grad.tolist()]
    """,
    "backward gives None": """
        x, y = leaf(), leaf()
        function(lambda ctx, x, y: x * y, lambda ctx, g: (None, g)).apply(x, y).sum().backward()
        result = [x.grad, y.grad.tolist()]
    """,
    "trailing None": """
        x = leaf()
        function(lambda ctx, x: x * 1, lambda ctx, g: (g, None, None)).apply(x).sum().backward()
        result = [x.grad.tolist()]
    """,
    "a gradient of a larger shape is summed": """
        x, row = leaf(), leaf()
        f = function(lambda ctx, x, row: x.view(3, 1) * row, lambda ctx, g: (g.sum(1), g))
        f.apply(x, row).sum().backward()
        result = [x.grad.tolist(), row.grad.tolist()]
    """,
    "a larger gradient is summed, lifted": """
        row = leaf()
        f = function(lambda ctx, row: T.ones(3, 1) * row, lambda ctx, g: g)
        y = f.apply(row * row)
        (g,) = T.autograd.grad((y * y).sum(), row, create_graph=True)
        result = [g.tolist(), T.autograd.grad(g.sum(), row)[0].tolist()]
    """,
    "a gradient of another dtype is cast": """
        x, y = leaf(), leaf()
        f = function(lambda ctx, x, y: x * y, lambda ctx, g: (g.double() * 2, (g * 3).long()))
        f.apply(x, y).sum().backward()
        result = [facts(x.grad), facts(y.grad)]
    """,
    "a gradient of another dtype is cast, lifted": """
        x = leaf()
        f = function(lambda ctx, x: x.double(), lambda ctx, g: g)
        (g,) = T.autograd.grad((f.apply(x) ** 3).sum(), x, create_graph=True)
        result = [g.tolist(), str(g.dtype).split(".")[-1]]
        result += [facts(T.autograd.grad(g.sum(), x)[0])]
    """,
    "saving what is no tensor": """
        function(lambda ctx, x: (ctx.save_for_backward(x, 3), x)[1]).apply(leaf())
    """,
    "save_for_forward": """
        f = function(lambda ctx, x: (ctx.save_for_forward(x), x * 2)[1], lambda ctx, g: g)
        result = [facts(f.apply(leaf()))]
    """,
    "once_differentiable": """
        f = function(
            lambda ctx, x: (ctx.save_for_backward(x), x * x)[1],
            once_differentiable(lambda ctx, g: g * 2 * ctx.saved_tensors[0]),
        )
        x = leaf()
        f.apply(x).sum().backward()
        result = [x.grad.tolist()]
    """,
    "once_differentiable, twice": """
        f = function(
            lambda ctx, x: (ctx.save_for_backward(x), x * x)[1],
            once_differentiable(lambda ctx, g: g * 2 * ctx.saved_tensors[0]),
        )
        x = leaf()
        y = f.apply(x)
        (g,) = T.autograd.grad((y * y).sum(), x, create_graph=True)
        (g * x).sum().backward()
    """,
    "a Function in the forward of another": """
        f = function(
            lambda ctx, x: (ctx.save_for_backward(x), Exp.apply(x) * 2)[1],
            lambda ctx, g: g * Exp.apply(ctx.saved_tensors[0]) * 2,
        )
        x = leaf()
        y = f.apply(x)
        (g,) = T.autograd.grad(y.sum(), x, create_graph=True)
        result = [facts(y), g.tolist(), T.autograd.grad(g.sum(), x)[0].tolist()]
    """,
    "gradients inside of forward and backward": """
        def forward(ctx, x):
            with T.enable_grad():
                ctx.x = x.detach().requires_grad_()
                ctx.y = ctx.x.exp().sin()
            return ctx.y.detach()
        def backward(ctx, g):
            return T.autograd.grad(ctx.y, ctx.x, g)
        x = leaf()
        y = function(forward, backward).apply(x)
        y.sum().backward()
        result = [facts(y), x.grad.tolist()]
    """,
    "retain_grad and hooks": """
        x = leaf()
        y = Exp.apply(x)
        y.retain_grad()
        y.register_hook(lambda g: g * 3)
        (y * y).sum().backward()
        result = [y.grad.tolist(), x.grad.tolist()]
    """,
    "saved_tensors_hooks": """
        def pack(t):
            seen.append(t.tolist())
            return t.tolist()
        with T.autograd.graph.saved_tensors_hooks(pack, lambda packed: T.tensor(packed)):
            x = leaf()
            y = Product.apply(x, x * 2)
        y.sum().backward()
        result = [x.grad.tolist(), seen]
    """,
}
