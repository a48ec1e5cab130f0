"""Development command: write the API page of the browser library from its JSDoc.

`static/sdk/README.md` is what npm and a code host show, `static/sdk/api.html` what a running server
shows; both come from the comments in the modules, so a test can tell when they are old.
"""

import re
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

MODULES = ("imadmin.js", "dongdong.js", "storage.js", "wx.js")
_BLOCK = re.compile(r"^( *)/\*\*(.*?)\*/\n?(?=([^\n]*))", re.DOTALL | re.MULTILINE)
_TAG = re.compile(r"(?:^|(?<=\s))@(param|returns|property|typedef|module|type)\b")
_HEAD = re.compile(
    r"(?P<export>export )?(?:async )?"
    r"(?:class (?P<cls>\w+)|function (?P<func>\w+)|const (?P<const>\w+) = (?:async )?\("
    r"|(?P<method>[a-z]\w*)\((?=[^;]*\{))"
)


@dataclass(frozen=True)
class Param:
    name: str
    type: str
    note: str
    optional: bool = False


@dataclass
class Item:
    """A class, function, method or type. `signature` as TypeScript would write it."""

    kind: str
    name: str
    note: str
    params: list[Param] = field(default_factory=list)
    returns: str = ""
    returns_note: str = ""
    members: list["Item"] = field(default_factory=list)

    @property
    def signature(self) -> str:
        if self.kind == "type":
            return f"{self.name} = {self.returns}" if self.returns != "object" else self.name
        given = ", ".join(f"{p.name}{'?' if p.optional else ''}: {p.type}" for p in self.params)
        made = f"{'new ' if self.kind == 'class' else ''}{self.name}({given})"
        return f"{made}: {self.returns}" if self.returns else made


class Command(BaseCommand):
    help = "Write static/sdk/README.md and api.html from the modules' JSDoc."

    def handle(self, *args: Any, **options: Any) -> None:
        for path, text in api_pages(Path(settings.CHECKOUT, "static", "sdk")).items():
            path.write_text(text, encoding="utf-8")
            self.stdout.write(f"{path.name}: {len(text)} characters")


def api_pages(folder: Path) -> dict[Path, str]:
    """The pages by their path, as the sources in `folder` now want them."""
    modules = [(name, *parse((folder / name).read_text(encoding="utf-8"))) for name in MODULES]
    return {folder / "README.md": _markdown(modules), folder / "api.html": _html(modules)}


Parsed = tuple[str, str, list[Item]]


def parse(source: str) -> tuple[str, list[Item]]:
    """A module's introduction, and its public items in their order."""
    intro, items = "", []
    of_class: Item | None = None
    for indent, comment, line in _with_bare_methods(source):
        item = _item(_plain(comment), line.strip())
        if item is None:
            continue
        if item.kind == "module":
            intro = item.note
        elif item.kind in {"constructor", "method"}:
            if of_class is None or len(indent) != 2:
                continue  # of an object inside of a function
            if item.kind == "method":
                of_class.members.append(item)
            else:
                of_class.params = item.params
        else:
            items.append(item)
            of_class = item if item.kind == "class" else of_class
    return intro, sorted(items, key=lambda item: item.kind == "type")  # calls first


def _with_bare_methods(source: str) -> list[tuple[str, str, str]]:
    """(indent, comment, the line below) of each comment, and of methods that need none."""
    found = [(m.start(3), m[1], m[2], m[3]) for m in _BLOCK.finditer(source)]
    known = {position for position, *_rest in found}
    bare = re.finditer(r"^  (?:async )?[a-z]\w*\(\) \{.*$", source, re.MULTILINE)
    found += [
        (match.start(), "  ", "", match[0])
        for match in bare
        if match.start() not in known and "constructor" not in match[0]
    ]
    return [rest for _position, *rest in sorted(found)]  # type: ignore[misc]


def _plain(comment: str) -> str:
    return "\n".join(re.sub(r"^\s*\* ?", "", line) for line in comment.split("\n")).strip()


