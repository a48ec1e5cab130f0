"""Development command: collect the console's strings for translation, and compile them.

The same tree gives the same files: fixed options, strings in one order, no dates.
"""

import os
import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

LANGUAGE = "zh_Hans"
_DATES = re.compile(r'^"(?:POT-Creation-Date|PO-Revision-Date|Last-Translator|Language-Team'
                    r'|Report-Msgid-Bugs-To):.*\n', re.MULTILINE)  # fmt: skip

_HEADER = "# Chinese of the console; collected by manage.py console_messages.\n"


class Command(BaseCommand):
    help = "Collect strings into imadmin/locale/zh_Hans/*.po and compile them (needs gettext)."

    def handle(self, *args: Any, **options: Any) -> None:
        os.chdir(settings.CHECKOUT)
        for domain in ("django", "djangojs"):
            call_command(
                "makemessages",
                locale=[LANGUAGE],
                domain=domain,
                extensions=["js"] if domain == "djangojs" else ["html", "py"],
                ignore_patterns=["tests/*", "static/vendor/*", "static/sdk/*", "var/*", "build/*"],
                no_wrap=True,
                no_obsolete=True,
                add_location="file",
                verbosity=0,
            )
            catalogue = Path(settings.LOCALE_PATHS[0], LANGUAGE, "LC_MESSAGES", f"{domain}.po")
            text = _DATES.sub("", catalogue.read_text())
            text = _HEADER + text[text.index('msgid ""') :].replace("PACKAGE VERSION", "imadmin")
            catalogue.write_text(text.replace('"Language: \\n"', f'"Language: {LANGUAGE}\\n"'))
            missing = catalogue.read_text().count('msgstr ""\n\n')
            self.stdout.write(f"{catalogue.name}: about {missing} without translation")
        call_command("compilemessages", locale=[LANGUAGE], verbosity=0)
