"""The probe app on plain WSGI."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import BinaryIO
from urllib.parse import parse_qsl

from probe import Answer, Probe

probe = Probe("wsgi")


def app(environ: dict, start_response: Callable) -> Iterable[bytes]:
    method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
    request_id = environ.get("HTTP_X_HUPSPEC_ID", "")
    if (method, path) in probe.routes:
        query = dict(parse_qsl(environ.get("QUERY_STRING", "")))
        answer = probe.serve(method, path, request_id, query, body_of(environ))
    else:
        answer = Answer(b"no such page\n", "text/plain", 404)
    headers = [("Content-Type", answer.content_type), *probe.headers(request_id).items()]
    if isinstance(answer.body, bytes):
        headers.append(("Content-Length", str(len(answer.body))))
    start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", headers)
    return [answer.body] if isinstance(answer.body, bytes) else answer.body


def body_of(environ: dict) -> BinaryIO:
    if "uwsgi.version" in environ and environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
        from uwsgi_input import ChunkedInput  # which can be loaded there alone

        return ChunkedInput()
    return environ["wsgi.input"]
