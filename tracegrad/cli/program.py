"""The frame of the command line: its commands, and what a user sees when something is wrong."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from tracegrad._version import __version__
from tracegrad.cli.complaint import BAD_INPUT, INTERRUPTED, Complaint
from tracegrad.cli.demo import demo
from tracegrad.cli.draw import draw
from tracegrad.cli.open import open_
from tracegrad.cli.record import record
from tracegrad.cli.run import run
from tracegrad.cli.summary import summary
from tracegrad.errors import TracegradError

COMMANDS: tuple[click.Command, ...] = (demo, record, run, open_, summary, draw)


class _InOrder(click.Group):
    """Lists its commands as they are declared, in the order in which one meets them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(
    cls=_InOrder,
    commands=COMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, message="tracegrad %(version)s")
@click.pass_context
def program(context: click.Context) -> None:
    """Record a program's tensors and gradients, then look at every one of them."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code: 2 for a mistake in what was asked for.

    Args:
        arguments: the words after `tracegrad`; those of this process if `None`.
    """
    try:
        code = program.main(arguments, prog_name="tracegrad", standalone_mode=False)
    except click.UsageError as error:
        return _complain(error.format_message(), _usage_help(error))
    except Complaint as error:
        return _complain(error.message, error.tries)
    except click.ClickException as error:
        return _complain(error.format_message())
    except TracegradError as error:
        return _complain(str(error))
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has gone (`tracegrad summary run.trace | head`). Python would complain once
        # more when it flushes stdout on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code if isinstance(code, int) else 0


def _complain(message: str, tries: str = "") -> int:
    sys.stdout.flush()
    message = message[:1].lower() + message[1:] if message[1:2].islower() else message
    click.echo(f"error: {message}" + (f"\n  try: {tries}" if tries else ""), err=True)
    return BAD_INPUT


def _usage_help(error: click.UsageError) -> str:
    """The command that explains how the one that was called is used."""
    return f"{error.ctx.command_path if error.ctx else 'tracegrad'} --help"
