#!/usr/bin/env bash
# A program with both of its outputs on a pipe to a logger:
#
#   piped.sh LOGGER [ARGUMENT...] -- PROGRAM [ARGUMENT...]
#
# The process that was started becomes the logger, so that it can be found and signalled; the program has a pid file. The logger reads on to
# the end of the pipe, and leaves when the last writer has.
set -euo pipefail
# A file that may not grow looks like a full disk only to who gets an error, which a full disk gives too, and not a signal that kills.
trap '' XFSZ
logger=()
while [ "$1" != -- ]; do
  logger+=("$1")
  shift
done
shift
exec "${logger[@]}" < <(exec "$@" 2>&1)
