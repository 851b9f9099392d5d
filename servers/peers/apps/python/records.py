"""Log records of the probe contract, through the standard library's logging."""

import json
import logging
import os
import random
import zlib
from datetime import datetime, timezone
from functools import lru_cache

SUM_BYTES = len(',"sum":"00000000"}\n')
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class RecordFormatter(logging.Formatter):
    """One JSON object a line; the checksum of all before it stands last.

    A handler formats under the lock under which it writes, so the sequence number given here is the order on the
    stream, whatever the number of threads.
    """

    def __init__(self, app: str, generation: int) -> None:
        super().__init__()
        self._app = app
        self._generation = generation
        self._pid = 0
        self._writer = ""
        self._seq = 0

    def format(self, record: logging.LogRecord) -> str:
        line = self._open(record)
        if size := getattr(record, "size", 0):
            # The message is the last field: what is missing goes in before its closing quote. The other fields take
            # about 180 bytes; a record that was asked to be shorter has no message, but is still whole.
            line = line[:-1] + filler(max(0, size - len(line.encode()) - SUM_BYTES)) + '"'
        self._seq += 1
        return f'{line},"sum":"{zlib.crc32(line.encode()):08x}"}}'

    def _open(self, record: logging.LogRecord) -> str:
        """The record's JSON without its last brace."""
        # Not in __init__: a preloaded app is loaded once and forked into many processes, each a writer of its own.
        if self._pid != os.getpid():
            self._pid = os.getpid()
            self._writer = f"{self._pid}-{random.SystemRandom().getrandbits(32):08x}"
            self._seq = 0
        message = record.getMessage()
        if record.exc_info:
            message += "\n" + self.formatException(record.exc_info)
        time = datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds")
        fields = {
            "time": time.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "app": self._app,
            "pid": self._pid,
            "generation": self._generation,
            "writer": self._writer,
            "seq": self._seq,
        }
        if request_id := getattr(record, "id", ""):
            fields["id"] = request_id
        fields |= {"event": getattr(record, "event", "message"), "msg": message}
        return _encode(fields)[:-1]


@lru_cache(maxsize=64)
def filler(size: int) -> str:
    """Text of exactly `size` bytes in UTF-8, most of it in characters of two, three and four bytes."""
    text = ("é漢😀 " * (size // 10 + 1)).encode()[:size].decode(errors="ignore")
    return text + "." * (size - len(text.encode()))


def logger_for(app: str, generation: int) -> logging.Logger:
    """A logger on standard error alone, as the seed has it: gunicorn passes it through, the supervisor captures it."""
    handler = logging.StreamHandler()
    handler.setFormatter(RecordFormatter(app, generation))
    logger = logging.getLogger("hupspec")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(handler)
    return logger
