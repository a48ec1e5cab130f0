"""What the Connect page prints for each way to be a client or a server of an app.

Values of the app are filled in; the client secret never is.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.domain.ids import Appkey
from imadmin.console.apitwin import Call, Sample, as_curl
from imadmin.console.page_snippet import dongdong_page
from imadmin.console.sdk_snippets import mini_demo_config, mini_program, web_1, web_3, web_4
from imadmin.console.twin_code import php_text

PLACEHOLDER = "<client secret>"


@dataclass(frozen=True)
class Tab:
    """`speaks` is false for a client generation whose wire this server does not have. A `client`
    runs for an end user, and knows no client secret."""

    name: str
    label: str | Promise
    speaks: bool = True
    client: bool = False


TABS = (
    Tab("curl", gettext_lazy("REST with curl")),
    Tab("python", gettext_lazy("REST with Python")),
    Tab("native", gettext_lazy("Native WebSocket"), client=True),
    Tab("dongdong", gettext_lazy("咚咚-style page"), client=True),
    Tab("java", gettext_lazy("Java server SDK")),
    Tab("php", gettext_lazy("REST with PHP")),
    Tab("web4", gettext_lazy("Web SDK 4.x / 3.x"), client=True),
    Tab("web1", gettext_lazy("Web SDK 1.x"), client=True),
    Tab("miniprogram", gettext_lazy("Mini-program / uni-app"), client=True),
    Tab("android", gettext_lazy("Android, iOS"), speaks=False),
)


def samples(tab: str, appkey: Appkey, base: str, sockets: str, client_id: str) -> list[Sample]:
    """The code blocks of a tab, in the order in which to run them; none if it is not spoken."""
    rest = f"{base}/{appkey.org}/{appkey.app}"
    match tab:
        case "curl":
            return [Sample("curl", "curl", _curl_script(rest, client_id))]
        case "python":
            return [Sample("python", "Python", _python_script(rest, client_id))]
        case "native":
            return [
                Sample("native", "JavaScript", _native_script(rest, sockets, appkey)),
            ]
        case "dongdong":
            return [Sample("dongdong", "HTML", dongdong_page(base, sockets, appkey))]
        case "web4":
            return [
                Sample("web4", "JavaScript (4.x)", web_4(base, sockets, appkey)),
                Sample("web3", "JavaScript (3.x)", web_3(base, appkey)),
            ]
        case "web1":
            return [Sample("web1", "HTML (1.x)", web_1(base, sockets, appkey))]
        case "miniprogram":
            return [
                Sample("miniprogram", "JavaScript (4.x)", mini_program(base, sockets, appkey)),
                Sample("minidemo", "WebIMConfig.js (1.x)", mini_demo_config(base, sockets, appkey)),
            ]
        case "php":
            return [Sample("php", "PHP", _php_script(rest, client_id))]
        case "java":
            return [Sample("java", "Java", _java(base, appkey, client_id))]
        case _:
            return []


def _curl_script(rest: str, client_id: str) -> str:
    """A shell script: each step's ids go into variables of the next ones."""
    pair = {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": PLACEHOLDER,
    }
    users = [{"username": name, "password": "123456"} for name in ("demo1", "demo2")]
    text = {"type": "txt", "body": {"msg": "hello"}, "from": "demo1"}
    token = Call("POST", "/token", pair, _("an app token"), token="", expect="200")
    people = Call("POST", "/users", users, _("two users"), expect=_("200, or 400 if they exist"))
    friends = Call("POST", "/users/demo1/contacts/users/demo2", None, _("friends"), expect="200")
    login = {"grant_type": "password", "username": "demo1", "password": "123456"}
    user = Call("POST", "/token", login, _("a user token"), token="", expect="200")
    group = {"groupname": "Demo", "owner": "demo1", "members": ["demo2"], "public": True}
    room = {"name": "Demo", "description": "A chatroom", "owner": "demo1"}
    parts = [
        _assigned("APP_TOKEN", "access_token", rest, token),
        as_curl(rest, [people, friends, user]).rstrip(),
        as_curl(rest, [_send("users", "demo2", text, _("to a user"))]).rstrip(),
        _assigned(
            "GROUP_ID",
            "groupid",
            rest,
            Call("POST", "/chatgroups", group, _("a group"), expect="200"),
        ),
        _with_variable(_send("chatgroups", "$GROUP_ID", text, _("to the group")), rest),
        _assigned(
            "ROOM_ID", "id", rest, Call("POST", "/chatrooms", room, _("a chatroom"), expect="200")
        ),
        _with_variable(_send("chatrooms", "$ROOM_ID", text, _("to the chatroom")), rest),
    ]
    return "\n\n".join(parts) + "\n"


def _send(kind: str, target: str, message: Mapping[str, object], note: str) -> Call:
    return Call("POST", f"/messages/{kind}", {**message, "to": [target]}, note, expect="200")


def _assigned(variable: str, key: str, rest: str, call: Call) -> str:
    """The call, with one string of its answer kept in a shell variable."""
    comment, _newline, command = as_curl(rest, [call]).rstrip().partition("\n")
    command = command.replace("curl ", "curl -s ", 1)
    pick = f'sed -n \'s/.*"{key}" *: *"\\([^"]*\\)".*/\\1/p\''
    return f"{comment}\n{variable}=$({command} \\\n  | {pick})"


