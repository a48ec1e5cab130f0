"""Completes the OpenAPI document from the reference: what may be sent, what comes back, and how a
call is refused, each with an example that was really answered (tests/rest/test_reference.py).
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from chat.rest.reference.book import CALLS
from chat.rest.reference.call import SAMPLES, Call
from chat.rest.reference.shapes import Json, merged, shape_of

_BASE = "/{org}/{app}"
_RECORD = Path(__file__).with_name("record.json")
_PLACES = {"org": "demo", "app": "app"}
# A literal segment that a GET reads as a name: the operation with the placeholder says it all.
_SHADOWS = ((f"{_BASE}/metadata/user/get", "get"), (f"{_BASE}/users/batch/status", "get"))
_ERROR: Json = {
    "type": "object",
    "description": "What every refused call answers.",
    "required": ["error", "exception", "error_description", "timestamp", "duration"],
    "properties": {
        "error": {"type": "string", "description": "What programs tell errors apart by"},
        "exception": {"type": "string"},
        "error_description": {"type": "string", "description": "A sentence for people"},
        "timestamp": {"type": "integer", "description": "Unix time in ms"},
        "duration": {"type": "integer", "description": "ms"},
        "error_code": {"type": "integer", "description": "Where client SDKs read one"},
    },
}
# What one call gives to others: (method, path, place in the answer, other path's prefix, name).
_LINKS = (
    ("post", "/chatgroups", "/data/groupid", "/chatgroups/{room_id}", "room_id"),
    ("get", "/chatgroups", "/data/0/groupid", "/chatgroups/{room_id}", "room_id"),
    ("post", "/chatrooms", "/data/id", "/chatrooms/{room_id}", "room_id"),
    ("get", "/chatrooms", "/data/0/id", "/chatrooms/{room_id}", "room_id"),
    ("post", "/users", "/entities/0/username", "/users/{username}", "username"),
    ("get", "/users", "/entities/0/username", "/users/{username}", "username"),
    ("post", "/chatfiles", "/entities/0/uuid", "/chatfiles/{uuid}", "uuid"),
)
_STATUSES = {
    400: "Bad value, or a body that is not JSON",
    401: "No token, or one that may not do this",
    403: "Not allowed by role, state or quota",
    404: "No such app, user, group, chatroom, message or file",
    405: "A name in the path that is a word of the API's own, which takes other methods",
    409: "Somebody else changed it at the same time",
    413: "The body is larger than the app takes",
    429: "More calls than the app's rate limits allow",
    503: "The database is away; try again",
}


def complete(result: Json, **_others: Any) -> Json:
    """A post-processing hook of drf-spectacular."""
    for path, method in _SHADOWS:
        result["paths"][path].pop(method, None)
        if not result["paths"][path]:
            del result["paths"][path]
    by_operation = _sorted_calls(result["paths"])
    for (path, method), calls in by_operation.items():
        _describe(result["paths"][path][method], path, calls)
    for link in _LINKS:
        _link(result["paths"], *link)
    result["components"].setdefault("schemas", {})["Error"] = _ERROR
    return result


def _link(paths: Json, method: str, path: str, place: str, prefix: str, name: str) -> None:
    """Say which calls take an id that this one answers."""
    links = paths[_BASE + path][method]["responses"]["200"].setdefault("links", {})
    for other, operations in paths.items():
        if other == _BASE + prefix or other.startswith(f"{_BASE}{prefix}/"):
            for operation in operations.values():
                links[operation["operationId"]] = {
                    "operationId": operation["operationId"],
                    "parameters": {f"path.{name}": f"$response.body#{place}"},
                }


@cache
def _record() -> dict[str, Json]:
    found: dict[str, Json] = json.loads(_RECORD.read_text(encoding="utf-8"))
    return found


def _sorted_calls(paths: Json) -> dict[tuple[str, str], list[Call]]:
    """The calls of each (path, method): of the paths that fit, the one with most literal words."""
    patterns = [
        (path.count("{"), path, re.compile(re.sub(r"\{[^}]*\}", "[^/]+", path))) for path in paths
    ]
    found: dict[tuple[str, str], list[Call]] = defaultdict(list)
    for call in CALLS:
        address, method = _whole(call), call.method.lower()
        fitting = [
            (places, path)
            for places, path, pattern in patterns
            if method in paths[path] and pattern.fullmatch(address)
        ]
        found[min(fitting)[1], method].append(call)
    return found


def _whole(call: Call) -> str:
    address = call.address if call.root else f"/demo/app{call.address}"
    return str(_filled(address))


def _filled(value: Any) -> Any:
    """A path or body with the reference's samples."""
    if isinstance(value, str):
        for name, sample in SAMPLES.items():
            value = value.replace("{" + name + "}", sample)
        return value
    if isinstance(value, list):
        return [_filled(item) for item in value]
    if isinstance(value, dict):
        return {key: _filled(item) for key, item in value.items()}
    return value


