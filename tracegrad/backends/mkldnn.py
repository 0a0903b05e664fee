"""`torch.backends.mkldnn`: oneDNN is not used."""


def is_available() -> bool:
    """Whether oneDNN is used: no."""
    return False


enabled = False
