"""The man page, from the parser of the command line: what `--help` says, in one page.

Own, because argparse-manpage 4.8 loses lines that begin with a quotation mark (roff takes them for
commands), reflows the examples and makes a chapter of every group of options.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from building.product import Product

NOT_IN_A_BUNDLE = frozenset({"bench", "train"})

_FILES = """\
.SH FILES
.TP
.I ~/.local/share/{name}
Networks that were downloaded, licences that were accepted, pictures of photos, and the log.
.TP
.I ~/.config/{name}
Settings.
.TP
.I NAME.da3
A project: a folder. The file
.I open.da3
in it stands for it.
.SH ENVIRONMENT
.TP
.B DA3STUDIO_HOME
One folder for everything that is kept, instead of the first two above.
.SH EXIT STATUS
0 where all is well, 2 where the command cannot be understood; a number of its own for each kind of
failure, which is always said in words, too.
"""


def man_page(parser: argparse.ArgumentParser, product: Product, epoch: int) -> str:
    """The page in the language of man(7).

    Args:
        parser: with all commands below it.
        product: whose page it is.
        epoch: its date [s since 1970].
    """
    date = datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%d")
    lines = [
        f'.TH {product.name.upper()} 1 {date} "{_text(product.folder)}" "{_text(product.title)}"',
        ".SH NAME",
        f"{product.name} \\- {_text(product.phrase)}",
        ".SH SYNOPSIS",
        *_usage(parser),
        ".SH DESCRIPTION",
        _text(parser.description or ""),
        "Without a command the window is opened.",
        ".SH OPTIONS",
        *_options(parser),
        ".SH COMMANDS",
        *_commands(parser),
        *_FILES.format(name=product.name).splitlines(),
    ]
    if parser.epilog:
        lines += [".SH EXAMPLES", ".EX", *map(_text, parser.epilog.splitlines()[1:]), ".EE"]
    if product.homepage:
        lines += [".SH SEE ALSO", f".UR {product.homepage}", ".UE"]
    return "\n".join(line for line in lines if line) + "\n"


def _commands(parser: argparse.ArgumentParser) -> Iterator[str]:
    """A section for each command, and for each action of one."""
    for action in parser._actions:
        if not isinstance(action, argparse._SubParsersAction):
            continue
        told = {one.dest for one in action._choices_actions}  # the others are for ourselves
        for name, below in action.choices.items():
            if name not in told - NOT_IN_A_BUNDLE:
                continue
            yield f".SS {_text(below.prog)}"
            yield from _usage(below)
            if below.description:
                yield ".PP"
                yield _text(below.description)
            yield from _options(below)
            yield from _commands(below)


def _usage(parser: argparse.ArgumentParser) -> Iterable[str]:
    words = re.sub(r"\s+", " ", parser.format_usage()).strip()
    words = words.removeprefix("usage: ").removeprefix(parser.prog)
    return (f".B {_text(parser.prog)}", _text(words.strip()))


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    for group in parser._action_groups:
        for action in group._group_actions:
            said = action.help not in (None, argparse.SUPPRESS)
            if isinstance(action, argparse._SubParsersAction | argparse._HelpAction) or not said:
                continue
            yield ".TP"
            yield _invocation(action)
            yield _text(parser._get_formatter()._expand_help(action))


def _invocation(action: argparse.Action) -> str:
    value = "" if action.nargs == 0 else _value(action)
    names = [f"\\fB{_text(name)}\\fR" for name in action.option_strings]
    return ", ".join(names) + (f" {value}" if names and value else value)


def _value(action: argparse.Action) -> str:
    if action.choices is not None and action.metavar is None:
        return "{" + _text(",".join(map(str, action.choices))) + "}"
    metavar = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    return f"\\fI{_text(metavar)}\\fR"


def _text(words: str) -> str:
    """Words as they are: roff sees commands in backslashes, dashes and the start of a line."""
    words = words.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{words}" if words.startswith((".", "'")) else words
