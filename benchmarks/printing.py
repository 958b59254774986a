"""Tables for the terminal and the README in one form: Markdown is good for both."""

from collections.abc import Iterable

from .figures import Budget, Cell, Table


def text_of(cell: Cell) -> str:
    """Return a figure with as many digits as mean something."""
    match cell:
        case None:
            return "–"
        case float() if cell >= 100:
            return f"{cell:,.0f}"
        case float() if cell >= 10:
            return f"{cell:.1f}"
        case float():
            return f"{cell:.2f}"
        case int():
            return f"{cell:,}"
        case _:
            return cell


def markdown(table: Table) -> str:
    """Return a table with its title, how it was measured, and its budgets."""
    lines = [table.columns, *([text_of(cell) for cell in row] for row in table.rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    head, *body = (_line(line, widths) for line in lines)
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    budgets = [_judged(one) for one in table.budgets]
    parts = [f"### {table.title}", table.how, "\n".join([head, rule, *body])]
    return "\n\n".join([*parts, "\n".join(budgets)] if budgets else parts)


def _judged(budget: Budget) -> str:
    found = f"{text_of(budget.found)}, at most {text_of(budget.limit)}"
    if budget.met:
        return f"- {budget.what}: {found} (met)"
    due_to = budget.due_to and f" by {budget.due_to}"
    return f"- {budget.what}: {found} (MISSED{due_to})"


def _line(cells: Iterable[str], widths: Iterable[int]) -> str:
    filled = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return "| " + " | ".join(filled) + " |"
