"""Templates as pages send them: indented for people, not for browsers."""

import re

from django.template import Origin
from django.template.loaders import filesystem

_INDENTS = re.compile(r"\n[ \t]+")
# White space there means nothing, and a list has it before each cell.
_BETWEEN = re.compile(r"\n+(?=</?(?:t[rdh]|tbody|li)\b)")
# A line of nothing but these needs one line end, not two.
_WORDS = "if|elif|else|endif|for|empty|endfor|with|endwith|load|block|endblock"
_LOGIC = re.compile(rf"^((?:\{{% (?:{_WORDS})\b[^%]*%\}})+)\n", re.MULTILINE)


class Loader(filesystem.Loader):
    """Takes the indents away, once a template: a full page has thousands."""

    def get_contents(self, origin: Origin) -> str:
        text = _INDENTS.sub("\n", super().get_contents(origin))
        return _BETWEEN.sub("", _LOGIC.sub(r"\1", text))
