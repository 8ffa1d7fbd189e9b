"""The commands of `polyseme`, each imported when it is called or its own help is asked for.

The help of the whole program shows a line about every command, so the lines stand here. Importing
the modules for them would take half a second, nearly all of it numpy and scipy.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from polyseme.cli.output.narrow import forget_odd_width, narrow_help, narrow_width

# The first line of each command's own help; its function is `<name>_command` in the module
# `polyseme.cli.commands.<name>`.
COMMANDS = {
    "compile": "Compile SOURCE into a network with as few neurons as keep its errors under those "
    "asked for.",
    "verify": "Compare the network NET with its circuit on fresh inputs.",
    "prove": "Prove that NET is right on every input, or print an input that it gets wrong.",
    "interpret": "Print which units serve a gate, what a neuron reads and serves, or the code of a "
    "feature.",
    "decompile": "Read the circuit of NET back from its weights, without the answer key.",
    "edit": "Change facts of a compiled table in its weights, and ask every fact afterwards.",
    "run": "Run NET with some features on and print the outputs that are on, one per line.",
    "inspect": "Print what NET holds and, if its answer key is beside it, how many terms each "
    "neuron serves.",
    "explore": "Show NET in a browser: search by name, switch features on, ask why.",
    "bounds": "Print how few neurons a network for SOURCE needs, and how many each construction "
    "takes.",
    "constructions": "List the constructions that `compile --construction` takes, or print the "
    "theorem of one.",
    "counting": "Write a network of SOURCE as entropy-coded bytes, and find its gates by querying "
    "it.",
    "learn": "Train a network of N ReLUs on SOURCE from random weights, or toy models for a "
    "figure.",
    "reproduce": "Recompute published figures and print whether ours agree within the stated "
    "tolerance.",
    "study": "Carry out STUDY.toml, a grid of tasks, but for those that are done already.",
    "bench": "Fit interpretability methods to networks whose answer is known, and score what they "
    "claim.",
    "export": "Write NET in a format that other programs read.",
    "convert": "Write SOURCE as AIGER, which any logic tool reads, or as JSON, which keeps every "
    "gate.",
}


class HelpfulCommand(TyperCommand):
    """A command whose help fits the window."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help for a window of this width."""
        if not _wrote_narrow(self, ctx):
            super().format_help(ctx, formatter)


class LateCommand(TyperCommand):
    """A name and a line of help; the command itself is imported when a context is made of it."""

    def make_context(self, info_name: str | None, args: list[str], *rest: Any, **more: Any) -> Any:
        """Return the context of the command itself, which its arguments are parsed into."""
        return imported(str(self.name)).make_context(info_name, args, *rest, **more)


class LateCommands(TyperGroup):
    """All commands, none of them imported yet."""

    def __init__(self, **settings: Any) -> None:
        """Hold a line of help per command."""
        super().__init__(**settings)
        for name, line in COMMANDS.items():
            self.add_command(LateCommand(name, help=line, rich_markup_mode=self.rich_markup_mode))

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help for a window of this width."""
        if not _wrote_narrow(self, ctx):
            super().format_help(ctx, formatter)


def _wrote_narrow(command: Any, context: Any) -> bool:
    """Write the help of a command if the window is narrow; return whether it is."""
    forget_odd_width()
    width = narrow_width()
    if width is None:
        return False
    print(narrow_help(command, context, width))
    return True


def imported(name: str) -> TyperCommand:
    """Return a command with all its parameters, importing its module."""
    module = import_module(f"polyseme.cli.commands.{name}")
    app = typer.Typer(add_completion=False, rich_markup_mode="rich")
    app.command(name, cls=HelpfulCommand)(getattr(module, f"{name}_command"))
    command = typer.main.get_command(app)
    assert isinstance(command, TyperCommand)
    return command
