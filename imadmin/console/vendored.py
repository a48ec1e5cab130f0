"""What is taken out of vendored style sheets, so that a page stays within its budget."""

import re
from collections.abc import Iterator

# Components of Tabler that no page uses; a test looks for them in the templates.
UNUSED = ("carousel", "offcanvas", "popover", "ribbon", "timeline", "accordion", "placeholder",
          "avatar")  # fmt: skip
_UNUSED = re.compile(rf"\.(?:{'|'.join(UNUSED)})")
_GROUPS = ("@media", "@supports", "@container", "@layer")


def without_unused(css: str) -> str:
    """A minified style sheet without the rules, or parts of selectors, of unused components."""
    return "".join(_kept(css))


def _kept(css: str) -> Iterator[str]:
    for head, body in _rules(css):
        if body is None:
            yield head
        elif head.startswith(_GROUPS):
            inner = without_unused(body)
            if inner:
                yield f"{head}{{{inner}}}"
        elif head.startswith("@"):
            yield f"{head}{{{body}}}"
        else:
            selectors = [one for one in _split(head) if not _UNUSED.search(one)]
            if selectors:
                yield f"{','.join(selectors)}{{{body}}}"


def _rules(css: str) -> Iterator[tuple[str, str | None]]:
    """(head, body) of each rule at the top; statements and comments have no body."""
    start = 0
    while start < len(css):
        if css.startswith("/*", start):
            end = css.index("*/", start) + 2
            yield css[start:end], None
            start = end
            continue
        opening, semicolon = css.find("{", start), css.find(";", start)
        if opening == -1:
            if css[start:].strip():
                yield css[start:], None
            return
        if -1 < semicolon < opening:
            yield css[start : semicolon + 1], None
            start = semicolon + 1
            continue
        end = _closing(css, opening)
        yield css[start:opening].strip(), css[opening + 1 : end]
        start = end + 1


def _closing(css: str, opening: int) -> int:
    """Where the block ends; braces in quotes do not count."""
    depth, quote = 0, ""
    for place in range(opening, len(css)):
        letter = css[place]
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter == "{":
            depth += 1
        elif letter == "}":
            depth -= 1
            if not depth:
                return place
    raise ValueError("a block of the style sheet does not end")


def _split(selectors: str) -> list[str]:
    """At the commas outside of brackets: `:is(a, b)` is one selector."""
    found, depth, start = [], 0, 0
    for place, letter in enumerate(selectors):
        depth += (letter in "([") - (letter in ")]")
        if letter == "," and not depth:
            found.append(selectors[start:place])
            start = place + 1
    return [*found, selectors[start:]]
