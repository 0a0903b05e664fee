"""`torch.backends.openmp`: OpenMP is not used."""


def is_available() -> bool:
    """Whether OpenMP is used: no."""
    return False
