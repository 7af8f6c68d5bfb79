"""Collect the texts of the program for translators, and compile what they wrote.

    python packaging/translate.py extract     resources/i18n/da3studio.pot, and each language's .po
    python packaging/translate.py compile     each language's .mo
    python packaging/translate.py check       what is missing, unsure or does not fit

Texts are `tr(...)`, `trn(...)` and `tr_later(...)` of literals, and the labels of tables: arguments
called label, text, title, hint, help, unit or choice_labels of `param` and of any dataclass of the
program that has such a field, and class attributes of these names. They are translated where they
are shown.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Formatter

import polib

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("de",)
NOT_FOR_PEOPLE = ("bench",)  # writes pages in English

SHOWN = frozenset({"label", "text", "title", "hint", "help", "unit", "choice_labels"})
_PARAM = ("default", "label")  # its positional arguments
_VALUE = re.compile(r"#\w+|[a-z_]+")  # a colour or a name in the code
_MARKS = {"tr": 1, "tr_later": 1, "trn": 2}  # → how many of their arguments are texts


@dataclass
class Message:
    """A text in the code."""

    text: str
    plural: str = ""
    files: set[str] = field(default_factory=set)


def collected(root: Path = ROOT) -> dict[str, Message]:
    """All texts of the program, by their English words."""
    trees = dict(_parsed(root))
    rows = {"param": _PARAM, **_dataclasses(trees.values())}
    rows |= _makers(trees.values(), rows)
    found: dict[str, Message] = {}
    for path, tree in trees.items():
        for text, plural in _texts(tree, rows):
            message = found.setdefault(text, Message(text))
            message.plural = message.plural or plural
            message.files.add(path)
    models = root / "resources" / "models.toml"
    if models.is_file():
        for licence in tomllib.loads(models.read_text("utf-8"))["licence"].values():
            found.setdefault(licence["terms"], Message(licence["terms"])).files.add(models.name)
    return dict(sorted(found.items()))


def template(messages: Mapping[str, Message]) -> polib.POFile:
    """The .pot of these texts."""
    pot = polib.POFile(wrapwidth=100)
    pot.metadata = {
        "Project-Id-Version": "DA3 Studio",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
    }
    for message in messages.values():
        entry = polib.POEntry(
            msgid=message.text, occurrences=[(path, "") for path in sorted(message.files)]
        )
        if message.plural:
            entry.msgid_plural, entry.msgstr_plural = message.plural, {0: "", 1: ""}
        pot.append(entry)
    return pot


def complaints(catalogue: polib.POFile, messages: Mapping[str, Message]) -> Iterator[str]:
    """What a translator still has to do."""
    entries = {entry.msgid: entry for entry in catalogue if not entry.obsolete}
    for text, message in messages.items():
        entry = entries.pop(text, None)
        if entry is None or not entry.translated():
            unsure = entry is not None and "fuzzy" in entry.flags
            yield f"{'unsure' if unsure else 'not translated'}: {text}"
            continue
        forms = entry.msgstr_plural.values() if message.plural else [entry.msgstr]
        for form in forms:
            allowed = fields_of(text) | fields_of(message.plural)
            if not fields_of(form) <= allowed or (
                not message.plural and fields_of(form) != allowed
            ):
                yield f"other fields: {text} → {form}"
    yield from (f"not in the program any more: {text}" for text in entries)


def fields_of(text: str) -> frozenset[str]:
    """The names in braces; a text that is no template has none."""
    try:
        return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)
    except ValueError:
        return frozenset()


def extract(root: Path = ROOT) -> int:
    """Write the template and bring every language up to date with it."""
    folder = root / "resources" / "i18n"
    pot = template(collected(root))
    pot.save(str(folder / "da3studio.pot"))
    for code in LANGUAGES:
        path = _po(folder, code)
        catalogue = polib.pofile(str(path), wrapwidth=100) if path.is_file() else _empty(code)
        catalogue.merge(pot)
        for entry in catalogue.obsolete_entries():
            catalogue.remove(entry)
        catalogue.sort(key=lambda entry: entry.msgid)
        path.parent.mkdir(parents=True, exist_ok=True)
        catalogue.save(str(path))
        print(f"{code}: {catalogue.percent_translated()} % of {len(catalogue)} texts")
    return 0


def compiled(path: Path) -> bytes:
    """The .mo of a .po."""
    return bytes(polib.pofile(str(path)).to_binary())


def compile_all(root: Path = ROOT) -> int:
    """Write every language's .mo."""
    for code in LANGUAGES:
        path = _po(root / "resources" / "i18n", code)
        path.with_suffix(".mo").write_bytes(compiled(path))
        print(path.with_suffix(".mo").relative_to(root))
    return 0


