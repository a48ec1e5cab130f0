"""REST calls as programs to copy that need no library: Java 11 and PHP with curl.

Bodies stand in them as JSON text, so that both languages send exactly what REST takes.
"""

import json
from collections.abc import Sequence
from typing import Protocol


class AsCall(Protocol):
    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def body(self) -> object: ...
    @property
    def note(self) -> str: ...
    @property
    def token(self) -> str: ...


_JAVA = """\
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

public class Calls {{
    static final HttpClient HTTP = HttpClient.newHttpClient();

    public static void main(String[] args) throws Exception {{
{calls}
    }}

    static void call(String method, String path, String json, boolean withToken) throws Exception {{
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create({base} + path))
            .header("Content-Type", "application/json")
            .method(method, json == null ? HttpRequest.BodyPublishers.noBody()
                                         : HttpRequest.BodyPublishers.ofString(json));
        if (withToken) request.header("Authorization", "Bearer " + System.getenv("APP_TOKEN"));
        HttpResponse<String> answer =
            HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
        System.out.println(answer.statusCode() + " " + answer.body());
    }}
}}
"""

_PHP = """\
<?php
function call($method, $path, $json, $withToken) {{
    $headers = ['Content-Type: application/json'];
    if ($withToken) $headers[] = 'Authorization: Bearer ' . getenv('APP_TOKEN');
    $request = curl_init({base} . $path);
    curl_setopt_array($request, [
        CURLOPT_CUSTOMREQUEST => $method,
        CURLOPT_HTTPHEADER => $headers,
        CURLOPT_RETURNTRANSFER => true,
    ]);
    if ($json !== null) curl_setopt($request, CURLOPT_POSTFIELDS, $json);
    $answer = curl_exec($request);
    echo curl_getinfo($request, CURLINFO_RESPONSE_CODE), ' ', $answer, PHP_EOL;
    curl_close($request);
}}

{calls}
"""


def as_java(base: str, calls: Sequence[AsCall]) -> str:
    """One class for `java Calls.java`; the token comes from the environment."""
    lines = []
    for call in calls:
        if call.note:
            lines.append(f"        // {call.note}")
        body = "null" if call.body is None else java_text(_json(call.body))
        token = "true" if call.token else "false"
        lines.append(
            f"        call({java_text(call.method)}, {java_text(call.path)}, {body}, {token});"
        )
    return _JAVA.format(calls="\n".join(lines), base=java_text(base))


def as_php(base: str, calls: Sequence[AsCall]) -> str:
    """One script; the token comes from the environment."""
    lines = []
    for call in calls:
        if call.note:
            lines.append(f"// {call.note}")
        body = "null" if call.body is None else php_text(_json(call.body))
        token = "true" if call.token else "false"
        lines.append(f"call({php_text(call.method)}, {php_text(call.path)}, {body}, {token});")
    return _PHP.format(calls="\n".join(lines), base=php_text(base))


def _json(body: object) -> str:
    return json.dumps(body, ensure_ascii=False)


def java_text(text: str) -> str:
    """A string literal. JSON's escapes are Java's, too; what JSON writes as a number never holds
    a quote or a line end, which Java would read before it reads literals."""
    return json.dumps(text, ensure_ascii=False)


def php_text(text: str) -> str:
    """A literal in single quotes, in which nothing but these two is special."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
