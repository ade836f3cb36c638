#!/usr/bin/env bash
# Installs, upgrades and removes the hub, federation-hub, on Debian. Run again it changes nothing.
set -euo pipefail
source_dir=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
program=federation-hub folder=hub user=federation-hub
conf_dir=/etc/federation-hub conf_file=/etc/federation-hub/hub.conf
state_dir=/var/lib/federation-hub state_mode=700 cache_dir=/var/cache/federation-hub
# shellcheck source-path=SCRIPTDIR source=install-lib.sh
. "$source_dir/infra/install-lib.sh"
# shellcheck source-path=SCRIPTDIR source=install-steps.sh
. "$source_dir/infra/install-steps.sh"
prefix=/opt/$program
port=8443 port_comment='MeshCore federation hub'

usage() {
  cat <<'END'
usage: install-hub.sh [install|upgrade|uninstall] [options]

  install     user, program, certificate, config, systemd unit; starts it. What is there already stays as it is (default)
  upgrade     puts the version of this folder in the place of the installed one, and takes it back if it does not get well
  uninstall   takes the program away; config, posts and identity stay, but with --purge

For the config that install writes when there is none (asked for at a terminal):
  --domain NAME        the public name of this machine, for its certificate
  --redis URL          redis://127.0.0.1:6379, for several hubs that are one; default: posts are kept on this machine
  --secret-file FILE   the federation secret, as the other servers have it; default: a new one

  --ufw          open the port of the hub in the firewall
  --node PATH    use this Node (24.12 or newer) and fetch none
  --wait SEC     how long an upgrade may take to get well; default: 60
  --purge        with uninstall: config, posts and identity too
  --yes          do not ask before a purge
  --dry-run      only say what would be done
END
}

domain=$(hostname -f 2>/dev/null || hostname) redis='' secret_file=''

put_conf() {
  domain=$(ask 'Public name of this machine' "$domain")
  redis=$(ask 'Address of Redis, or "none"' "${redis:-none}")
  local secret
  secret=$(the_secret "$secret_file" new)
  require_plain '--redis' "$redis"
  [ -e "$conf_dir/tls/server.key" ] || change "certificate of $domain in $conf_dir/tls" make_certificate
  change "$conf_file" write_conf < <(conf_text "$secret")
}

# As README.md says; edges trust it by a copy.
make_certificate() {
  case "$domain" in *[!A-Za-z0-9.-]* | '') fail "\"$domain\" is no name that a certificate could have: --domain" ;; esac
  command -v openssl >/dev/null || apt-get -q install -y --no-install-recommends openssl
  # The folder is the user's: root must not write where a link of his may lie. The key comes last: it says that both are there.
  local made
  made=$(mktemp -d)
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj "/CN=$domain" \
    -addext "subjectAltName=DNS:$domain" -keyout "$made/server.key" -out "$made/server.crt" 2>/dev/null
  install -T -o "$user" -g "$user" -m 644 "$made/server.crt" "$conf_dir/tls/server.crt"
  install -T -o "$user" -g "$user" -m 600 "$made/server.key" "$conf_dir/tls/server.key"
  rm -rf "$made"
}

conf_text() {
  local text
  text=$(cat "$source_dir/infra/hub.conf.example")
  text=${text/'REPLACE_WITH_FEDERATION_PSK'/"$1"}
  [ "$redis" = none ] || text=${text/'#redis_url = "redis://127.0.0.1:6379"'/"redis_url = \"$redis\""}
  printf '%s\n' "$text"
}

say_next() {
  say "$program runs. Its config, with the federation secret: $conf_file"
  say "Each edge needs that secret, the address wss://$domain:8443/federation, and a copy of $conf_dir/tls/server.crt."
  say "Net control's console: https://$domain:8443/ (the browser warns of the certificate); a token for it: $program token create --role admin --name NAME"
  case "$domain" in *.*) ;; *)
    say "The certificate is made for \"$domain\". Do edges dial another name? $0 uninstall --purge, and again with --domain NAME"
    ;;
  esac
}

carry_out '--domain --redis --secret-file' "$@"
