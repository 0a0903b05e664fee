"""Declaring an op: a kernel, its gradient rules, and the table of all of them.

Note [What a rule keeps]
~~~~~~~~~~~~~~~~~~~~~~~~
A gradient rule says by its *parameter names* what must be kept for it. After `ops` (the world it
runs in, see Note [Two worlds]) and `g` (the gradient of the output; for an op of several outputs a
sequence of them, `None` where there is none) a rule may name

    x            an input of the kernel, by the kernel's own name
    out          the output
    x_shape      the shape of an input; the input itself need not stay alive for it
    dim          an option of the kernel
    mask         a side result of the kernel, declared with `aux=("mask",)`
    sums         something that several rules use, declared with `shared={"sums": rule}`: what that
                 rule gives is computed once for all of them, if the gradient of any is needed

Names are resolved here, at import: a misspelt one fails at once, not in somebody's backward. Only
what the rules of the needed gradients name is kept: `x * w` keeps `x` only if `w` requires grad.
Whether an in-place form must copy its input first follows from the names too.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FunctionType, MappingProxyType
from typing import Any, Literal

Rule = Callable[..., Any]
Kernel = Callable[..., Any]
SavedKind = Literal["input", "out", "shape", "option", "aux"]
Family = Literal["elementwise", "reduction", "view", "op"]

TABLE: dict[str, Op] = {}
"""Every op by name, in order of declaration."""

NOTHING: Mapping[str, Rule] = MappingProxyType({})

PUBLIC_NAMES = {"x": "input", "y": "other"}
"""PyTorch's argument names for what kernels call by the mathematician's."""


@dataclass(frozen=True, slots=True)
class Domain:
    """Where an op is defined and differentiable: for tests, and to explain a NaN.

    Attributes:
        low, high: bounds to draw samples from.
        avoid: points where the derivative jumps or does not exist.
        text: what a message says, as in "log of a number that is not positive".
    """

    low: float = -3.0
    high: float = 3.0
    avoid: tuple[float, ...] = ()
    text: str = ""


REAL = Domain()
POSITIVE = Domain(0.1, 4.0, text="positive")
NONZERO = Domain(0.3, 3.0, avoid=(0.0,), text="not zero")
UNIT = Domain(-0.9, 0.9, text="between -1 and 1")


@dataclass(frozen=True, slots=True)
class Saved:
    """One entry of what an op's nodes keep.

    Attributes:
        name: as the rules call it.
        source: the input for `shape`, else the same as `name`.
        needed_by: positions of the inputs whose rules name it.
    """

    name: str
    kind: SavedKind
    source: str
    needed_by: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Declaration:
    """What was written down for one op. `ops/compile.py` makes the callables out of it.

    Attributes:
        name: PyTorch's name.
        kernel: `(namespace, *inputs, **options) -> array`, or a tuple for several outputs or side
            results.
        ufunc: the function of the namespace that the kernel is, when the kernel has no body of its
            own.
        inputs: names of the tensor arguments; one that starts with `*` is a list of tensors.
        optional: those of the inputs that may be `None`.
        options: names and defaults of the other arguments; `inspect.Parameter.empty` for none. One
            that is called `dtype` and `None` by default converts the input before the kernel runs.
        rules: gradient rules by input.
        shared: rules for what several of those use, by name.
        rule_names: the parameter names of each rule and shared rule after `ops` and `g`.
        saves: what nodes keep, see Note [What a rule keeps].
        outputs: number of outputs.
        aux: names of side results, which follow the outputs in what the kernel returns.
        promotes: `types` brings inputs to one dtype, `float` also makes integers floating point,
            `none` leaves dtypes alone.
        variadic: an option that the public function takes as `*args`, such as `shape`.
        domain: of each input.
        public: whether it is a function of the package; `False` for ops that only rules call.
        method, inplace: whether it is a method of Tensor, and has an in-place form.
    """

    name: str
    kernel: Kernel
    ufunc: str | None
    inputs: tuple[str, ...]
    optional: frozenset[str]
    options: Mapping[str, Any]
    rules: Mapping[str, Rule]
    shared: Mapping[str, Rule]
    rule_names: Mapping[str, tuple[str, ...]]
    saves: tuple[Saved, ...]
    outputs: int
    aux: tuple[str, ...]
    family: Family
    promotes: Literal["types", "float", "none"]
    variadic: str | None
    domain: Mapping[str, Domain]
    public: bool
    method: bool
    inplace: bool
    doc: str

    @property
    def is_list(self) -> bool:
        """Whether the op takes a list of tensors, as `cat` does."""
        return self.inputs[:1] != () and self.inputs[0].startswith("*")

    def users_of(self, shared: str) -> list[str]:
        """The inputs whose rules name something shared."""
        return [i for i in self.rules if shared in self.rule_names[i]]


class Op:
    """One entry of the table, callable once it was installed.

    Attributes:
        declaration: what was declared.
        call: the public function, made by `ops/compile.py`.
        operator: the same for `+` and its like, which must answer `NotImplemented` to strangers.
        backward, lifted_backward: its rules over arrays and over tensors, likewise.
        keeps_values: whether its nodes keep more than shapes and options: what backward frees.
        places: the name of each kept value, and where in `node.saved` its array, storage and
            version stand.
    """

    __slots__ = (
        "backward", "call", "declaration", "inputs", "keeps_values", "lifted_backward", "name",
        "operator", "outputs", "places",
    )  # fmt: skip

    call: Callable[..., Any]
    operator: Callable[..., Any]
    backward: Callable[..., tuple[Any, ...]]
    lifted_backward: Callable[..., tuple[Any, ...]]

    def __init__(self, declaration: Declaration) -> None:
        self.declaration = declaration
        self.name = declaration.name
        self.inputs = declaration.inputs
        self.outputs = declaration.outputs
        self.keeps_values = any(_holds_values(s, declaration) for s in declaration.saves)
        self.places = _places(declaration.saves)

    def __call__(self, *args: Any, **options: Any) -> Any:
        return self.call(*args, **options)

    def __repr__(self) -> str:
        return f"<op {self.name}>"


INDEXED = frozenset({"index", "index_backward", "index_put"})
"""Ops whose option `key` has arrays in it: masks, and where elements stand."""


REINTERPRETING = frozenset({"real", "imag", "view_as_real", "view_as_complex"})
"""Views under another dtype than their base's, whose gradients a write cannot be followed to."""


