"""`torch.backends.mkl`: MKL is not used."""


def is_available() -> bool:
    """Whether MKL is used: no."""
    return False
