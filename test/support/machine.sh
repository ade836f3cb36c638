#!/bin/bash
# The first process of a machine for tests (machine.ts): the folders an installation changes are copies that vanish with it.
# Words: PROJECT MODULES NODE
set -euo pipefail
project=$1 modules=$2 node=$3
ip link set lo up
mount -t tmpfs tmpfs /mnt
for each in etc opt usr/local var/lib var/cache; do
  mkdir -p "/mnt/upper/$each" "/mnt/scratch/$each"
  mount -t overlay overlay -o "lowerdir=/$each,upperdir=/mnt/upper/$each,workdir=/mnt/scratch/$each" "/$each"
done
# Under paths that every user of the machine may walk.
mount -t tmpfs tmpfs /srv
mkdir /srv/node_modules && mount --bind "$modules" /srv/node_modules
touch /srv/node && mount --bind "$node" /srv/node
rm -rf /usr/local/bin/node /opt/meshcore-room /opt/federation-hub /etc/meshcore /etc/federation-hub /var/lib/meshcore
ln -s /srv/node /usr/local/bin/node
mkdir /srv/checkout
cd "$project" && cp -R package.json package-lock.json LICENSE common edge hub infra /srv/checkout
cp "$project/test/support/fake-systemctl.sh" /usr/local/sbin/systemctl
# npm ci without the internet.
# shellcheck disable=SC2016
printf '#!/bin/sh\n[ "$1" = ci ] && ln -s /srv/node_modules node_modules\n' >/usr/local/sbin/npm
chmod 755 /usr/local/sbin/systemctl /usr/local/sbin/npm
echo ready
# Whoever loses his parent is ours: bash buries him.
while :; do sleep 3600 & wait; done
