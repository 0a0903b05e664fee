"""Small things that every layer may use. Imports nothing of ours."""