def check(root: Path = ROOT) -> int:
    """Print what is to do; the exit status says whether anything is."""
    messages, status = collected(root), 0
    for code in LANGUAGES:
        path = _po(root / "resources" / "i18n", code)
        found = list(complaints(polib.pofile(str(path)), messages))
        mo = path.with_suffix(".mo")
        if not mo.is_file() or mo.read_bytes() != compiled(path):
            found.append("the .mo is not that of the .po: compile it")
        for line in found:
            print(f"{code}: {line}")
        status = 1 if found else status
    return status


def _po(folder: Path, code: str) -> Path:
    return folder / code / "LC_MESSAGES" / "da3studio.po"


def _empty(code: str) -> polib.POFile:
    catalogue = polib.POFile(wrapwidth=100)
    catalogue.metadata = {
        "Project-Id-Version": "DA3 Studio",
        "Language": code,
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": "nplurals=2; plural=(n != 1);",
    }
    return catalogue


def _parsed(root: Path) -> Iterator[tuple[str, ast.Module]]:
    package = root / "da3studio"
    for path in sorted(package.rglob("*.py")):
        if path.relative_to(package).parts[0] not in NOT_FOR_PEOPLE:
            yield path.relative_to(root).as_posix(), ast.parse(path.read_text("utf-8"))


def _dataclasses(trees: Iterable[ast.Module]) -> dict[str, tuple[str, ...]]:
    """Dataclasses with a field that is shown: name → its fields in order."""
    found = {}
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and any(map(_is_dataclass, node.decorator_list)):
                names = tuple(
                    line.target.id
                    for line in node.body
                    if isinstance(line, ast.AnnAssign)
                    and isinstance(line.target, ast.Name)
                    and "ClassVar" not in ast.unparse(line.annotation)
                )
                if SHOWN & set(names):
                    found[node.name] = names
    return found


def _makers(
    trees: Iterable[ast.Module], rows: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """Functions that make such rows from their arguments: name → its arguments in order."""
    return {
        node.name: tuple(arg.arg for arg in (*node.args.args, *node.args.kwonlyargs))
        for tree in trees
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and node.returns is not None
        and _name(node.returns) in rows
    }


def _is_dataclass(decorator: ast.expr) -> bool:
    return _name(decorator.func if isinstance(decorator, ast.Call) else decorator) == "dataclass"


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _texts(tree: ast.Module, rows: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    """The texts of a module, each with its plural or ""."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = _name(node.func)
            if name in _MARKS:
                words = [list(_literals(arg)) for arg in node.args[: _MARKS[name]]]
                if name != "trn":
                    yield from ((text, "") for text in (words[0] if words else ()))
                elif len(words) == 2 and all(words):
                    yield words[0][0], words[1][0]
            elif name in rows:
                of_param = name == "param"  # elsewhere a unit or a kind is a value, not a text
                yield from (
                    (text, "")
                    for text in _labels(node, rows[name], units=of_param)
                    if of_param or not _VALUE.fullmatch(text)
                )
        elif isinstance(node, ast.ClassDef):
            yield from ((text, "") for text in _class_labels(node))


def _labels(call: ast.Call, names: tuple[str, ...], *, units: bool) -> Iterator[str]:
    """What of a row's arguments is shown."""
    given = [*zip(names, call.args, strict=False)]
    given += [(keyword.arg or "", keyword.value) for keyword in call.keywords]
    for name, value in given:
        if name in SHOWN and (units or name != "unit"):
            yield from _literals(value)


def _class_labels(node: ast.ClassDef) -> Iterator[str]:
    """`title: ClassVar[str] = "Crop box"` and its like."""
    for line in node.body:
        if isinstance(line, ast.AnnAssign):
            target, value = line.target, line.value
        elif isinstance(line, ast.Assign):
            target, value = line.targets[0], line.value
        else:
            continue
        if value is not None and isinstance(target, ast.Name) and target.id in SHOWN:
            yield from _literals(value)


def _literals(node: ast.expr) -> Iterator[str]:
    """The strings of a literal, a tuple of literals or `a if x else b`; "" is none."""
    if isinstance(node, ast.IfExp):
        yield from _literals(node.body)
        yield from _literals(node.orelse)
    elif isinstance(node, ast.Tuple):
        for element in node.elts:
            yield from _literals(element)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield node.value


def main() -> int:
    """Do what is asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    steps = {"extract": extract, "compile": compile_all, "check": check}
    parser.add_argument("step", choices=steps)
    return steps[parser.parse_args().step]()


if __name__ == "__main__":
    sys.exit(main())
