"""Chunked request bodies under uWSGI, which leaves them out of `wsgi.input` and has a call of its own for them."""

import uwsgi


class ChunkedInput:
    """`read` as of `wsgi.input`, at most a chunk at a time."""

    def __init__(self) -> None:
        self._rest = b""

    def read(self, size: int) -> bytes:
        # Nothing comes at the end, and at each call after it.
        block = self._rest or uwsgi.chunked_read()
        self._rest = block[size:]
        return block[:size]
