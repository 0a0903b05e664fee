"""`python -m tracegrad.cli`, for where the `tracegrad` command is not on the PATH."""

import sys

from tracegrad.cli.program import main

sys.exit(main())
