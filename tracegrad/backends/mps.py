"""`torch.backends.mps`: Apple's GPUs, which tracegrad does not use."""


def is_available() -> bool:
    """Whether Apple's GPUs can be used: no."""
    return False


def is_built() -> bool:
    """Whether Apple's GPUs were thought of when this was built: no."""
    return False


def is_macos13_or_newer() -> bool:
    """Whether Apple's GPUs of that system can be used: no."""
    return False
