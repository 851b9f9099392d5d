#!/usr/bin/env bash
# gunicorn with a log file of its own, and logrotate run over it again and again, as cron would less often:
#
#   logrotated.sh WORKSPACE PORT WORKERS RELEASE
set -euo pipefail
workspace=$1 port=$2 workers=$3 release=$4

# What the application writes to standard error goes to the file as well.
gunicorn --bind "127.0.0.1:$port" --workers "$workers" --chdir "$release" --pid "$workspace/run/gunicorn.pid" \
  --capture-output --error-logfile "$workspace/logs/app.log" wsgi:app &
while kill -0 $! 2> /dev/null; do
  # Fails while somebody else runs it; there is a next time.
  logrotate --state "$workspace/run/logrotate.state" "$workspace/logrotate.conf" || true
  sleep 0.2
done
wait $!
