#!/bin/bash
# What the install scripts need of systemctl, on a machine without systemd: runs a unit's ExecStart as its user.
# /mnt/systemctl.log has every call, /mnt/<unit>.log what the unit says.
echo "$*" >>/mnt/systemctl.log
now=no verb='' unit=''
for word in "$@"; do
  case $word in
    --now) now=yes ;;
    --quiet) ;;
    -*) exit 64 ;;
    *) if [ -z "$verb" ]; then verb=$word; else unit=${word%.service}; fi ;;
  esac
done
file=/etc/systemd/system/$unit.service
wanted=/etc/systemd/system/multi-user.target.wants/$unit.service
get() { sed -n "s/^$1=//p" "$file"; }

is_running() {
  local pid
  pid=$(cat "/mnt/$unit.pid" 2>/dev/null) || return 1
  # One that has ended may still wait for somebody to ask how.
  [ -e "/proc/$pid/stat" ] && [ "$(sed 's/.*) \(.\).*/\1/' "/proc/$pid/stat")" != Z ]
}

start() {
  is_running && return
  local user state environment command
  user=$(get User)
  state=/var/lib/$(get StateDirectory)
  install -d -o "$user" -g "$(get Group)" -m "$(get StateDirectoryMode)" "$state"
  [ -z "$(get CacheDirectory)" ] || install -d -o "$user" -g "$(get Group)" "/var/cache/$(get CacheDirectory)"
  mapfile -t environment < <(get Environment | sed 's/^"\(.*\)"$/\1/')
  read -r -a command < <(get ExecStart)
  cd / && umask "$(get UMask)"
  setpriv --reuid "$user" --regid "$(get Group)" --init-groups --no-new-privs --bounding-set=-all \
    env -i "PATH=$PATH" "${environment[@]}" "${command[@]}" >>"/mnt/$unit.log" 2>&1 </dev/null &
  echo $! >"/mnt/$unit.pid"
}

stop() {
  is_running || return 0
  kill "$(cat "/mnt/$unit.pid")"
  for _ in $(seq 200); do
    is_running || return 0
    sleep 0.05
  done
  return 1
}

case $verb in
  daemon-reload) ;;
  enable) mkdir -p "${wanted%/*}" && ln -sf "$file" "$wanted" && { [ $now = no ] || start; } ;;
  disable) rm -f "$wanted" && { [ $now = no ] || stop; } ;;
  restart) stop && start ;;
  is-enabled) [ -e "$wanted" ] ;;
  is-active) is_running ;;
  *) exit 64 ;;
esac
