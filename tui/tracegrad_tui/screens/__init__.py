"""The main screen, and the sheets that lie over it."""
