"""The probe app on plain ASGI 3, with what only an asynchronous server can do: events and WebSockets."""

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from urllib.parse import parse_qsl

from probe import BYTES_UNIT, Probe

GATE_POLL_SECONDS = 0.01
BLOCK = BYTES_UNIT * 4096
RECORDS_AT_ONCE = 50

Query = dict[str, str]
Receive = Callable[[], Awaitable[dict]]
Send = Callable[[dict], Awaitable[None]]

probe = Probe("asgi")


async def app(scope: dict, receive: Receive, send: Send) -> None:
    match scope["type"]:
        case "http":
            await respond(scope, receive, send)
        case "websocket":
            await echo(scope, receive, send)
        case "lifespan":
            await lifespan(receive, send)


async def respond(scope: dict, receive: Receive, send: Send) -> None:
    method, path, request_id = scope["method"], scope["path"], id_of(scope)
    query = dict(parse_qsl(scope["query_string"].decode()))
    probe.record("received", request_id, f"{method} {path}")
    status, content_type, length, body = 404, "text/plain", None, one(b"no such page\n")
    try:
        match method, path:
            case "GET", "/" | "/hold" | "/log" | "/child" | "/crash":
                await WORK.get(path, nothing)(request_id, query)
                answer = probe.whoami(request_id, query, None).body
                status, content_type, length, body = 200, "application/json", len(answer), one(answer)
            case "GET", "/bytes":
                length = int(query["n"])
                status, content_type, body = 200, "application/octet-stream", filled(length)
            case "GET", "/stream":
                body = stream(int(query["chunks"]), int(query.get("ms", "0")))
                status, content_type = 200, "text/plain"
            case "GET", "/events":
                status, content_type, body = 200, "text/event-stream", events(int(query.get("ms", "1000")), receive)
            case "POST", "/digest":
                answer = await digest(receive)
                status, content_type, length, body = 200, "application/json", len(answer), one(answer)
    except (KeyError, ValueError) as problem:
        status, body = 400, one(f"{problem!r}\n".encode())
    headers = [(b"content-type", content_type.encode()), *headers_of(request_id)]
    if length is not None:
        headers.append((b"content-length", str(length).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    async for chunk in body:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body"})
    probe.record("answered", request_id, f"{method} {path} {status}")


async def nothing(_request_id: str, _query: Query) -> None:
    pass


async def hold(_request_id: str, query: Query) -> None:
    gate = Path(query["gate"]).name
    deadline = time.monotonic() + int(query.get("ms", "10000")) / 1000
    (probe.gates / f"{gate}.entered").touch()
    while not (probe.gates / f"{gate}.open").exists() and time.monotonic() < deadline:
        await asyncio.sleep(GATE_POLL_SECONDS)


async def burst(request_id: str, query: Query) -> None:
    for index in range(int(query["records"])):
        probe.record("record", request_id, "", int(query["bytes"]))
        if index % RECORDS_AT_ONCE == 0:
            await asyncio.sleep(0)  # others have their turn


async def child(_request_id: str, _query: Query) -> None:
    await asyncio.create_subprocess_exec("sleep", "300")


async def crash(_request_id: str, _query: Query) -> None:
    probe.crash()


WORK = {"/hold": hold, "/log": burst, "/child": child, "/crash": crash}


async def one(chunk: bytes) -> AsyncIterator[bytes]:
    yield chunk


async def filled(length: int) -> AsyncIterator[bytes]:
    for start in range(0, length, len(BLOCK)):
        yield BLOCK[: length - start]


async def stream(chunks: int, pause_ms: int) -> AsyncIterator[bytes]:
    for index in range(1, chunks + 1):
        if index > 1:
            await asyncio.sleep(pause_ms / 1000)
        yield f"chunk {index} of {chunks}\n".encode()


async def events(pause_ms: int, receive: Receive) -> AsyncIterator[bytes]:
    """For as long as somebody listens."""
    gone = asyncio.create_task(disconnected(receive))
    index = 0
    while not gone.done():
        data = json.dumps({"generation": probe.generation, "index": index})
        yield f"id: {index}\ndata: {data}\n\n".encode()
        index += 1
        await asyncio.wait([gone], timeout=pause_ms / 1000)


async def disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def digest(receive: Receive) -> bytes:
    sha256, length, more = hashlib.sha256(), 0, True
    while more:
        message = await receive()
        sha256.update(message.get("body", b""))
        length += len(message.get("body", b""))
        more = message.get("more_body", False)
    return json.dumps({"length": length, "sha256": sha256.hexdigest()}).encode()


async def echo(scope: dict, receive: Receive, send: Send) -> None:
    request_id = id_of(scope)
    probe.record("received", request_id, f"GET {scope['path']}")
    while (message := await receive())["type"] != "websocket.disconnect":
        if message["type"] == "websocket.connect":
            await send({"type": "websocket.accept", "headers": headers_of(request_id)})
        elif (text := message.get("text")) is not None:
            await send({"type": "websocket.send", "text": text})
        else:
            await send({"type": "websocket.send", "bytes": message["bytes"]})
    probe.record("answered", request_id, f"GET {scope['path']} 101")


async def lifespan(receive: Receive, send: Send) -> None:
    while (message := await receive())["type"] == "lifespan.startup":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": f"{message['type']}.complete"})


def id_of(scope: dict) -> str:
    return dict(scope["headers"]).get(b"x-hupspec-id", b"").decode()


def headers_of(request_id: str) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in probe.headers(request_id).items()]