def _holds_values(saved: Saved, declaration: Declaration) -> bool:
    """Whether an entry holds arrays, which backward frees."""
    if saved.kind == "option":
        return saved.name == "key" and declaration.name in INDEXED
    return saved.kind != "shape" and not saved.name.endswith("_dtype")


# -- the decorators --------------------------------------------------------------------------------


def op(
    *,
    vjp: Rule | Mapping[str, Rule] | None = None,
    shared: Mapping[str, Rule] = NOTHING,
    name: str | None = None,
    ufunc: str | None = None,
    outputs: int = 1,
    aux: tuple[str, ...] = (),
    family: Family = "op",
    promotes: Literal["types", "float", "none"] = "none",
    variadic: str | None = None,
    domain: Domain | Mapping[str, Domain] = REAL,
    public: bool = True,
    method: bool = True,
    inplace: bool = False,
) -> Callable[[Callable[..., Any]], Op]:
    """Declare an op from its kernel. See `Declaration` for the arguments.

    Args:
        vjp: the rule, for an op of one input; else rules by input. Inputs without a rule get no
            gradient.
        shared: what several of the rules name, by name.

    Raises:
        TypeError: a rule names something that does not exist.
    """

    def declare(kernel: Kernel) -> Op:
        inputs, optional, options = _read_signature(kernel)
        rules = _rules_by_input(vjp, inputs)
        op_name = name or kernel.__name__.rstrip("_")
        domains = domain if isinstance(domain, Mapping) else dict.fromkeys(inputs, domain)
        rule_names = {
            name: tuple(inspect.signature(rule).parameters)[2:]
            for name, rule in (rules | dict(shared)).items()
        }
        entry = Op(
            Declaration(
                name=op_name,
                kernel=kernel,
                ufunc=ufunc,
                inputs=inputs,
                optional=optional,
                options=options,
                rules={i: _named_rule(rule, f"{op_name}.vjp[{i}]") for i, rule in rules.items()},
                shared={
                    s: _named_rule(rule, f"{op_name}.shared[{s}]") for s, rule in shared.items()
                },
                rule_names=rule_names,
                saves=_save_plan(op_name, inputs, options, aux, rule_names, tuple(shared)),
                outputs=outputs,
                aux=aux,
                family=family,
                promotes=promotes,
                variadic=variadic,
                domain=domains,
                public=public,
                method=method and public,
                inplace=inplace,
                doc=inspect.getdoc(kernel) or "",
            )
        )
        if op_name in TABLE:
            raise TypeError(f"op {op_name} is declared twice")
        TABLE[op_name] = entry
        return entry

    return declare


def elementwise(
    *,
    vjp: Rule | Mapping[str, Rule] | None = None,
    name: str | None = None,
    ufunc: str | None = None,
    promotes: Literal["types", "float", "none"] = "types",
    domain: Domain | Mapping[str, Domain] = REAL,
    inplace: bool = True,
    method: bool = True,
    public: bool = True,
    outputs: int = 1,
    aux: tuple[str, ...] = (),
) -> Callable[[Callable[..., Any]], Op]:
    """Declare an op that works on each element alone; inputs broadcast against each other."""
    return op(
        vjp=vjp, name=name, ufunc=ufunc, family="elementwise", promotes=promotes, domain=domain,
        inplace=inplace, method=method, public=public, outputs=outputs, aux=aux,
    )  # fmt: skip


