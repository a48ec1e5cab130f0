"""REST under load: keep-alive connections that post one message after the other."""

import asyncio
import json
from typing import Any

from tests.bench.workloads import WARM_UP_S, Meter

Json = dict[str, Any]
CONNECTIONS = 20


async def _ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: str, body: bytes
) -> int:
    writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    answer = (await reader.readuntil(b"\r\n\r\n")).lower()
    if b"content-length:" in answer:
        size = int(answer.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        await reader.readexactly(size)
    else:  # chunked
        while (size := int(await reader.readline(), 16)) > 0:
            await reader.readexactly(size + 2)
        await reader.readexactly(2)
    return int(answer.split(None, 2)[1])


async def rest(plan: Json) -> Json:
    """POST …/messages/users, one recipient each, by CONNECTIONS callers at once."""
    where = plan["where"]
    meter = Meter(plan["roots"])
    org, _, app = where["appkey"].partition("#")
    head = (
        f"POST /{org}/{app}/messages/users HTTP/1.1\r\nHost: {where['host']}:{where['port']}\r\n"
        f"Authorization: Bearer {plan['app_token']}\r\nContent-Type: application/json\r\n"
    )
    refused = 0

    async def caller(number: int) -> None:
        nonlocal refused
        reader, writer = await asyncio.open_connection(where["host"], where["port"])
        to = plan["users"][number][0]
        body = {"from": "admin", "to": [to], "type": "txt", "body": {"msg": "x" * 100}}
        said = json.dumps(body).encode()
        loop = asyncio.get_running_loop()
        try:
            while True:
                began = loop.time()
                refused += await _ask(reader, writer, head, said) != 200
                meter.count += 1
                meter.spans.append(int((loop.time() - began) * 1e9))
        finally:
            writer.close()

    callers = [asyncio.create_task(caller(number)) for number in range(CONNECTIONS)]
    await asyncio.sleep(WARM_UP_S)
    meter.begin()
    await asyncio.sleep(plan["seconds"])
    numbers = meter.end()
    for task in callers:
        task.cancel()
    await asyncio.gather(*callers, return_exceptions=True)
    return numbers | {"refused": refused}
