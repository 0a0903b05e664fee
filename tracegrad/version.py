"""`torch.version`: of what this library is made."""

from tracegrad._version import __version__ as __version__

cuda: str | None = None  # CuPy brings its own; `tracegrad.cuda.is_available()` asks it
hip: str | None = None
xpu: str | None = None
debug = False
git_version: str | None = None
