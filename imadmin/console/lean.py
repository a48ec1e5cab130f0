"""Templates as pages send them: indented for people, not for browsers."""

import re

from django.template import Origin
from django.template.loaders import filesystem

_INDENTS = re.compile(r"\n[ \t]+")


class Loader(filesystem.Loader):
    """Takes the indents away, once a template: a full page has thousands."""

    def get_contents(self, origin: Origin) -> str:
        return _INDENTS.sub("\n", super().get_contents(origin))