def _describe(operation: Json, path: str, calls: list[Call]) -> None:
    summaries = list(dict.fromkeys(call.summary for call in calls))
    operation["summary"] = summaries[0]
    operation["description"] = "\n".join(f"- {_line(call)}: {call.summary}" for call in calls)
    operation["parameters"] = [*_path_parameters(path, calls[0]), *_query_parameters(calls)]
    operation.pop("requestBody", None)
    if body := _request(calls):
        operation["requestBody"] = body
    if not any(call.by for call in calls):
        operation["security"] = []
    elif not all(call.by for call in calls):
        operation["security"] = [{"bearer": []}, {}]
    operation["responses"] = {**_success(calls), **_refusals(calls)}


def _line(call: Call) -> str:
    return f"`{call.method} {_filled(call.path)}`"


def _path_parameters(path: str, call: Call) -> list[Json]:
    values = _whole(call).split("/")
    return [
        {
            "in": "path",
            "name": part[1:-1],
            "required": True,
            "schema": {"type": "string", "minLength": 1},
            "example": _PLACES.get(part[1:-1], value),
        }
        for part, value in zip(path.split("/"), values, strict=True)
        if part.startswith("{")
    ]


def _query_parameters(calls: Iterable[Call]) -> list[Json]:
    found: dict[str, Json] = {}
    for call in calls:
        required = _record()[call.key].get("required_query", [])
        for name, value in call.query.items():
            example = _filled(value)
            kind = "integer" if example.isdigit() and len(example) < 6 else "string"
            found[name] = {
                "in": "query",
                "name": name,
                "required": name in required,
                "schema": {"type": kind},
                "example": int(example) if kind == "integer" else example,
            }
    return list(found.values())


def _request(calls: list[Call]) -> Json:
    if any(call.form for call in calls):
        file = {"type": "string", "format": "binary"}
        form = {"type": "object", "required": ["file"], "properties": {"file": file}}
        return {"required": True, "content": {"multipart/form-data": {"schema": form}}}
    sent = [call for call in calls if call.body is not None]
    if not sent:
        return {}
    schema = merged(_body_shape(call) for call in sent)
    examples = {call.summary: {"value": _filled(call.body)} for call in sent}
    content = {"application/json": {"schema": schema, "examples": examples}}
    return {"required": len(sent) == len(calls), "content": content}


def _body_shape(call: Call) -> Json:
    shape = shape_of(_filled(call.body))
    if required := _record()[call.key].get("required_body"):
        shape["required"] = sorted(required)
    return shape


def _success(calls: list[Call]) -> Json:
    """What status 200 gives; nothing where there is no such feature."""
    answers = {call.summary: _record()[call.key]["answer"] for call in calls if call.status == 200}
    if not answers:
        return {}
    if any(set(answer) == {"bytes"} for answer in answers.values() if isinstance(answer, dict)):
        content: Json = {"*/*": {"schema": {"type": "string", "format": "binary"}}}
        return {"200": {"description": "The file's bytes", "content": content}}
    schema = merged(shape_of(answer) for answer in answers.values())
    if schema.get("type") == "object":
        always = set.intersection(*(set(answer) for answer in answers.values()))
        schema["required"] = sorted(always - {"params", "cursor"})
    examples = {summary: {"value": answer} for summary, answer in answers.items()}
    content = {"application/json": {"schema": schema, "examples": examples}}
    return {"200": {"description": "Done", "content": content}}


def _refusals(calls: list[Call]) -> Json:
    said: dict[int, dict[str, str]] = defaultdict(dict)
    for call in calls:
        for status, error, description in _record()[call.key]["refused"]:
            said[status].setdefault(error, description)
        if call.status != 200:
            answer = _record()[call.key]["answer"]
            said[call.status][answer["error"]] = answer["error_description"]
    return {
        str(status): {
            "description": meaning,
            "content": {
                "application/json": {
                    "schema": {"$ref": "#/components/schemas/Error"},
                    **_error_examples(said.get(status, {})),
                }
            },
        }
        for status, meaning in _STATUSES.items()
    }


def _error_examples(said: dict[str, str]) -> Json:
    examples = {
        error: {
            "value": {
                "error": error,
                "exception": error,
                "error_description": description,
                "timestamp": 1735689600123,
                "duration": 3,
            }
        }
        for error, description in said.items()
    }
    return {"examples": examples} if examples else {}
