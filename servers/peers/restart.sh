#!/bin/sh
# A service manager in small, for servers that can't reload: HUP is `restart`. It ends the server by TERM, waits until it is
# gone and starts it anew; TERM and QUIT stop it for good. After a server that ended unasked it waits for the next restart.
# Whoever kills the manager kills the server too, as the end of a unit does (setpriv, of util-linux).
#
#   restart.sh COMMAND ...

tell() { [ -z "$server" ] || kill "-$1" "$server"; }
asked=start
server=
trap 'asked=start; tell TERM' HUP
trap 'asked=stop; tell TERM' TERM
trap 'asked=stop; tell KILL' QUIT

while [ "$asked" = start ]; do
  asked=
  setpriv --pdeathsig KILL "$@" &
  server=$!
  # A signal with a trap ends `wait` early, with more than 128.
  while wait "$server"; status=$?; [ "$status" -gt 128 ] && kill -0 "$server" 2> /dev/null; do :; done
  server=
  # A second at a time, for a trap may come before `wait`.
  while [ -z "$asked" ]; do
    sleep 1 &
    wait "$!"
    kill "$!" 2> /dev/null
  done
done
exit "$status"
