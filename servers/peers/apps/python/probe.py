"""The probe contract, version 1, without a framework.

A view takes the id, the query and the body (a stream) of a request and returns an Answer; `routes` says which request
it serves. The three apps beside this file put it behind plain WSGI, Flask and Django.
"""

import hashlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from records import logger_for

BYTES_UNIT = b"0123456789abcdef"
GATE_POLL_SECONDS = 0.002
CHILD_SECONDS = 3600


@dataclass
class Answer:
    """`body` is bytes if its length is known, else chunks that are sent as they come."""

    body: bytes | Iterable[bytes]
    content_type: str = "application/json"
    status: int = 200


class Probe:
    """One application of one release."""

    def __init__(self, app: str) -> None:
        # Beside this file, wherever it was loaded from: code of an old release must not pass for the new one.
        release = json.loads(Path(__file__).with_name("release.json").read_text())
        boot(release.get("boot", {}))
        self.app = app
        self.generation = release["generation"]
        self.setting = release.get("setting", "")
        self.gates = Path(os.environ.get("HUPSPEC_GATES", "gates"))
        self.log = logger_for(app, self.generation)
        self.routes = {
            ("GET", "/"): self.whoami,
            ("GET", "/hold"): self.hold,
            ("GET", "/bytes"): self.filled,
            ("GET", "/stream"): self.stream,
            ("POST", "/digest"): self.digest,
            ("GET", "/log"): self.burst,
            ("GET", "/crash"): self.crash,
            ("GET", "/child"): self.child,
        }

    def headers(self, request_id: str) -> dict[str, str]:
        """What every answer carries."""
        return {
            "x-hupspec-generation": str(self.generation),
            "x-hupspec-worker": str(os.getpid()),
            "x-hupspec-id": request_id,
        }

    def serve(self, method: str, path: str, request_id: str, query: Mapping[str, str], body: BinaryIO) -> Answer:
        """Answers one request, with a record before the work and one after it."""
        view = self.routes[(method, path)]
        self.record("received", request_id, f"{method} {path}")
        try:
            answer = view(request_id, query, body)
        except (KeyError, ValueError) as problem:
            answer = Answer(f"{problem!r}\n".encode(), "text/plain", 400)
        if isinstance(answer.body, bytes):
            self.record("answered", request_id, f"{method} {path} {answer.status}")
        else:
            answer.body = self.recorded(answer.body, request_id, f"{method} {path} {answer.status}")
        return answer

    def recorded(self, chunks: Iterable[bytes], request_id: str, message: str) -> Iterable[bytes]:
        yield from chunks
        self.record("answered", request_id, message)

    def record(self, event: str, request_id: str, message: str, size: int = 0) -> None:
        self.log.info(message, extra={"event": event, "id": request_id, "size": size})

    def whoami(self, request_id: str, _query: Mapping[str, str], _body: BinaryIO) -> Answer:
        facts = {
            "app": self.app,
            "generation": self.generation,
            "worker": os.getpid(),
            "id": request_id,
            "setting": self.setting,
        }
        return Answer(json.dumps(facts).encode())

    def hold(self, request_id: str, query: Mapping[str, str], body: BinaryIO) -> Answer:
        gate = Path(query["gate"]).name
        deadline = time.monotonic() + int(query.get("ms", "10000")) / 1000
        (self.gates / f"{gate}.entered").touch()
        while not (self.gates / f"{gate}.open").exists() and time.monotonic() < deadline:
            time.sleep(GATE_POLL_SECONDS)
        return self.whoami(request_id, query, body)

    def filled(self, _request_id: str, query: Mapping[str, str], _body: BinaryIO) -> Answer:
        size = int(query["n"])
        return Answer((BYTES_UNIT * (size // len(BYTES_UNIT) + 1))[:size], "application/octet-stream")

    def stream(self, _request_id: str, query: Mapping[str, str], _body: BinaryIO) -> Answer:
        chunks, pause_seconds = int(query["chunks"]), int(query.get("ms", "0")) / 1000

        def lines() -> Iterable[bytes]:
            for index in range(1, chunks + 1):
                if index > 1:
                    time.sleep(pause_seconds)
                yield f"chunk {index} of {chunks}\n".encode()

        return Answer(lines(), "text/plain")

    def digest(self, _request_id: str, _query: Mapping[str, str], body: BinaryIO) -> Answer:
        sha256, length = hashlib.sha256(), 0
        while block := body.read(65536):
            sha256.update(block)
            length += len(block)
        return Answer(json.dumps({"length": length, "sha256": sha256.hexdigest()}).encode())

    def burst(self, request_id: str, query: Mapping[str, str], body: BinaryIO) -> Answer:
        records, size = int(query["records"]), int(query["bytes"])
        for _ in range(records):
            self.record("record", request_id, "", size)
        return self.whoami(request_id, query, body)

    def crash(self, *_request: object) -> Answer:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("not reached: the process is gone")

    def child(self, request_id: str, query: Mapping[str, str], body: BinaryIO) -> Answer:
        subprocess.Popen(["sleep", str(CHILD_SECONDS)])
        return self.whoami(request_id, query, body)


def boot(plan: Mapping[str, object]) -> None:
    """Loads well, badly, late or never, as the release says."""
    match plan.get("mode", "ok"):
        case "fail":
            # Not a RuntimeError: gunicorn prints of those no traceback where it preloads.
            raise LookupError("this release fails to load, as release.json asks for")
        case "hang":
            while True:  # a signal that is handled ends a pause
                signal.pause()
        case "delay":
            time.sleep(float(plan.get("delayMs", 0)) / 1000)
