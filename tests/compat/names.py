"""What real programs use of PyTorch, most used first: names counted over 941 files of public
tutorials, examples and small models.
"""

from __future__ import annotations

OPS = [
    "F.linear", "to", "item", "mean", "cat", "randn", "sum", "view", "softmax", "zeros",
    "reshape", "arange", "ones", "unsqueeze", "F.dropout", "F.relu", "F.conv2d", "long",
    "transpose", "F.cross_entropy", "F.embedding", "float", "argmax", "tanh", "squeeze",
    "F.gelu", "norm", "randint", "sin", "flatten", "max", "F.layer_norm", "cos", "bool",
    "masked_fill", "chunk", "pow", "clamp", "exp", "F.batch_norm", "log", "sqrt", "stack",
    "sigmoid", "clone", "matmul", "add", "F.max_pool2d", "triu", "linspace", "abs", "bfloat16",
    "contiguous", "F.silu", "F.mse_loss", "topk", "log_softmax", "F.leaky_relu", "var", "F.pad",
    "fill", "F.interpolate", "zero_", "allclose", "where", "meshgrid", "permute", "all",
    "multinomial", "repeat_interleave", "empty", "zeros_like", "F.nll_loss", "F.avg_pool2d",
    "F.normalize", "full", "gather", "repeat", "rsqrt", "F.conv_transpose2d",
    "F.scaled_dot_product_attention", "uniform", "t", "std", "randn_like", "mul", "unique",
    "scatter", "ones_like", "sort", "int", "double", "any", "nonzero", "eye", "eq",
    "F.adaptive_avg_pool2d", "mm", "F.dropout2d", "expand", "einsum", "normal", "equal",
    "unbind", "cumsum", "F.instance_norm", "square", "F.one_hot", "div", "min", "bmm",
    "rand_like", "F.binary_cross_entropy", "tril", "view_as", "F.l1_loss", "empty_like", "dot",
    "argsort", "F.binary_cross_entropy_with_logits", "floor", "cumprod", "F.conv1d", "F.conv3d",
    "F.kl_div", "F.rms_norm", "F.logsigmoid", "neg", "acos", "index_add", "resize_as_", "sub",
    "index_select", "amax", "new_zeros", "sign", "lerp", "F.grid_sample", "argmin", "prod",
    "full_like", "F.softplus", "unfold", "flip", "isnan", "half", "lt", "trace", "log10",
    "F.smooth_l1_loss", "F.pixel_shuffle", "new_empty", "bernoulli", "mv", "unflatten", "tan",
    "maximum", "select", "asin", "bitwise_and", "narrow", "fmod", "linalg.det", "erf",
    "trapezoid", "erfinv", "clamp_min", "cdist", "true_divide", "__getitem__", "ne", "le", "gt",
    "ge", "__radd__", "__rsub__", "__rmul__", "__rdiv__", "__rpow__", "__rmatmul__",
    "remainder", "floor_divide", "logical_and", "logical_or", "logical_not", "bitwise_or",
    "bitwise_not",
]  # fmt: skip
"""Functions, methods, layers: all forms that PyTorch has of each."""

AROUND = [
    "backward", "tensor", "cuda", "no_grad", "size", "cuda.is_available", "manual_seed",
    "detach", "float32", "numpy", "tolist", "optim.Adam", "numel", "utils.data", "save", "cpu",
    "load", "utils.data.DataLoader", "from_numpy", "nn.Linear", "rand", "Tensor", "nn.Module",
    "inf", "nn.functional", "copy_", "optim.SGD", "backends", "nn.Sequential", "optim.AdamW",
    "FloatTensor", "pi", "nn.ReLU", "backends.mps.is_available", "backends.mps", "nn.init",
    "cuda.FloatTensor", "inference_mode", "accelerator", "accelerator.current_accelerator",
    "LongTensor", "__version__", "cuda.synchronize", "relu", "cuda.max_memory_allocated",
    "compile", "nn.init.normal_", "accelerator.is_available", "nn.MSELoss", "requires_grad_",
    "nn.Parameter", "nn.utils", "testing", "set_printoptions", "nn.utils.clip_grad_norm_",
    "testing.assert_close", "as_tensor", "nn.init.constant_", "nn.Sigmoid", "cuda.device_count",
    "cuda.reset_peak_memory_stats", "nn.CrossEntropyLoss", "optim.lr_scheduler", "dim",
    "element_size", "finfo", "cuda.set_device", "float64", "nn.L1Loss", "float16",
    "nn.Embedding", "autograd", "utils.data.Dataset", "int64", "randperm", "nn.BCELoss",
    "backends.cudnn", "random.manual_seed", "random", "cuda.get_device_capability", "resize",
    "int32", "nelement", "new", "cuda.memory_allocated", "optim.lr_scheduler.StepLR",
    "Generator", "cuda.Event", "set_float32_matmul_precision", "nn.init.zeros_",
    "cuda.current_device", "optim.Optimizer", "accelerator.device_count", "set_grad_enabled",
    "random_", "detach_", "type_as", "nn.Conv2d", "set_default_device", "cuda.manual_seed",
    "backends.cuda", "Size", "cuda.LongTensor", "uint8", "amp.autocast", "amp", "profiler",
    "nn.functional.affine_grid", "cuda.empty_cache", "cuda.manual_seed_all", "data_ptr",
    "cuda.memory_reserved", "version.cuda", "cuda.is_bf16_supported", "nn.DataParallel",
    "autograd.Function", "autograd.grad", "stride", "profiler.schedule", "autocast",
    "nn.init.kaiming_uniform_",
]  # fmt: skip
"""Everything else: of the library, of tensors, of `utils.data` and so on."""
