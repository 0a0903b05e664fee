"""Writes a file, then a larger one where no file may grow beyond 4 kB: run by a test."""

import resource
import signal
import sys

import tracegrad as tg
from tracegrad.training import CheckpointError, save_checkpoint

path = sys.argv[1]
save_checkpoint(path, {"numbers": tg.tensor([1.0, 2.0])})
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    save_checkpoint(path, {"numbers": tg.zeros(100_000)})
except CheckpointError as error:
    print(error)
