# shellcheck shell=bash
# The three commands of install-edge.sh and install-hub.sh, on top of install-lib.sh. The scripts bring put_conf
# (the config and what belongs to it, when there is none yet) and say_next (what is left to the operator).

install_it() {
  local release there
  release=$(release_name)
  there=$(installed_release)
  [ -z "$there" ] || [ "$there" = "$release" ] ||
    fail "$program $there is installed already; to put $release in its place say: $0 upgrade"
  put_user
  choose_node
  put_release "$release"
  [ "$there" = "$release" ] || change "$prefix/current is $release" switch_to "$release"
  put_command
  put_folder "$conf_dir" root 750
  put_folder "$conf_dir/tls" "$user" 750
  put_folder "$state_dir" "$user" "$state_mode"
  if [ ! -e "$conf_file" ]; then
    put_conf
  elif [ "$conf_words" = yes ]; then
    say "$conf_file is there and stays as it is: what was said for it has no effect"
  fi
  put_unit "$prefix/releases/$release"
  [ "$ufw" = no ] || open_port
  if [ "$dry_run" = yes ]; then
    say "would: start it, and wait until it is well"
    return
  fi
  as_user "/usr/local/bin/$program" check ||
    fail "mend $conf_file (what is wrong stands above), then run this again; nothing was started"
  start_it "$there" "$release"
  if [ "$changed" = no ]; then say "$program $release is installed and runs; nothing to change"; else say_next; fi
  [ "$ufw" = yes ] || [ "$changed" = no ] || say "If there is a firewall: ufw allow $port/tcp comment \"$port_comment\""
}

# Also in the place of one that was installed by hand and runs.
start_it() {
  if ! systemctl is-enabled --quiet "$program" || ! systemctl is-active --quiet "$program"; then
    change "start $program, now and at every boot" systemctl enable --now "$program"
  elif [ "$1" != "$2" ]; then
    change "start $program anew" systemctl restart "$program"
  else
    return 0
  fi
  wait_until_well 60 || fail "$program does not get well; what it says: journalctl -u $program"
}

upgrade_it() {
  local release there
  release=$(release_name)
  there=$(installed_release)
  [ -n "$there" ] || fail "$program is not installed by this script; say: $0 install"
  if [ "$there" = "$release" ]; then
    say "$program $release is what is installed; nothing to change"
    return
  fi
  # Neither way round may it stop half way when the connection breaks.
  trap '' HUP PIPE
  choose_node
  put_release "$release"
  if [ "$dry_run" = yes ]; then
    say "would: check the config with it, put it in the place of $there, and take it back if it does not get well"
    return
  fi
  local target=$prefix/releases/$release
  if ! as_user "$target/node" "$target/$folder/main.ts" check --config "$conf_file"; then
    rm -rf "$target"
    fail "$release cannot work with $conf_file (what is wrong stands above); $there goes on as before"
  fi
  put_in_place "$release"
  if wait_until_well "$wait_seconds"; then
    remove_old_releases "$release" "$there"
    say "$program $release runs; $there is kept in $prefix/releases"
    return
  fi
  say "$release does not get well in $wait_seconds s: back to $there" >&2
  put_in_place "$there"
  wait_until_well 60 || fail "$there does not get well either; what it says: journalctl -u $program"
  rm -rf "$target"
  fail "$there runs as before; what $release said: journalctl -u $program"
}

put_in_place() {
  change "$prefix/current is $1" switch_to "$1"
  put_unit "$prefix/releases/$1"
  change "start $program anew" systemctl restart "$program" || true
}

uninstall_it() {
  local unit=/etc/systemd/system/$program.service
  if [ -e "$unit" ]; then
    change "stop $program" systemctl disable --now "$program"
    change "remove $unit" rm -f "$unit"
    change 'systemctl daemon-reload' systemctl daemon-reload
  fi
  local each
  for each in "/usr/local/bin/$program" "$prefix" "$cache_dir"; do
    [ ! -e "$each" ] || change "remove $each" rm -rf "$each"
  done
  if [ "$purge" = no ]; then
    say "kept: $conf_dir (config, keys), $state_dir (posts, identity) and the user; --purge removes them for good"
    return
  fi
  confirm_purge
  for each in "$conf_dir" "$state_dir"; do
    [ ! -e "$each" ] || change "remove $each" rm -rf "$each"
  done
  ! getent passwd "$user" >/dev/null || change "remove the user $user" userdel "$user"
}

confirm_purge() {
  say "--purge: $conf_dir and $state_dir go for good, with the posts and with this server's identity. Others will take it for"
  say 'a new server afterwards, and posts that no other server has are lost.'
  [ "$dry_run" = no ] && [ "$yes" = no ] || return 0
  [ -t 0 ] || fail 'say --yes as well, for there is nobody to ask'
  local answer
  read -r -p 'Type "purge" to go on: ' answer
  [ "$answer" = purge ] || fail 'nothing of them was removed'
}

# What both scripts understand: takes one word (and its value), and says in taken how many those were.
taken=0
common_option() {
  taken=1
  case "$1" in
    --dry-run) dry_run=yes ;;
    --yes) yes=yes ;;
    --purge) purge=yes ;;
    --ufw) ufw=yes ;;
    --node | --wait)
      taken=2
      [ -n "${2:-}" ] || fail "$1 needs a value"
      if [ "$1" = --node ]; then given_node=$2; else wait_seconds=$2; fi
      ;;
    -h | --help)
      usage
      exit 0
      ;;
    *) fail "unknown word \"$1\"; see --help" ;;
  esac
}
# Used by the scripts and by the steps above.
conf_words=no
purge=no
yes=no
ufw=no

# With --ufw also where nothing else is to be changed; ufw passes over what it has already.
open_port() {
  if [ "$dry_run" = yes ]; then
    say "would: ufw allow $port/tcp comment \"$port_comment\""
    return
  fi
  command -v ufw >/dev/null || fail 'there is no ufw here: apt-get install ufw'
  ufw allow "$port/tcp" comment "$port_comment"
}

# The whole command line. Its first word names the options with a value that are the script's own; each is a variable of that name.
carry_out() {
  local own=$1 command=install option
  shift
  case "${1:-}" in install | upgrade | uninstall)
    command=$1
    shift
    ;;
  esac
  while [ $# -gt 0 ]; do
    case " $own " in
      *" $1 "*)
        [ -n "${2:-}" ] || fail "$1 needs a value"
        conf_words=yes
        option=${1#--}
        printf -v "${option//-/_}" '%s' "$2"
        shift 2
        ;;
      *)
        common_option "$@"
        shift "$taken"
        ;;
    esac
  done
  require_system
  "${command}_it"
}
