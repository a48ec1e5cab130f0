"""The 咚咚 page of the Connect tab as one file to copy: the same markup, the same script."""

import json
from pathlib import Path

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils.translation import get_language

from accounts.domain.ids import Appkey

DEMO_USERS = {"pin": "demo1", "to": "demo2"}
SCRIPT = "console/js/dongdong_page.js"
STYLE = """\
  .dd-log { max-height: 24rem; overflow-y: auto; border: 1px solid; padding: .5rem }
  .dd-log img, video { max-width: 15rem; max-height: 12rem }
  .is-mine { text-align: right }
  ol, ul { list-style: none; padding: 0 }"""


def dongdong_page(base: str, sockets: str, appkey: Appkey) -> str:
    """It runs from any origin against `base`; users log in with the demo data's password."""
    path = finders.find(SCRIPT)
    if path is None:
        raise FileNotFoundError(SCRIPT)
    script = Path(path).read_text(encoding="utf-8").replace("../../sdk/", f"{base}/static/sdk/")
    return f"""\
<!doctype html>
<html lang="{get_language()}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{appkey}</title>
<style>
{STYLE}
</style>
{render_to_string("console/connect/_dongdong.html", DEMO_USERS).strip()}
<script type="module">
{script}
// Your own server gives the tokens; this asks with the password of the demo data.
async function getToken(username) {{
  const answer = await fetch({json.dumps(f"{base}/{appkey.org}/{appkey.app}/token")}, {{
    method: "POST",
    headers: {{ "Content-Type": "application/json" }},
    body: JSON.stringify({{ grant_type: "password", username, password: "123456" }}),
  }});
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error_description);
  return told.access_token;
}}

talk(document.getElementById("dongdong"), {{
  appkey: {json.dumps(str(appkey))},
  url: {json.dumps(f"{sockets}/ws/native/")},
  getToken,
}});
</script>
</html>
"""
