# The launcher: starts what the server asks for, so that the server's own process never forks and tasks belong to the
# host. POSIX sh; builtins only on the way of a launch, since every exec costs more than two forks.
#
#   sh launcher.sh FOLDER VERSION        with an empty environment, in a session of its own
#
# FOLDER/commands (FIFO), one line each:
#   L <record> <record> …   launch these, each at most once ever
#   B <token>               barrier: answered when everything before it has been done
#   Q                       end; what was launched goes on (a server that stops asks for it; one that was killed leaves the
#                           launcher waiting for the next server)
# FOLDER/events (FIFO; opened for reading and writing, so that nobody waits for a listener):
#   H <pid>   ready         B <token>   barrier reached        X <record> …   some of these may not have been started
#   S <record> <pid> <parent pid>   running                    E <record>     ended
# FOLDER/records/<record>: 1 kB of newlines, then a script. What happens is written over the newlines, in place, so that a
# full disk cannot stop it. A line counts when it ends with " .":
#   #L .   launching: never launch it again    #S <pid> <parent pid> .   the program is about to be executed
#   #M <text> .   why it could not be          <signal's name>           (written by sh itself)
#   #E <status> .   its exit status as sh sees it
# The parent keeps the record open as descriptor 8 while it lives: that is how a later server knows it for certain.

# Runs one record and waits for it. A process of its own; whatever ends it, it says so on its way out.
parent() {
  exec </dev/null >/dev/null 3>&- 7>&- || exit 1
  exec 8<>"records/$1" 2>&8 || exit 1
  cd -P /proc/self && parent=${PWD##*/} && cd "$folder" || exit 1
  echo '#L .' >&8
  record=$1
  trap 'echo "#E $? ." >&8; echo "E $record" 1<>events' EXIT
  # In the foreground: sh makes background commands deaf to SIGINT and SIGQUIT.
  ( cd -P /proc/self && pid=${PWD##*/} && cd "$folder" && . "./records/$record" )
}

# Used by records, just before they execute their program.
started() {
  echo "#S $pid $parent ." >&8
  echo "S $record $pid $parent" 1<>"$folder/events"
}

# Used by records: it cannot be executed, and why.
cannot() {
  echo "#M $1 ." >&8
  exit 125
}

# True when this call is the one that may launch the record.
mark() {
  read -r first <"records/$1" || return 1
  [ -z "$first" ] || return 1
  echo '#L .' 1<>"records/$1"
}

# Forks the parents of a batch as one pipeline (foreground: see above) and leaves it by force, so that it waits for none.
batch() {
  exec 7>&- </dev/null
  cd -P /proc/self && self=${PWD##*/} && cd "$folder" || exit 1
  line=
  for record in "$@"; do
    if mark "$record"; then line="${line}parent $record | "; fi
  done
  eval "${line}kill -KILL $self"
}

serve() {
  while read -r command arguments <&3; do
    case $command in
      L)
        ( batch $arguments )
        [ $? -eq 137 ] || echo "X $arguments" 1<>events
        ;;
      B) echo "B $arguments" 1<>events ;;
      Q)
        trap - EXIT
        exit 0
        ;;
    esac
  done
}

main() {
  umask 022
  cd "$1" || exit 1
  folder=$PWD
  unset PWD OLDPWD
  for fifo in commands events; do
    [ -p "$fifo" ] || mkfifo -m 600 "$fifo" || exit 1
  done
  exec 7>launcher.lock || exit 1
  flock -w 10 7 || exit 1
  exec 3<>commands || exit 1
  echo "$$ $2" >launcher.pid
  echo "H $$" 1<>events
  # Forking may fail when the host is short of processes: sh then ends, so it becomes itself anew.
  trap 'exec /bin/sh "$launcher" "$folder" "$version"' EXIT
  serve 2>/dev/null
}

launcher=$0
version=$2
main "$1" "$2"
