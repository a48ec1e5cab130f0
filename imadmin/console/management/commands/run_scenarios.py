"""`manage.py run_scenarios`: the console's scenarios against a running server, for CI."""

import sys
import urllib.error
import urllib.request
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from accounts.actions.audit import Origin, acting
from accounts.domain.errors import ImError
from accounts.domain.ids import Appkey
from accounts.queries.im_apps import get_app
from imadmin.console.actions.scenarios import RunRefused, begin_run, play_run
from imadmin.console.queries.junit import junit
from imadmin.console.queries.scenarios import cases_of, get_run
from imadmin.console.scenarios.checks import SCENARIOS
from imadmin.console.scenarios.stage import Step
from imadmin.instance import address_in
from imadmin.testclient.players import WIRES, Wire


class Command(BaseCommand):
    help = "Run scenarios on a running server; exit code 1 when one fails, 2 without a server."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--app", required=True, metavar="ORG#APP")
        parser.add_argument("--only", action="append", choices=list(SCENARIOS), default=[])
        parser.add_argument("--wire", action="append", choices=list(WIRES), default=[])
        parser.add_argument("--junit", type=Path, metavar="FILE", help="write JUnit XML there")
        parser.add_argument("--url", default="", help="the server, when it is not this machine's")
        parser.add_argument("--keep", action="store_true", help="keep the users and rooms made")
        parser.add_argument("--reuse-demo", action="store_true", help="play with demo1 to demo3")

    def handle(self, **options: Any) -> None:
        url = options["url"].rstrip("/") or settings.SELF_REST_URL or self._running()
        if not _answers(url):
            raise CommandError(
                f"No server answers at {url}: start one with `manage.py up`, or name it by --url.",
                returncode=2,
            )
        scenarios, wires = options["only"] or list(SCENARIOS), options["wire"] or list(WIRES)
        with translation.override("en"), acting(Origin("run_scenarios", "command")):
            try:
                app = get_app(Appkey.parse(options["app"]))
                run = begin_run(
                    app,
                    None,
                    scenarios,
                    wires,
                    keep=options["keep"],
                    reuse_demo=options["reuse_demo"],
                )
            except (ImError, RunRefused) as exc:
                raise CommandError(str(exc), returncode=2) from None
            is_good = play_run(app, run.pk, url, self._tell)
            done = get_run(app, run.pk)
            assert done is not None
            cases = cases_of(done)
            if options["junit"]:
                options["junit"].write_text(junit(cases, name=str(app.appkey)), encoding="utf-8")
        passed = sum(case.state == "passed" for case in cases)
        seconds = sum(case.ms for case in cases) / 1000
        self.stdout.write(
            f"{passed} of {len(cases)} passed in {seconds:.1f} s {done.error}".strip()
        )
        if not is_good:
            sys.exit(1)

    def _running(self) -> str:
        return address_in(settings.DATA_DIR) or f"http://127.0.0.1:{settings.PORT}"

    def _tell(self, slug: str, wire: Wire, step: Step) -> None:
        if step.state == "running":
            return
        mark = "ok  " if step.state == "passed" else "FAIL"
        self.stdout.write(f"{mark} {slug} {wire} {step.number} {step.key} {step.ms} ms")
        if step.state == "failed":
            self.stdout.write(f"     expected {step.expected}\n     actual   {step.actual}")
            for line in step.lines:
                self.stdout.write(f"     {line}")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=5) as answer:  # noqa: S310
            return int(answer.status) == 200
    except (OSError, ValueError, urllib.error.URLError):
        return False
