"""How Functions are written and called, rightly and wrongly."""

from __future__ import annotations

CALLS: dict[str, str] = {
    "setup_context": """
        x = leaf()
        y = Scale.apply(x, 5.0)
        y.sum().backward()
        result = [facts(y), x.grad.tolist(), seen]
    """,
    "setup_context gets defaults": """
        x = leaf()
        y = Scale.apply(x)
        y.sum().backward()
        result = [facts(y), x.grad.tolist(), seen]
    """,
    "setup_context, keyword": """
        x = leaf()
        y = Scale.apply(factor=3.0, x=x)
        y.sum().backward()
        result = [x.grad.tolist(), seen]
    """,
    "keywords are put at their places": """
        x, y = leaf(), leaf(4.0, 5.0, 6.0)
        z = Product.apply(y=y, x=x)
        z.sum().backward()
        result = [x.grad.tolist(), y.grad.tolist()]
    """,
    "an unknown keyword": "Product.apply(leaf(), z=leaf())",
    "an argument twice": "Product.apply(leaf(), x=leaf())",
    "an argument too few": "Product.apply(leaf())",
    "an argument too few, keyword": "Product.apply(y=leaf())",
    "keyword only": """
        function(lambda ctx, x, *, k=1: x * k, lambda ctx, g: g).apply(leaf(), k=2)
    """,
    "default arguments of forward(ctx) are no inputs": """
        x = leaf()
        def backward(ctx, g):
            seen.append(ctx.needs_input_grad)
            return g * 3
        f = function(lambda ctx, x, k=3: x * k, backward)
        f.apply(x).sum().backward()
        result = [x.grad.tolist(), seen]
    """,
    "variable number of arguments": """
        xs = [leaf(), leaf(), T.ones(3)]
        f = function(lambda ctx, *xs: xs[0] + xs[1] * 2 + xs[2], lambda ctx, g: (g, g * 2, None))
        f.apply(*xs).sum().backward()
        result = [x.grad.tolist() for x in xs[:2]]
    """,
    "too many gradients": """
        function(lambda ctx, x: x * 1, lambda ctx, g: (g, g)).apply(leaf()).sum().backward()
    """,
    "too few gradients": """
        function(lambda ctx, x, y: x * 1, lambda ctx, g: g).apply(leaf(), 3).sum().backward()
    """,
    "a gradient for a number": """
        function(lambda ctx, x, k: x * k, lambda ctx, g: (g, g)).apply(leaf(), 3).sum().backward()
    """,
    "a gradient that is no tensor": """
        function(lambda ctx, x: x * 1, lambda ctx, g: 3.0).apply(leaf()).sum().backward()
    """,
    "a list of gradients": """
        function(lambda ctx, x: x * 1, lambda ctx, g: [g]).apply(leaf()).sum().backward()
    """,
    "a gradient of another shape": """
        f = function(lambda ctx, k, x, y: x * y, lambda ctx, g: (None, g, T.ones(2)))
        f.apply(3, leaf(), leaf()).sum().backward()
    """,
    "a gradient of a smaller shape": """
        function(lambda ctx, x: x * 1, lambda ctx, g: T.ones(1)).apply(leaf()).sum().backward()
    """,
    "a wrong gradient for what needs none": """
        x = leaf()
        f = function(lambda ctx, x, y: x * y, lambda ctx, g: (g, T.ones(2)))
        f.apply(x, T.ones(3)).sum().backward()
        result = [x.grad.tolist()]
    """,
    "no backward": "function(lambda ctx, x: x * 1).apply(leaf()).sum().backward()",
    "no forward": "type('Empty', (Function,), {}).apply(leaf())",
    "no forward, setup_context": """
        function(Function.forward, None, lambda ctx, inputs, output: None).apply(leaf())
    """,
    "vjp": """
        x = leaf()
        f = function(lambda ctx, x: x * 1, vjp=staticmethod(lambda ctx, g: g * 7))
        f.apply(x).sum().backward()
        result = [x.grad.tolist()]
    """,
    "backward and vjp": """
        f = function(lambda ctx, x: x * 1, lambda ctx, g: g, vjp=staticmethod(lambda ctx, g: g))
        f.apply(leaf()).sum().backward()
    """,
    "forward without staticmethod": """
        x = leaf()
        class F(Function):
            def forward(ctx, x):
                return x * 2
            def backward(ctx, g):
                return g * 2
        F.apply(x).sum().backward()
        result = [x.grad.tolist()]
    """,
    "classmethod": """
        class Counted(Function):
            @classmethod
            def forward(cls, ctx, x):
                seen.append(cls.__name__)
                return x * 2
            @staticmethod
            def backward(ctx, g):
                return g * 2
        x = leaf()
        Counted.apply(x).sum().backward()
        result = [x.grad.tolist(), seen]
    """,
    "an error in forward": """
        def forward(ctx, x):
            raise KeyError("mine")
        function(forward).apply(leaf())
    """,
    "an error in backward": """
        def backward(ctx, g):
            raise KeyError("mine")
        function(lambda ctx, x: x * 1, backward).apply(leaf()).sum().backward()
    """,
    "marking what is no tensor as dirty": """
        function(lambda ctx, x: (ctx.mark_dirty(3), x)[1]).apply(leaf())
    """,
    "marking what is no tensor as non-differentiable": """
        function(lambda ctx, x: (ctx.mark_non_differentiable(3), x * 1)[1]).apply(leaf())
    """,
    "boxed_grads_call": """
        f = function(
            lambda ctx, x: (x * 1, x * 2),
            lambda ctx, gs: (seen.append([gradient(g) for g in gs]), gs.pop() * 2)[1],
            boxed_grads_call=True,
        )
        x = leaf()
        f.apply(x)[1].sum().backward()
        result = [seen, x.grad.tolist()]
    """,
    "clear_saved_tensors_on_access": """
        def backward(ctx, g):
            seen.append([facts(t) for t in ctx.saved_tensors])
            ctx.saved_tensors
            return g
        f = function(
            lambda ctx, x: (ctx.save_for_backward(x), x * 1)[1], backward,
            clear_saved_tensors_on_access=True,
        )
        f.apply(leaf()).sum().backward()
    """,
    "instances are not called": """
        import warnings
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            Exp()(leaf())
    """,
    "jvp": "Exp.jvp(None, 1)",
    "vmap": "Exp.vmap(None, (0,), 1)",
}
