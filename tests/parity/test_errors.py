"""Wrong calls raise what PyTorch raises, with the words that people search for."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="compares with PyTorch")

import tracegrad as tg  # noqa: E402  after importorskip

pytestmark = pytest.mark.parity

CASES = """
T.ones(2, 3) + T.ones(4)
    The size of tensor a (3) must match the size of tensor b (4) at non-singleton dimension 1
T.ones(2, 3) * T.ones(3, 3)
    The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension 0
T.ones(2, 3) @ T.ones(2, 3)
    mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)
T.ones(2, 3) @ T.ones(2)
    size mismatch, got input (2), mat (2x3), vec (2)
T.ones(3) @ T.ones(2)
    inconsistent tensor size, expected tensor [3] and src [2] to have the same number of elements
T.tensor(1.0) @ T.ones(2)
    both arguments to matmul need to be at least 1D
T.ones(2, 2).long() @ T.ones(2, 2)
    same dtype
T.nn.functional.linear(T.ones(2, 3), T.ones(4, 5))
    mat1 and mat2 shapes cannot be multiplied (2x3 and 5x4)
T.ones(2, 3).view(4)
    shape '[4]' is invalid for input of size 6
T.ones(2, 3).reshape(-1, -1)
    only one dimension can be inferred
T.ones(2, 3).t().view(6)
    view size is not compatible with input tensor's size and stride
T.ones(2, 3).sum(2)
    Dimension out of range (expected to be in range of [-2, 1], but got 2)
T.ones(2, 3).transpose(0, 2)
    Dimension out of range (expected to be in range of [-2, 1], but got 2)
T.ones(2, 3).unsqueeze(4)
    Dimension out of range (expected to be in range of [-3, 2], but got 4)
T.ones(2, 3).softmax(2)
    Dimension out of range (expected to be in range of [-2, 1], but got 2)
T.ones(2, 3).sum((0, 0))
    dim 0 appears multiple times in the list of dims
T.cat([T.ones(2, 3), T.ones(2, 4)])
    Sizes of tensors must match except in dimension 0. Expected size 3 but got size 4 for tensor
T.cat([T.ones(2), T.ones(2, 2)])
    Tensors must have same number of dimensions: got 1 and 2
T.cat([])
    expected a non-empty list of Tensors
T.cat([1, 2])
    expected Tensor as element 0 in argument 0, but got int
T.stack([T.ones(2), T.ones(3)])
    stack expects each tensor to be equal size, but got [2] at entry 0 and [3] at entry 1
T.ones(2, 3).expand(4, 3)
    The expanded size of the tensor (4) must match the existing size (2) at non-singleton
T.ones(3)[5]
    index 5 is out of bounds for dimension 0 with size 3
T.ones(3)[0, 0]
    too many indices for tensor of dimension 1
T.ones(3)[T.tensor([True, False])]
    The shape of the mask [2] at index 0 does not match the shape of the indexed tensor [3] at
T.ones(3)[::-1]
    step must be greater than zero
T.ones(3)[T.tensor([0.5])]
    tensors used as indices must be long, int, byte or bool tensors
T.ones(2, 3).item()
    a Tensor with 6 elements cannot be converted to Scalar
bool(T.ones(2))
    Boolean value of Tensor with more than one value is ambiguous
bool(T.ones(0))
    Boolean value of Tensor with no values is ambiguous
len(T.tensor(1))
    len() of a 0-d tensor
list(T.tensor(1))
    iteration over a 0-d tensor
T.arange(3).requires_grad_()
    can require gradients
T.tensor([1], requires_grad=True)
    Tensors of floating point and complex dtype can require gradients
T.ones(2, requires_grad=True).numpy()
    Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.
T.ones(2, requires_grad=True).add_(1)
    a leaf Variable that requires grad is being used in an in-place operation.
T.ones(2, requires_grad=True)[0].add_(1)
    a view of a leaf Variable that requires grad is being used in an in-place operation.
T.ones(2, requires_grad=True).mul(2).unbind()[0].add_(1)
    is a view and is being modified inplace. This view is the output of a function that returns
T.ones(1).expand(3).add_(1)
    unsupported operation: more than one element of the written-to tensor refers to a single
T.arange(3).add_(1.5)
    result type Float can't be cast to the desired output type
T.ones(3).add_(T.ones(2, 3))
    output with shape [3] doesn't match the broadcast shape [2, 3]
T.ones(2).backward()
    element 0 of tensors does not require grad and does not have a grad_fn
T.ones(2, requires_grad=True).backward()
    grad can be implicitly created only for scalar outputs
x = T.ones(1, requires_grad=True)
y = x.exp()
y.backward()
y.backward()
    Trying to backward through the graph a second time
x = T.ones(1, requires_grad=True)
y = x.exp()
z = y * y
y.add_(1)
z.backward()
    one of the variables needed for gradient computation has been modified by an inplace operation
T.autograd.grad(T.ones(1, requires_grad=True).exp(), T.ones(1, requires_grad=True))
    The differentiated Tensor at index 0 appears to not have been used in the graph. Set
T.autograd.grad(T.ones(1, requires_grad=True).exp(), T.ones(1))
    One of the differentiated Tensors does not require grad
T.ones(1).retain_grad()
    can't retain_grad on Tensor that has requires_grad=False
T.ones(1).register_hook(print)
    cannot register a hook on a tensor that doesn't require gradient
T.ones(1, requires_grad=True).exp().requires_grad_(False)
    you can only change requires_grad flags of leaf variables.
