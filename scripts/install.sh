# Sourced by the other scripts, in the project's folder: makes sure that node_modules is what package-lock.json says.
# When it is, this costs two file checks and no process.

say() { printf '%s\n' "longrun: $*" >&2; }

# npm writes node_modules/.package-lock.json last of all, so it is there and new only after a complete installation.
installed() {
  [ -e node_modules/.package-lock.json ] && ! [ package-lock.json -nt node_modules/.package-lock.json ]
}

install_packages() {
  installed && return 0
  # Same lock file as at the last installation, only touched since (a checkout does that): nothing to do.
  if [ -e node_modules/.package-lock.json ] && cmp -s package-lock.json node_modules/.installed-lock; then
    touch node_modules/.package-lock.json 2>/dev/null || true
    return 0
  fi
  say 'installing the packages of package-lock.json, once; this takes about 20 seconds'
  # Development packages too, whatever NODE_ENV says: tests use the same folder. `npm ci` refuses a lock file that lacks packages for
  # other platforms, which npm itself leaves out when the registry does not have them; `npm install` takes the same versions without that.
  if npm ci --include=dev --no-audit --no-fund --loglevel=silent >&2 || npm install --no-save --include=dev --no-audit --no-fund --loglevel=error >&2; then
    cp package-lock.json node_modules/.installed-lock
  elif [ -e node_modules/.package-lock.json ]; then
    say 'the installation failed; going on with the packages that are there'
  elif [ ! -w . ]; then
    say "cannot write to $PWD; run 'npm start' there once as its owner"
    exit 1
  else
    say 'the installation failed; see npm above'
    exit 1
  fi
}

# One installation at a time: a second caller waits, then finds everything done.
ensure_packages() {
  installed && return 0
  if command -v flock >/dev/null 2>&1; then
    exec 9<package.json
    flock 9
    install_packages
    exec 9<&-
  else
    install_packages
  fi
}

# Sets $node: the one that the packages bring (Linux on x86-64), or the system's where that is new enough.
choose_node() {
  node=$PWD/node_modules/.bin/node
  [ -x "$node" ] && return 0
  node=$(command -v node) || node=
  case $([ -n "$node" ] && "$node" --version) in
    v2[4-9].* | v[3-9][0-9].*) return 0 ;;
  esac
  say "no Node 24 or newer for $(uname -sm): npm brings one only for Linux on x86-64, so install it yourself and put it first on the PATH"
  exit 1
}
