# Sourced by test.sh: installs the Debian packages that tests use, where we may. Never starts their services.

# What each is for: chromium (the page), fonts (so that it has letters), python3 (apps in examples), python3-marathon and prometheus
# (real clients), curl, unzip, xz-utils, bzip2 (fetcher), openssl (HTTPS checks), procps and util-linux (looking at processes), sqlite3 (damage).
packages='chromium fonts-dejavu-core python3 python3-marathon prometheus curl unzip xz-utils bzip2 openssl procps util-linux sqlite3 ca-certificates'

missing_packages() {
  for package in $packages; do
    case $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) in
      installed) ;;
      *) printf '%s ' "$package" ;;
    esac
  done
}

ensure_debian_packages() {
  missing=$(missing_packages)
  [ -z "$missing" ] && return 0
  if ! command -v apt-get >/dev/null 2>&1; then
    say "not a Debian system; tests that need these will fail: $missing"
    return 0
  fi
  if [ "$(id -u)" -ne 0 ]; then
    say "not root, so these Debian packages stay missing, and tests that need them will fail: $missing"
    return 0
  fi
  say "installing Debian packages: $missing"
  # Debian asks this file before it starts a service; 101 means no.
  policy=
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    policy=/usr/sbin/policy-rc.d
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt_log=$(mktemp)
  apt-get update >"$apt_log" 2>&1 || say 'apt-get update failed; trying with the lists that are there'
  # shellcheck disable=SC2086 # a list of words
  if ! apt-get install -y --no-install-recommends $missing >>"$apt_log" 2>&1; then
    tail -n 15 "$apt_log" >&2
    say 'not all Debian packages could be installed; tests that need them will fail'
  fi
  rm -f "$apt_log"
  [ -z "$policy" ] || rm -f "$policy"
  # Nor shall it start with the next boot of a machine that is somebody's own.
  case " $missing" in
    *' prometheus '*) systemctl disable prometheus >/dev/null 2>&1 || true ;;
  esac
}
