"""`souk`, also `python -m bot`: the command line.

Subcommands live in `bot.cli`; each is imported only when it is called, so a question starts fast.
"""

from __future__ import annotations

import gc
import importlib
import sys
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

COMMANDS = {
    "demo": ("bot.cli.demo", "See it work: local marketplaces, a first sync, questions and answers."),
    "init": ("bot.cli.keeping:init", "Make the home, the warehouse and a secret."),
    "connect": ("bot.cli.connecting", "Add a marketplace connection."),
    "connections": (
        "bot.cli.connections:connections",
        "List, test, pause, resume, rotate or remove connections.",
    ),
    "sync": ("bot.cli.syncing:sync", "Bring in what is new, now."),
    "import": ("bot.cli.importing", "Bring in exports: CSV, XLSX or Parquet files."),
    "rates": ("bot.cli.rates", "Fetch exchange rates, and say how far they reach."),
    "runs": ("bot.cli.runs", "What the last syncs did."),
    "schedule": ("bot.cli.syncing:schedule", "Run the scheduled jobs until stopped."),
    "ask": ("bot.cli.asking:ask", "Ask a question in English or Chinese."),
    "preferences": ("bot.cli.preferences", "How you want ambiguous words read: list, set, reset."),
    "review": ("bot.cli.review:review", "Questions that went wrong: teach a word, keep, dismiss."),
    "verify": ("bot.cli.review:verify", "Check that verified questions are still read as before."),
    "sql": ("bot.cli.asking:sql", "Run a read-only SELECT on the warehouse, at the machine."),
    "bot": ("bot.cli.slack", "Run the Slack bot."),
    "privacy": ("bot.cli.privacy", "Settings, requests, retention, incidents, assessments."),
    "members": ("bot.cli.members", "Who has which role."),
    "sandbox": ("bot.cli.sandbox", "Serve the sandbox marketplaces until stopped."),
    "backup": ("bot.cli.keeping:backup", "Write an encrypted backup."),
    "restore": ("bot.cli.keeping:restore", "Bring a backup back; erased people stay erased."),
    "doctor": ("bot.cli.doctor", "Check this installation and say what to do."),
}


class Commands(TyperGroup):
    """Lists every command, imports only the one that is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        where, _, name = COMMANDS[cmd_name][0].partition(":")
        command = get_command(getattr(importlib.import_module(where), name or "app"))
        command.name = cmd_name
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


app = typer.Typer(cls=Commands, no_args_is_help=True, rich_markup_mode=None, add_completion=False)


@app.callback()
def souk(
    debug: bool = typer.Option(False, "--debug", help="Show a traceback when something fails."),
) -> None:
    """Ask your sales, segments and privacy settings across marketplaces, in English or Chinese.

    Start with `souk demo`. Then `souk init`, `souk connect PLATFORM`, `souk sync`, `souk ask "..."`.
    """


def main(arguments: list[str] | None = None) -> None:
    """Runs one command: a failure a person can meet is one line and a hint on stderr, exit status 1."""
    from queries.trouble import Trouble

    gc.set_threshold(100_000, 20, 50)  # a start makes a hundred thousand objects that stay: do not count them so often
    given = sys.argv[1:] if arguments is None else arguments
    debug = "--debug" in given
    given = [word for word in given if word != "--debug"]
    try:
        get_command(app)(args=given, prog_name="souk")
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
    except KeyboardInterrupt:
        sys.exit(130)
    except Trouble as trouble:
        if debug:
            raise
        _say(trouble.say("en"), trouble.hint("en"))
        sys.exit(1)
    except Exception as error:
        if debug:
            raise
        _say(
            f"Something failed that should not: {type(error).__name__}.",
            "Run it again with --debug to see where.",
        )
        sys.exit(1)


def _say(sentence: str, hint: str) -> None:
    print(f"souk: {sentence}" + (f"\n      {hint}" if hint else ""), file=sys.stderr)


if __name__ == "__main__":
    main()
