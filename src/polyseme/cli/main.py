"""The command `polyseme`: all commands in one app, and their exit statuses.

Exit status: 0 done (and help, which `polyseme` alone prints), 1 the network falls short of what was
asked, 2 bad input, or the result cannot be written (one line on standard error, the last), 128 + n
ended by signal n: 130 interrupted, 141 the reader of standard output has gone, 143 terminated. Each
command returns its own status; an error raised on purpose means bad input. A result that is lost
makes a status of 0 another, and leaves 1 and 2 as they are.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

import polyseme
from polyseme.cli.late_commands import LateCommands
from polyseme.cli.output.text import emit, warnings_as_remarks
from polyseme.cli.streams import guarded_streams
from polyseme.common.plain_text import one_line
from polyseme.errors import PolysemeError

DONE = 0
BAD_INPUT = 2
INTERRUPTED = 130
READER_GONE = 141

app = typer.Typer(name="polyseme", cls=LateCommands, rich_markup_mode="rich")


def _show_version(wanted: bool) -> None:
    if wanted:
        emit(f"polyseme {polyseme.__version__}")
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Print the version and stop."
        ),
    ] = False,
) -> None:
    """Compile Boolean computations over sparse features into small ReLU networks.

    polyseme compile and2:features=2000,gates=2000 -o net.safetensors
    polyseme verify net.safetensors --inputs all
    polyseme prove net.safetensors --active 3
    polyseme run net.safetensors --on x3,x17
    polyseme inspect net.safetensors --neuron 7
    polyseme explore net.safetensors
    polyseme interpret net.safetensors --gate g25
    polyseme decompile net.safetensors -o circuit.json
    polyseme edit net.safetensors --set 'JFK: country=FR' -o edited.safetensors
    polyseme bounds permutation:features=5000
    polyseme constructions universal-and
    polyseme counting permutation:features=2000
    polyseme learn and2:features=300,gates=300 --neurons 200
    polyseme learn toy intro -o intro.png
    polyseme reproduce --only ball-and-box
    polyseme study error.toml -o results --jobs 2
    polyseme bench --suite small --method relu -o results
    polyseme export net.safetensors --to onnx -o net.onnx
    polyseme convert adder.blif -o adder.aig

    SOURCE is one of
    - an example: example:capitals · example:two-hop · example:adder · example:alarm
    - facts: .csv .tsv .jsonl, or facts:PATH and triples:PATH; tables that refer to each
      other: hops:PATH,PATH
    - a file of logic: .aig .aag .blif .bench .pla .cnf .json .eqn .truth .v
    - expressions: 'y = a & b | ~c'
    - a problem: and2:features=N,gates=N · and:k=N,features=N · permutation:features=N
      · uand:features=N · layered:width=N,depth=N

    In and2 every feature is in equally many gates (exactly 2 where there are
    as many gates as features, and k in and); influence=uniform or zipf draws
    others. A problem drawn at random has a seed of its own, seed=N in SOURCE;
    --seed of compile is the network's, that of verify its inputs'.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line, by default that of the process, and return the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    with guarded_streams() as result:
        status = _called(given)
        result.flush()
        if result.failure is None:
            return status
        if result.reader_gone:
            return status or READER_GONE
        return status or _refuse(f"standard output cannot be written: {result.failure}")


def _called(given: list[str]) -> int:
    """Run one command line, say what is wrong with it, and return its status."""
    try:
        command = typer.main.get_command(app)
        # Whoever types the name alone asks what it does, and nothing has failed.
        asked = given or ["--help"]
        with warnings_as_remarks():
            status = command.main(args=asked, prog_name="polyseme", standalone_mode=False)
        return int(status or DONE)
    except typer.TyperException as error:
        return _refuse(f"{error.format_message().rstrip('.')}; see {_help_of(error)}")
    except PolysemeError as error:
        return _refuse(str(error))
    except MemoryError:
        return _refuse("this needs more memory than there is")
    except KeyboardInterrupt:
        return INTERRUPTED
    except SystemExit as ended:
        # Answering a shell ends so.
        return int(ended.code or DONE)


def _refuse(message: str) -> int:
    print(one_line(f"polyseme: {message}"), file=sys.stderr)
    return BAD_INPUT


def _help_of(error: typer.TyperException) -> str:
    """Return the help command to name: of the command that failed, if the error knows it."""
    context = getattr(error, "ctx", None)
    return f"{context.command_path if context else 'polyseme'} --help"