def _item(comment: str, line: str) -> Item | None:
    note, *tagged = _TAG.split(comment)
    tags = list(zip(tagged[::2], (text.strip() for text in tagged[1::2]), strict=True))
    params = [_param(text) for tag, text in tags if tag in {"param", "property"}]
    returns = next((_typed(text) for tag, text in tags if tag == "returns"), ("", ""))
    for tag, text in tags:
        if tag == "module":
            return Item("module", "", note.strip())
        if tag == "typedef":
            kind, rest = _typed(text)
            name, _space, about = rest.partition(" ")
            if kind.startswith("import("):
                return None  # another module's
            return Item("type", name.strip(), f"{note} {about}".strip(), params, kind)
    head = _HEAD.match(line)
    if head is None:
        return None
    name = next(head[group] for group in ("cls", "func", "const", "method") if head[group])
    if name == "constructor":
        return Item("constructor", name, note.strip(), params)
    if name.startswith("_") or not (head["export"] or head["cls"] or head["method"]):
        return None
    kind = "class" if head["cls"] else "method" if head["method"] else "function"
    return Item(kind, name, note.strip(), params, *returns)


def _typed(text: str) -> tuple[str, str]:
    """`{type} rest`: the braces may nest."""
    if not text.startswith("{"):
        return "", text
    depth = 0
    for position, char in enumerate(text):
        depth += (char == "{") - (char == "}")
        if depth == 0:
            return text[1:position], text[position + 1 :].strip()
    return "", text


def _param(text: str) -> Param:
    kind, rest = _typed(text)
    name, note = [*rest.split(None, 1), "", ""][:2]
    return Param(name.strip("[]"), kind, " ".join(note.split()), name.startswith("["))


# --- The pages ---

_TITLE = "imadmin-sdk: API"
_MADE = "Made from the modules' comments by `manage.py sdk_api`: change those."


def _markdown(modules: list[Parsed]) -> str:
    lines = [f"# {_TITLE}", "", _MADE, ""]
    for name, intro, items in modules:
        lines += [f"## {name}", "", intro, ""]
        for item in items:
            lines += [f"### `{item.signature}`", "", *_markdown_body(item)]
            for member in item.members:
                lines += [f"- `{member.signature}`{_dash(_said(member))}"]
                lines += [f"  - `{p.name}`: {p.note}" for p in member.params if p.note]
            lines += [""] if item.members else []
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).rstrip() + "\n"


def _markdown_body(item: Item) -> list[str]:
    said = [f"- `{_typed_name(p)}`{_dash(p.note)}" for p in _worth_saying(item)]
    return [*([item.note, ""] if item.note else []), *said, *([""] if said else [])]


def _worth_saying(item: Item) -> list[Param]:
    return [param for param in item.params if param.note or item.kind == "type"]


def _typed_name(param: Param) -> str:
    return f"{param.name}{'?' if param.optional else ''}: {param.type}"


def _said(item: Item) -> str:
    """What a method does, and after an arrow what it gives."""
    does, gives = (" ".join(part.split()) for part in (item.note, item.returns_note))
    return f"{does} → {gives}".strip() if gives else does


def _dash(text: str) -> str:
    return f": {text}" if text else ""


def _html(modules: list[Parsed]) -> str:
    parts = [_TOP.format(title=_TITLE)]
    parts += [f"<p>{_code(_MADE)}</p>\n<nav><ul>"]
    parts += [f'<li><a href="#{name}">{name}</a></li>' for name, *_rest in modules]
    parts += ["</ul></nav>"]
    for name, intro, items in modules:
        parts += [f'<h2 id="{name}">{name}</h2>', *_html_text(intro)]
        for item in items:
            parts += [f"<h3><code>{escape(item.signature)}</code></h3>", *_html_text(item.note)]
            parts += _html_list([(_typed_name(p), p.note) for p in _worth_saying(item)])
            parts += _html_list([(m.signature, _said_in_full(m)) for m in item.members])
    return "\n".join(parts) + "\n</body>\n</html>\n"


def _said_in_full(item: Item) -> str:
    about = "; ".join(f"`{param.name}`: {param.note}" for param in item.params if param.note)
    return " ".join(part for part in (_said(item), f"({about})" if about else "") if part)


def _html_list(rows: list[tuple[str, str]]) -> list[str]:
    if not rows:
        return []
    cells = [f"<dt><code>{escape(code)}</code></dt><dd>{_code(note)}</dd>" for code, note in rows]
    return ["<dl>", *cells, "</dl>"]


def _html_text(text: str) -> list[str]:
    made = []
    for paragraph in re.split(r"\n\s*\n", text):
        if paragraph.startswith("    "):
            made.append(f"<pre>{escape(re.sub(r'^    ', '', paragraph, flags=re.MULTILINE))}</pre>")
        elif paragraph.strip():
            made.append(f"<p>{_code(' '.join(paragraph.split()))}</p>")
    return made


def _code(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


_TOP = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="api.css">
</head>
<body>
<h1>{title}</h1>"""
