"""Each defect of the previous system is excluded by a test that says so.

A test names what it excludes in its docstring, as in "D33: ...". All of them apply.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
import re

HERE = Path(__file__).parent
ALL = frozenset(range(1, 47))
NAMED = re.compile(r"\bD([0-9]{1,2})\b")


def _docstrings() -> Iterator[str]:
    """Yield the docstring of each test function that has to pass."""
    for path in sorted(HERE.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
                and node.name.startswith("test_")
                and not any(_is_left_out(one) for one in node.decorator_list)
            ):
                yield ast.get_docstring(node) or ""


def _is_left_out(decorator: ast.expr) -> bool:
    """Tell whether a test that is marked with it need not pass."""
    return any(mark in ast.unparse(decorator) for mark in ("skip", "xfail"))


def test_each_defect_is_excluded() -> None:
    covered = {int(number) for text in _docstrings() for number in NAMED.findall(text)}
    assert covered == ALL
