"""Where the op table's methods live: `ops/install.py` fills this class, `_methods.pyi` declares
it.
"""


class OpMethods:
    """Methods and operators that come from the op table."""

    __slots__ = ()
