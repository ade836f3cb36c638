# shellcheck shell=bash
# What install-edge.sh and install-hub.sh share. They set, before they call anything here:
#   program    name of the command, the unit and the folder in /opt     source_dir  the checkout that is installed
#   folder     of its sources: edge or hub                              user        that it runs as
#   conf_dir   conf_file   state_dir   state_mode   cache_dir
# A release is a folder of its own in /opt/<program>/releases; "current" leads to the one that runs.

# What is installed must be readable by the user it is for, whatever root's own rule is.
umask 022
dry_run=no
changed=no
given_node=
wait_seconds=60
prefix=

# Also when nobody listens any more: an upgrade must come to its end.
say() { printf '%s\n' "$*" || true; }
fail() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# Says what is done, and does it, but with --dry-run.
change() {
  changed=yes
  if [ "$dry_run" = yes ]; then
    say "would: $1"
    return
  fi
  say "+ $1"
  shift
  "$@"
}

require_system() {
  [ "$(id -u)" = 0 ] || fail "must be run as root: sudo $0"
  local id version
  # shellcheck source=/dev/null
  id=$(. /etc/os-release && printf '%s' "${ID:-}")
  # shellcheck source=/dev/null
  version=$(. /etc/os-release && printf '%s' "${VERSION_ID:-}")
  case "$id $version" in
    'debian 12' | 'debian 13' | 'raspbian 12' | 'raspbian 13') ;;
    *) say "warning: made for Debian and Raspberry Pi OS 12 and 13, and this is \"$id $version\"; going on" >&2 ;;
  esac
  command -v systemctl >/dev/null || fail 'there is no systemd here: see infra/README.md for containers'
}

# 24.12 or newer, as package.json asks for.
is_new_enough() {
  local major minor
  IFS=. read -r major minor _ <<<"$("$1" --version 2>/dev/null | tr -d v)"
  [ "${major:-0}" -gt 24 ] || { [ "${major:-0}" -eq 24 ] && [ "${minor:-0}" -ge 12 ]; }
}

# Debian's Node is too old; the version that the tests run with comes as a package of npm.
pinned_version() {
  sed -n '/"node_modules\/node": {/,/"version"/s/.*"version": "\(.*\)".*/\1/p' "$source_dir/package-lock.json"
}

# Sets node to the path of a Node that will do.
node=
choose_node() {
  local version arch system
  system=$(command -v node || true)
  if [ -n "$given_node" ]; then
    is_new_enough "$given_node" || fail "$given_node is no Node of 24.12 or newer"
    node=$(readlink -f "$given_node")
    return
  fi
  # Another user must be able to start it: one in somebody's home directory will not do.
  if [ -n "$system" ] && is_new_enough "$system" && runuser -u nobody -- "$system" --version >/dev/null 2>&1; then
    node=$(readlink -f "$system")
    return
  fi
  version=$(pinned_version)
  case "$(dpkg --print-architecture)" in
    amd64) arch=x64 ;;
    arm64) arch=arm64 ;;
    armhf) fail "there is no Node 24 for 32-bit ARM. From the Pi Zero 2 W on install the 64-bit Raspberry Pi OS; \
or bring a Node of your own: --node PATH" ;;
    *) fail "no Node $version is at hand for $(dpkg --print-architecture); bring your own: --node PATH" ;;
  esac
  local home=$prefix/node/$version
  node=$home/node_modules/node-linux-$arch/bin/node
  [ -x "$node" ] && return
  change "Node $version into $home" fetch_node "$home" "node-linux-$arch@$version"
}

fetch_node() {
  require_npm
  install -d -m 755 "$1"
  npm install --prefix "$1" --no-save --ignore-scripts --no-audit --no-fund --loglevel=error "$2"
}

require_npm() {
  command -v npm >/dev/null && return
  say '+ npm, by apt-get'
  if ! apt-get -q update || ! DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends nodejs npm; then
    fail 'npm cannot be installed; look at what apt-get says'
  fi
}

# What a release is made of, and nothing else of the checkout: a config with a secret may lie there.
parts() {
  printf '%s\0' package.json package-lock.json LICENSE common "$folder" infra/health-check.ts infra/server-url.ts "infra/$program.service"
}

# The version and what the files say: the same sources are the same release.
release_name() {
  local version sum
  version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' "$source_dir/package.json")
  sum=$(cd "$source_dir" && parts | xargs -0 -I{} find {} -type f ! -name '*.md' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum)
  printf '%s-%s' "$version" "${sum:0:12}"
}

