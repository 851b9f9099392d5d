#!/usr/bin/env bash
# gunicorn with its output on a pipe to a logger:
#
#   piped.sh WORKSPACE PORT WORKERS RELEASE LOGGER [ARGUMENT...]
#
# The process that was started becomes the logger, so that it can be found and signalled; gunicorn's pid file names the program. The logger
# reads on to the end of the pipe, and leaves when the last writer has.
set -euo pipefail
workspace=$1 port=$2 workers=$3 release=$4
shift 4
exec "$@" < <(
  exec gunicorn --bind "127.0.0.1:$port" --workers "$workers" --chdir "$release" --pid "$workspace/run/gunicorn.pid" wsgi:app 2>&1
)