def _with_variable(call: Call, rest: str) -> str:
    """The variable in the body must stand outside the single quotes."""
    target = call.body["to"][0]
    return as_curl(rest, [call]).rstrip().replace(target, f"'\"{target}\"'")


def _python_script(rest: str, client_id: str) -> str:
    return f'''\
import requests

base = {rest!r}

answer = requests.post(base + "/token", timeout=10, json={{
    "grant_type": "client_credentials",
    "client_id": {client_id!r},
    "client_secret": "{PLACEHOLDER}",
}})
answer.raise_for_status()
headers = {{"Authorization": "Bearer " + answer.json()["access_token"]}}


def call(method, path, body=None):
    answer = requests.request(method, base + path, json=body, headers=headers, timeout=10)
    print(method, path, answer.status_code, answer.text)
    return answer.json()


call("POST", "/users", [
    {{"username": "demo1", "password": "123456"}},
    {{"username": "demo2", "password": "123456"}},
])
call("POST", "/users/demo1/contacts/users/demo2")
text = {{"from": "demo1", "type": "txt", "body": {{"msg": "hello"}}}}
call("POST", "/messages/users", {{**text, "to": ["demo2"]}})

group = call("POST", "/chatgroups", {{
    "groupname": "Demo", "owner": "demo1", "members": ["demo2"], "public": True,
}})["data"]["groupid"]
call("POST", "/messages/chatgroups", {{**text, "to": [group]}})

room = call("POST", "/chatrooms", {{
    "name": "Demo", "description": "A chatroom", "owner": "demo1",
}})["data"]["id"]
call("POST", "/messages/chatrooms", {{**text, "to": [room]}})
'''


def _php_script(rest: str, client_id: str) -> str:
    return f"""\
<?php
function call($method, $path, $body = null, $token = null) {{
    $request = curl_init({php_text(rest)} . $path);
    curl_setopt_array($request, [
        CURLOPT_CUSTOMREQUEST => $method,
        CURLOPT_HTTPHEADER => ['Content-Type: application/json', "Authorization: Bearer $token"],
        CURLOPT_RETURNTRANSFER => true,
    ]);
    if ($body !== null) curl_setopt($request, CURLOPT_POSTFIELDS, json_encode($body));
    $answer = curl_exec($request);
    $status = curl_getinfo($request, CURLINFO_RESPONSE_CODE);
    echo "$method $path $status $answer\\n";
    return json_decode($answer, true);
}}

$token = call('POST', '/token', [
    'grant_type' => 'client_credentials',
    'client_id' => {php_text(client_id)},
    'client_secret' => '{PLACEHOLDER}',
])['access_token'];
call('POST', '/users', [
    ['username' => 'demo1', 'password' => '123456'],
    ['username' => 'demo2', 'password' => '123456'],
], $token);
call('POST', '/users/demo1/contacts/users/demo2', null, $token);
$text = ['from' => 'demo1', 'type' => 'txt', 'body' => ['msg' => 'hello']];
call('POST', '/messages/users', $text + ['to' => ['demo2']], $token);

$group = call('POST', '/chatgroups', [
    'groupname' => 'Demo', 'owner' => 'demo1', 'members' => ['demo2'], 'public' => true,
], $token)['data']['groupid'];
call('POST', '/messages/chatgroups', $text + ['to' => [$group]], $token);

$room = call('POST', '/chatrooms', [
    'name' => 'Demo', 'description' => 'A chatroom', 'owner' => 'demo1',
], $token)['data']['id'];
call('POST', '/messages/chatrooms', $text + ['to' => [$room]], $token);
"""


def _native_script(rest: str, sockets: str, appkey: Appkey) -> str:
    log_in = {"op": "login", "ref": "1", "appkey": str(appkey), "user": "demo1"}
    frame = json.dumps(log_in)[:-1] + ', "password": "123456"}'
    return f"""\
const socket = new WebSocket("{sockets}/ws/native/");
const ask = (frame) => socket.send(JSON.stringify(frame));

socket.onopen = () => ask({frame});
socket.onmessage = ({{data}}) => {{
  const frame = JSON.parse(data);
  console.log(frame);
  if (frame.re === "1" && frame.ok) {{
    setInterval(() => ask({{op: "ping", ref: "p"}}), frame.heartbeat_s * 1000);
    ask({{op: "sync", ref: "2"}});
    ask({{op: "send", ref: "3", id: crypto.randomUUID(), to: {{type: "user", id: "demo2"}},
         body: {{type: "txt", msg: "hello"}}}});
  }}
}};
socket.onclose = ({{code}}) => console.log("closed", code);
"""


def _java(base: str, appkey: Appkey, client_id: str) -> str:
    return f"""\
EMProperties properties = EMProperties.builder()
    .setBaseUri("{base}")
    .setAppkey("{appkey}")
    .setClientId("{client_id}")
    .setClientSecret("{PLACEHOLDER}")
    .build();
EMService service = new EMService(properties);
service.user().create("demo1", "123456").block();
"""
