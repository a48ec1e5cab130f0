"""The API page of the browser library is the one that its comments make."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from imadmin.console.management.commands.sdk_api import MODULES, api_pages, parse

SDK = Path(settings.CHECKOUT, "static", "sdk")


def test_pages_are_current():
    """Else: manage.py sdk_api"""
    assert {path: path.read_text() for path in api_pages(SDK)} == api_pages(SDK)


@pytest.mark.parametrize("module", MODULES)
def test_every_public_name_is_there(module: str):
    source = (SDK / module).read_text()
    exported = re.findall(r"^export (?:async )?(?:class|function|const) (\w+)", source, re.M)
    methods = re.findall(r"^  (?:async )?([a-z]\w*)\(.*\{", source, re.M)
    _intro, items = parse(source)
    told = {item.name for item in items if item.kind != "type"}
    told |= {member.name for item in items for member in item.members}
    assert told >= {*exported, *methods} - {"constructor", "for", "if"}
    assert exported


def test_a_signature_reads_like_typescript():
    [made] = parse("""
/** Does it. @param {string} id its @param {{a: number}} [more] @returns {Promise<{x: 1}>} that */
export async function act(id, more) {
""")[1]
    assert made.signature == "act(id: string, more?: {a: number}): Promise<{x: 1}>"
    assert (made.note, made.returns_note, made.params[0].note) == ("Does it.", "that", "its")