x = T.ones(2, requires_grad=True)
x.grad = T.ones(3)
    attempting to assign a gradient of size '[3]' to a tensor of size '[2]'
x = T.ones(2, requires_grad=True)
x.grad = 3
    assigned grad expected to be a Tensor or None but got grad of
x = T.ones(2, requires_grad=True)
x.grad = T.ones(2).double()
    attempting to assign a gradient with dtype
T.ones(2, requires_grad=True).mul(2)[0].detach_()
    Can't detach views in-place. Use detach() instead.
T.arange(3).mean()
    mean(): could not infer output dtype. Input dtype must be either a floating point or complex
T.arange(3).var()
    std and var only support floating point and complex dtypes
T.ones(0).max()
    Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with
T.ones(0, 2).argmax(0)
    Expected reduction dim 0 to have non-zero size.
T.ones(2, 3).gather(0, T.tensor([[5, 0, 0]]))
    index 5 is out of bounds for dimension 0 with size 2
T.ones(2, 3).gather(0, T.ones(1, 3))
    gather(): Expected dtype int32/int64 for index
T.ones(2, 3).index_select(0, T.tensor([5]))
    index out of range in self
T.ones(2).masked_fill(T.ones(2).int(), 0)
    only supports boolean masks
T.ones(2).clamp()
    At least one of 'min' or 'max' must not be None
-T.tensor([True])
    Negation, the `-` operator, on a bool tensor is not supported.
T.tensor([True]) - T.tensor([True])
    Subtraction, the `-` operator, with two bool tensors is not supported.
T.tensor([1]) // 0
    ZeroDivisionError
T.tensor([1.5]) & T.tensor([1.5])
    not implemented for
T.ones(2, 3).split([1, 1], 1)
    split_with_sizes expects split_sizes to sum exactly to 3
T.ones(2, 3).chunk(0)
    chunk expects `chunks` to be greater than 0
T.ones(2, 3).narrow(1, 2, 2)
    start (2) + length (2) exceeds dimension size (3).
T.arange(0, 5, -1)
    upper bound and lower bound inconsistent with step sign
T.arange(0, 5, 0)
    step must be nonzero
T.ones(-1)
    Trying to create tensor with negative dimension -1
T.tensor(None)
    Could not infer dtype of NoneType
T.tensor([[1], [1, 2]])
    expected sequence of length 1 at dim 1 (got 2)
T.from_numpy([1])
    expected np.ndarray (got list)
T.ones(2, device='gpu')
    Expected one of cpu, cuda
T.ones(2).to('tpu')
    Expected one of cpu, cuda
T.ones(2) + 'a'
    unsupported operand type(s) for +: 'Tensor' and 'str'
T.ones(2) + [1, 2]
    unsupported operand type(s) for +: 'Tensor' and 'list'
T.add(T.ones(2), 'a')
    argument 'other' (position 2) must be Tensor, not str
T.relu(3)
    argument 'input' (position 1) must be Tensor, not int
T.exp([1.0])
    argument 'input' (position 1) must be Tensor, not list
T.dot(T.ones(2, 2), T.ones(2, 2))
    1D tensors expected, but got 2D and 2D tensors
T.ones(2, 2, 2).t()
    t() expects a tensor with <= 2 dimensions, but self is 3D
T.ones(2, 3).permute(0, 0)
    permute(): duplicate dims are not allowed.
T.ones(2).topk(3)
    selected index k out of range
T.randint(5, 2, (2,))
    random_ expects 'from' to be less than 'to', but got from=5 >= to=2
T.nn.functional.cross_entropy(T.ones(2, 3), T.tensor([0, 5]))
    Target 5 is out of bounds
T.nn.functional.dropout(T.ones(2), 1.5)
    dropout probability has to be between 0 and 1, but got 1.5
T.nn.functional.mse_loss(T.ones(2), T.ones(2), reduction='average')
    average is not a valid value for reduction
import copy
copy.deepcopy(T.ones(2, requires_grad=True) * 2)
    Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol
T.set_default_dtype(T.int64)
    only floating-point types are supported as the default type
T.set_default_dtype('float')
    float
x = T.ones(3)
x[:2] = T.ones(3)
    3
T.tensor(1.0)[0]
    invalid index of a 0-dim tensor. Use `tensor.item()`
T.ones(2) < 'a'
    '<' not supported between instances of 'Tensor' and 'str'
T.ones(2) + None
    unsupported operand type(s) for +: 'Tensor' and 'NoneType'
'a' * T.ones(2)
    ""
T.ones(2) @ 3
    ""
"""
"""Programs, each with words of its message below."""


def cases() -> list[tuple[str, str]]:
    found, program = [], []
    for line in CASES.strip().splitlines():
        if line.startswith("    "):
            found.append(("\n".join(program), line.strip().strip('"')))
            program = []
        else:
            program.append(line)
    return found


def error_of(module: Any, program: str) -> BaseException:
    names = {"T": module}
    with pytest.raises(Exception) as raised:  # noqa: PT011 the test compares which
        exec(program, names)
    return raised.value


@pytest.mark.parametrize(("program", "phrase"), cases(), ids=[program for program, _ in cases()])
def test_error_class_and_key_phrase(program: str, phrase: str):
    ours, theirs = error_of(tg, program), error_of(torch, program)
    assert phrase in str(theirs), f"PyTorch says: {theirs}"
    assert isinstance(ours, type(theirs)), f"{ours!r} is no {type(theirs).__name__}"
    assert phrase in str(ours)
