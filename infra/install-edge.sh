#!/usr/bin/env bash
# Installs, upgrades and removes the edge, meshcore-room, on Raspberry Pi OS and Debian. Run again it changes nothing.
set -euo pipefail
source_dir=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
program=meshcore-room folder=edge user=meshcore
conf_dir=/etc/meshcore conf_file=/etc/meshcore/room.conf
state_dir=/var/lib/meshcore state_mode=750 cache_dir=/var/cache/meshcore
# shellcheck source-path=SCRIPTDIR source=install-lib.sh
. "$source_dir/infra/install-lib.sh"
# shellcheck source-path=SCRIPTDIR source=install-steps.sh
. "$source_dir/infra/install-steps.sh"
prefix=/opt/$program
# Only where other cities are to dial this one directly.
port=5001 port_comment='MeshCore Federation'

usage() {
  cat <<'END'
usage: install-edge.sh [install|upgrade|uninstall] [options]

  install     user, program, config, systemd unit; starts it. What is there already stays as it is (default)
  upgrade     puts the version of this folder in the place of the installed one, and takes it back if it does not get well
  uninstall   takes the program away; config, posts and identity stay, but with --purge

For the config that install writes when there is none (asked for at a terminal):
  --name NAME              of this city's room; default: the name of this machine
  --room ID                the room's id, the same in every city; default: main
  --hub URL                wss://hub.example.com:8443/federation; default: none
  --hub-ca FILE            a copy of the hub's own certificate, if it has one of its own
  --secret-file FILE       the federation secret, as the other servers have it; default: a new one
  --admin-password TEXT, --guest-password TEXT   at most 15 bytes; default: made up, and written into the config

  --ufw          open the port for direct links in the firewall
  --node PATH    use this Node (24.12 or newer) and fetch none
  --wait SEC     how long an upgrade may take to get well; default: 60
  --purge        with uninstall: config, posts and identity too
  --yes          do not ask before a purge
  --dry-run      only say what would be done
END
}

name=$(hostname -s 2>/dev/null || hostname) room=main hub='' hub_ca='' secret_file='' admin_password='' guest_password=''

# 12 letters and digits that are not taken for each other: about 59 bits, for the radio takes 15 bytes at most.
new_password() { tr -dc 'abcdefghijkmnpqrstuvwxyz23456789' </dev/urandom | head -c 12 || true; }

put_conf() {
  name=$(ask 'Name of the city' "$name")
  room=$(ask 'Id of the room, the same in every city' "$room")
  hub=$(ask 'Address of the hub, or "none"' "${hub:-none}")
  admin_password=$(ask 'Password of admins' "${admin_password:-$(new_password)}")
  guest_password=$(ask 'Password of guests' "${guest_password:-$(new_password)}")
  local each secret=new
  [ "$hub" = none ] || hub_ca=$(ask "File with a copy of the hub's own certificate, or \"none\"" "${hub_ca:-none}")
  [ -n "$secret_file" ] || secret=$(ask 'Federation secret, as the other servers have it, or "new"' new)
  for each in "$name" "$room" "$hub" "$admin_password" "$guest_password"; do require_plain "what stands in $conf_file" "$each"; done
  secret=$(the_secret "$secret_file" "$secret")
  if [ "${hub_ca:=none}" != none ]; then
    [ -r "$hub_ca" ] || fail "--hub-ca: $hub_ca cannot be read"
    change "$conf_dir/tls/hub.crt" install -m 644 "$hub_ca" "$conf_dir/tls/hub.crt"
  fi
  change "$conf_file" write_conf < <(conf_text "$secret")
}

# The example with its explanations, filled in. The quotes keep bash from seeing patterns in the values.
conf_text() {
  local text
  text=$(cat "$source_dir/infra/room.conf.example")
  text=${text/'name = "City A"'/"name = \"$name\""}
  text=${text/'federate_as = "main"'/"federate_as = \"$room\""}
  text=${text/'#admin_password = "choose one"'/"admin_password = \"$admin_password\""}
  text=${text/'#guest_password = "and another"'/"guest_password = \"$guest_password\""}
  text=${text/'REPLACE_WITH_FEDERATION_PSK'/"$1"}
  if [ "$hub" = none ]; then
    text=${text/$'\n[[federation.hubs]]\nurl = '/$'\n#[[federation.hubs]]\n#url = '}
  else
    text=${text/'wss://hub.example.com:8443/federation'/"$hub"}
    [ "$hub_ca" = none ] || text=${text/'#ca = "/etc/meshcore/tls/hub-ca.crt"'/"ca = \"$conf_dir/tls/hub.crt\""}
  fi
  printf '%s\n' "$text"
}

say_next() {
  say "$program runs. Its config, with passwords and secret: $conf_file"
  say "A radio, direct links and more are described there; after a change: $program check && systemctl restart $program"
  say "Its console: http://127.0.0.1:5002/ on this machine; from others http://<its address>:5002/, with a token of [clients] in the config"
  say "Keep a copy of $state_dir/identity.pem. Is something wrong: $program doctor"
}

carry_out '--name --room --hub --hub-ca --secret-file --admin-password --guest-password' "$@"
