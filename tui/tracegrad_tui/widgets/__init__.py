"""Panes and bars. Each shows what it is given and reports what the user does in messages."""