def reduction(
    *,
    vjp: Rule | Mapping[str, Rule] | None = None,
    name: str | None = None,
    promotes: Literal["types", "float", "none"] = "none",
    domain: Domain = REAL,
    outputs: int = 1,
    aux: tuple[str, ...] = (),
    method: bool = True,
    public: bool = True,
) -> Callable[[Callable[..., Any]], Op]:
    """Declare an op that shrinks dimensions `dim` (all when `None`)."""
    return op(
        vjp=vjp, name=name, family="reduction", promotes=promotes, domain=domain, outputs=outputs,
        aux=aux, method=method, public=public,
    )  # fmt: skip


def view(
    *,
    vjp: Rule,
    name: str | None = None,
    variadic: str | None = None,
    outputs: int = 1,
    method: bool = True,
    public: bool = True,
) -> Callable[[Callable[..., Any]], Op]:
    """Declare an op whose output shares its input's memory."""
    return op(
        vjp=vjp, name=name, family="view", variadic=variadic, outputs=outputs, method=method,
        public=public,
    )  # fmt: skip


# -- reading kernels and rules ---------------------------------------------------------------------


def _read_signature(kernel: Kernel) -> tuple[tuple[str, ...], frozenset[str], dict[str, Any]]:
    """Inputs, optional inputs, options: positional parameters are tensors, keywords are not."""
    inputs: list[str] = []
    optional: set[str] = set()
    options: dict[str, Any] = {}
    for parameter in list(inspect.signature(kernel).parameters.values())[1:]:
        if parameter.kind is parameter.KEYWORD_ONLY:
            options[parameter.name] = parameter.default
        elif parameter.kind is parameter.VAR_POSITIONAL:
            inputs.append("*" + parameter.name)
        else:
            inputs.append(parameter.name)
            if parameter.default is None:
                optional.add(parameter.name)
    return tuple(inputs), frozenset(optional), options


def _rules_by_input(
    vjp: Rule | Mapping[str, Rule] | None, inputs: tuple[str, ...]
) -> dict[str, Rule]:
    if vjp is None:
        return {}
    rules = dict(vjp) if isinstance(vjp, Mapping) else {inputs[0]: vjp}
    unknown = set(rules) - set(inputs)
    if unknown:
        raise TypeError(f"rules for {sorted(unknown)}, which are no inputs of {inputs}")
    return rules


def _named_rule(rule: Rule, name: str) -> Rule:
    """A copy of the rule that tracebacks call by its op: two ops may share one rule function."""
    code = rule.__code__.replace(co_name=name, co_qualname=name)
    return FunctionType(code, rule.__globals__, name, rule.__defaults__, rule.__closure__)


def _save_plan(
    op_name: str,
    inputs: tuple[str, ...],
    options: Mapping[str, Any],
    aux: tuple[str, ...],
    rule_names: Mapping[str, tuple[str, ...]],
    shared: tuple[str, ...],
) -> tuple[Saved, ...]:
    """Everything that some rule names, once, with who needs it."""
    plain = tuple(i.lstrip("*") for i in inputs)
    kinds: dict[str, tuple[SavedKind, str]] = {"out": ("out", "out")}
    kinds |= {i: ("input", i) for i in plain}
    kinds |= {f"{i}_shape": ("shape", i) for i in plain}
    kinds |= {o: ("option", o) for o in options}
    kinds |= {a: ("aux", a) for a in aux}
    unused = set(shared) - {name for i in inputs for name in rule_names.get(i, ())}
    if unused:
        raise TypeError(f"{op_name} shares {sorted(unused)}, which no rule names")
    needed: dict[str, list[int]] = {}
    for position, input in enumerate(inputs):
        named = rule_names.get(input, ())
        behind = [name for s in named if s in shared for name in rule_names[s]]
        for rule_parameter in dict.fromkeys([n for n in named if n not in shared] + behind):
            if rule_parameter not in kinds:
                raise TypeError(
                    f"the rule {op_name}.vjp[{input}] names '{rule_parameter}', which is none of "
                    f"{', '.join(sorted({*kinds, *shared}))}"
                )
            needed.setdefault(rule_parameter, []).append(position)
    return tuple(Saved(n, *kinds[n], tuple(by)) for n, by in needed.items())


def _places(saves: tuple[Saved, ...]) -> tuple[tuple[str, int], ...]:
    """Where the values stand among what a node keeps: a shape or an option takes one place there,
    a value three.
    """
    found, place = [], 0
    for saved in saves:
        is_value = saved.kind in ("input", "out")
        if is_value:
            found.append((saved.name, place))
        place += 3 if is_value else 1
    return tuple(found)