installed_release() {
  local to
  to=$(readlink "$prefix/current" || true)
  printf '%s' "${to#releases/}"
}

put_release() {
  local target=$prefix/releases/$1
  [ -d "$target" ] || change "release $1 into $prefix/releases" build_release "$target"
}

build_release() {
  local target=$1 part=$1.part
  rm -rf "$part"
  install -d -m 755 "$part"
  (cd "$source_dir" && parts | xargs -0 cp -R --parents --no-preserve=mode,ownership -t "$part")
  ln -s "$node" "$part/node"
  # The same packages as before need not be fetched again.
  if cmp -s "$source_dir/package-lock.json" "$prefix/current/package-lock.json"; then
    cp -a "$prefix/current/node_modules" "$part/"
  else
    require_npm
    (cd "$part" && npm ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error) ||
      fail 'npm ci failed: is the internet there? Nothing was changed'
  fi
  mv -T "$part" "$target"
}

# In one step: at no moment is there no current release.
switch_to() {
  rm -f "$prefix/current.new"
  ln -s "releases/$1" "$prefix/current.new"
  mv -T "$prefix/current.new" "$prefix/current"
}

# What neither runs nor ran before.
remove_old_releases() {
  local each
  for each in "$prefix"/releases/*; do
    case "${each##*/}" in "$1" | "$2") ;; *) rm -rf "$each" ;; esac
  done
}

command_text() {
  # shellcheck disable=SC2016 # "$@" is for the command
  printf '#!/bin/sh\nexec %s/current/node %s/current/%s/main.ts "$@"\n' "$prefix" "$prefix" "$folder"
}

put_command() {
  local path=/usr/local/bin/$program
  [ "$(cat "$path" 2>/dev/null)" = "$(command_text)" ] || change "$path" write_command "$path"
}

write_command() {
  command_text >"$1"
  chmod 755 "$1"
}

put_unit() {
  local from=$1/infra/$program.service to=/etc/systemd/system/$program.service
  # With --dry-run the release is not there.
  [ -e "$from" ] || from=$source_dir/infra/$program.service
  cmp -s "$from" "$to" || change "$to" write_unit "$from" "$to"
}

write_unit() {
  install -m 644 "$1" "$2"
  systemctl daemon-reload
}

put_user() {
  getent passwd "$user" >/dev/null || change "user $user" useradd --system --user-group --home-dir "$state_dir" --shell /usr/sbin/nologin "$user"
}

# A folder that is there stays as it is.
put_folder() {
  [ -d "$1" ] || change "$1" install -d -o "$2" -g "$user" -m "$3" "$1"
}

# From standard input, with secrets in it: never readable by others, not even for a moment.
write_conf() {
  (umask 077 && cat >"$conf_file.part")
  chown "root:$user" "$conf_file.part"
  chmod 640 "$conf_file.part"
  mv -T "$conf_file.part" "$conf_file"
}

as_user() { (cd / && runuser -u "$user" -- "$@"); }

# A text that may stand between double quotes in TOML.
require_plain() {
  case "$2" in *[\"\\]* | *$'\n'*) fail "$1 must have no quotes, backslashes and new lines in it" ;; esac
}

# From a file, where there is one; else the second word, and "new" is a new one.
the_secret() {
  local secret=$2
  if [ -n "$1" ]; then
    secret=$(tr -d ' \r\n' <"$1") || fail "$1 cannot be read"
  elif [ "$secret" = new ]; then
    secret=$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')
  fi
  require_plain 'the secret' "$secret"
  printf '%s' "$secret"
}

# Asks at the terminal; without one, or for an empty answer, the default.
ask() {
  local answer=
  if [ -t 0 ] && [ "$dry_run" = no ]; then read -r -p "$1 [$2]: " answer; fi
  printf '%s' "${answer:-$2}"
}

# Within so many seconds. Three times in a row, for a program may die of what it finds a second after its start.
wait_until_well() {
  local ends=$((SECONDS + $1)) times=0 url
  url=$(as_user "$prefix/current/node" "$prefix/current/infra/server-url.ts" "$program" "$conf_file") || return 1
  while [ "$SECONDS" -lt "$ends" ]; do
    if systemctl is-active --quiet "$program" && is_ready "$url"; then times=$((times + 1)); else times=0; fi
    [ "$times" -ge 3 ] && return 0
    sleep 0.5
  done
  return 1
}

# An edge without a status port can only be seen to live.
is_ready() { [ -z "$1" ] || "$prefix/current/node" "$prefix/current/infra/health-check.ts" "$1" 2>/dev/null; }
