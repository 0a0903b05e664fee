"""A run as data: what is recorded, where it is kept, and how it is read again."""
