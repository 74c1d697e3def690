"""The command line: parse, call one function, show. Heavy libraries are imported where a command needs them."""

from __future__ import annotations

import os
import sys

from cqia.cli.app import app, there
from cqia.errors import CqiaError

INTERRUPTED = 130
FAULT = 70  # sysexits.h: an internal error


def main() -> None:
    """The ``cqia`` command. Errors a user can act on end with a sentence and an exit code, never with a traceback."""
    try:
        app(prog_name="cqia")
    except CqiaError as error:
        print(f"cqia: {error.message}" + (f"\n  {there(error.hint)}" if error.hint else ""), file=sys.stderr)
        sys.exit(error.exit_code)
    except SystemExit as error:
        if error.code == INTERRUPTED:  # typer takes Ctrl-C for itself, and says nothing
            print("cqia: stopped; run the same command again to go on.", file=sys.stderr)
        raise
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
    except Exception as error:
        if os.environ.get("CQIA_TRACEBACK"):
            raise
        if type(error).__module__.startswith("polars") and str(error).startswith("parquet: "):
            print(there("cqia: A part of the workspace is damaged.\n  Which one, says: cqia status."), file=sys.stderr)
            sys.exit(CqiaError.exit_code)
        print(f"cqia: a fault of cqia itself: {type(error).__name__}: {str(error)[:500]}", file=sys.stderr)
        print("  Please report it, with what CQIA_TRACEBACK=1 in the environment shows.", file=sys.stderr)
        sys.exit(FAULT)
