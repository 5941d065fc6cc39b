"""Every small change of a module: by mutmut's operators, and by ours where it has none."""

# pyright: reportMissingImports=false
# Only the long run installs mutmut and libcst.

from __future__ import annotations

import ast
import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import libcst
from mutmut.mutation.mutators import mutation_operators

# Three words in a row, or a sentence, are a text for people. Its wording is not mutated; but each
# message is mutated as a whole, so the tests must read every one.
_PROSE = re.compile(r"""[A-Za-z]+ [A-Za-z]+ [A-Za-z]+|^["'][A-Z].* .*\.["']$""")
_NEVER = (libcst.Annotation, libcst.Decorator, libcst.Import, libcst.ImportFrom)
# A call without the argument that it needs says nothing about the tests.
_PLAIN_CALLS = ("isinstance", "len", "str", "type", "cast")
# The name of a codec or of a type means the same in several ways of writing it.
_NAMING_CALLS = ("encode", "decode", "cast")
_UNRAISED = libcst.Name("ZeroDivisionError")


class Mutant(NamedTuple):
    """One change of one module.

    Attributes:
        module: its path in the project.
        function: the qualified name of what holds the change, or "module".
        change: the lines taken out after "- " and those put in after "+ ", without indentation;
            behind them "(2)" where the function has the same change at a second place.
        source: the whole module with the change.
    """

    module: str
    function: str
    change: str
    source: str


def mutants_of(module: str, source: str) -> Iterator[Mutant]:
    """All changes that give another program, each once, in the order of the source."""
    tree = libcst.parse_module(source)
    known = {_meaning(source)}
    places: Counter[tuple[str, str]] = Counter()
    for node, function in _walk(tree, ""):
        for changed in _changes(node):
            text: str = tree.deep_replace(node, changed).code
            meaning = _meaning(text)
            if meaning is not None and meaning not in known:
                known.add(meaning)
                change = _change(source, text)
                places[function, change] += 1
                if places[function, change] > 1:
                    change += f"\n({places[function, change]})"
                yield Mutant(module, function or "module", change, text)


def difference(before: str, mutant: Mutant) -> str:
    """The change as a diff with its surroundings, for people."""
    lines = difflib.unified_diff(
        before.splitlines(), mutant.source.splitlines(), mutant.module, mutant.function, "", "", 3
    )
    return "\n".join(line.rstrip() for line in lines)


def module_source(path: str) -> str:
    """The text of a module of this tree."""
    return Path(path).read_text("utf-8")


def _meaning(source: str) -> str | None:
    try:
        return ast.dump(ast.parse(source))
    except (SyntaxError, ValueError):
        return None


def _change(before: str, after: str) -> str:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    kept = [line for line in lines if not line.startswith(("---", "+++", "@@"))]
    return "\n".join(f"{line[0]} {line[1:].strip()}" for line in kept)


def _walk(node: Any, function: str) -> Iterator[tuple[Any, str]]:
    if isinstance(node, _NEVER) or _is_for_type_checkers(node):
        return
    if isinstance(node, libcst.FunctionDef | libcst.ClassDef):
        function = f"{function}.{node.name.value}".lstrip(".")
    yield node, function
    for child in node.children:
        name = isinstance(child, libcst.Arg) and _is_of(node, _NAMING_CALLS)
        if not name and not _is_prose(node, child):
            yield from _walk(child, function)


def _changes(node: Any) -> Iterable[Any]:
    if _is_of(node, _PLAIN_CALLS):
        return
    for kind, operator in (*mutation_operators, *_OURS):
        if isinstance(node, kind):
            yield from operator(node)


def _is_for_type_checkers(node: Any) -> bool:
    if not isinstance(node, libcst.If) or not isinstance(node.test, libcst.Name):
        return False
    return bool(node.test.value == "TYPE_CHECKING")


def _is_of(node: Any, names: tuple[str, ...]) -> bool:
    """Whether it is a call of a function or a method of one of these names."""
    if not isinstance(node, libcst.Call):
        return False
    called = node.func.attr if isinstance(node.func, libcst.Attribute) else node.func
    return isinstance(called, libcst.Name) and called.value in names


def _is_prose(node: Any, child: Any) -> bool:
    """Whether the child is a text for people, or a part of one that is written in several."""
    if not isinstance(child, libcst.SimpleString) or "b" in child.prefix.lower():
        return False
    whole = node if isinstance(node, libcst.ConcatenatedString) else child
    return _PROSE.search(libcst.Module([]).code_for_node(whole)) is not None


def _condition(node: Any) -> Iterator[Any]:
    yield node.with_changes(test=libcst.Name("True"))
    yield node.with_changes(test=libcst.Name("False"))


def _one_less(node: Any) -> Iterator[Any]:
    if node.evaluated_value > 0:
        yield node.with_changes(value=repr(node.evaluated_value - 1))


def _one_side(node: Any) -> Iterator[Any]:
    yield node.left
    yield node.right


def _nothing(node: Any) -> Iterator[Any]:
    if isinstance(node, libcst.Raise) or isinstance(node.value, libcst.Call):
        yield libcst.Pass()


def _no_result(node: Any) -> Iterator[Any]:
    if node.value is not None:
        yield node.with_changes(value=libcst.Name("None"))


def _not_caught(node: Any) -> Iterator[Any]:
    if isinstance(node.type, libcst.Tuple):
        for element in node.type.elements:
            other = element.with_changes(value=_UNRAISED)
            yield node.with_deep_changes(
                node.type,
                elements=[other if each is element else each for each in node.type.elements],
            )
    elif node.type is not None:
        yield node.with_changes(type=_UNRAISED)


def _no_guard(node: Any) -> Iterator[Any]:
    if node.guard is not None:
        yield node.with_changes(guard=None)


_OURS: tuple[tuple[Any, Any], ...] = (
    (libcst.If, _condition),
    (libcst.Integer, _one_less),
    (libcst.BooleanOperation, _one_side),
    (libcst.Raise, _nothing),
    (libcst.Expr, _nothing),
    (libcst.Return, _no_result),
    (libcst.ExceptHandler, _not_caught),
    (libcst.MatchCase, _no_guard),
)
