"""How long Hypothesis looks: 200 examples normally, many with `--hypothesis-profile=nightly`."""

from hypothesis import HealthCheck, settings

UNTIMED = {
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
}  # a shared machine is slow at times

# The same examples in each run: it must not fail by chance. The nightly ones are others each time.
settings.register_profile("normal", max_examples=200, derandomize=True, **UNTIMED)
settings.register_profile("nightly", max_examples=20_000, **UNTIMED)
settings.load_profile("normal")
