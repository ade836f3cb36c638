// The steps of the Dockerfile, done by hand: what is copied, the packages, another user, nothing to write on but the volume.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { makeCertificate } from '#test/support/certificates.ts'
import { allInstructions, copies, isIgnored, projectDir, readDockerfile } from '#test/support/dockerfile.ts'
import { testSecret } from '#test/support/programs.ts'

const run = promisify(execFile)
const targets = [
  {
    target: 'hub',
    config: '/etc/federation-hub/hub.conf',
    text: `federation_secret = "${testSecret}"\ntls_cert = "/etc/federation-hub/tls/server.crt"\ntls_key = "/etc/federation-hub/tls/server.key"\n`,
  },
  { target: 'edge', config: '/etc/meshcore/room.conf', text: '[room]\nname = "City A"\n' },
] as const
const { cert, key } = makeCertificate({ names: ['localhost'] })
let base = ''

before(async () => {
  base = await mkdtemp(join(tmpdir(), 'mcfed-image-'))
  // The user of the image must be able to walk there.
  await chmod(base, 0o755)
  await copy('base', base)
  // --prefer-offline: the packages are those of this checkout.
  await run('npm', ['ci', '--omit=dev', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'], {
    cwd: base,
    timeout: 120_000,
  })
})
after(() => rm(base, { recursive: true, force: true }))

for (const { target, config, text } of targets)
  test(`${target} runs as another user on a read-only root, is healthy, and ends when told to`, async () => {
    const all = allInstructions(readDockerfile(), target)
    const last = (word: string) => all.findLast(instruction => instruction.word === word)?.rest ?? ''
    await copy(target, base)
    await writeFile(join(base, 'config'), text)
    await writeFile(join(base, 'server.crt'), cert)
    await writeFile(join(base, 'server.key'), key)
    const health =
      /^HEALTH_URL=(\S+)/m.exec(
        all
          .filter(({ word }) => word === 'ENV')
          .map(({ rest }) => rest)
          .join('\n'),
      )?.[1] ?? ''
    const env = {
      PATH: process.env.PATH ?? '',
      base,
      config,
      node: process.execPath,
      workdir: last('WORKDIR'),
      volume: last('VOLUME'),
      user: last('USER'),
      main: JSON.parse(last('ENTRYPOINT'))[1],
      health,
    }
    const { stdout } = await run('unshare', ['-mnp', '--fork', '--kill-child', '--mount-proc', 'sh', '-euc', inside], {
      env,
      timeout: 60_000,
    })
    assert.match(stdout, /healthy\n/)
    assert.match(stdout, /listens on|serves main/)
    assert.match(stdout, /ended with 0\n$/)
    assert.doesNotMatch(stdout, /WARN|ERROR/)
  })

/** With env as above: a root on which only the volume can be written. */
const inside = `
ip link set lo up
mkdir -p /mnt/root && mount -t tmpfs tmpfs /mnt/root && cd /mnt/root
mkdir -p ".$workdir" ".$volume" ".$(dirname $config)" usr lib lib64 bin dev proc tmp etc
for each in usr lib lib64 bin; do [ ! -e /$each ] || mount --bind /$each $each; done
mount --rbind /dev dev && mount --bind /proc proc
mount --bind "$base" ".$workdir"
mount -t tmpfs tmpfs ".$volume" && chown "$user" ".$volume"
# As Kubernetes mounts a secret: root's, and the group may read.
mkdir ".$(dirname $config)/tls" && cp "$base/server.crt" "$base/server.key" ".$(dirname $config)/tls" && cp "$base/config" ".$config"
chown -R "0:\${user#*:}" ".$(dirname $config)" && chmod 440 ".$config" ".$(dirname $config)/tls/server.key"
cp /etc/resolv.conf etc/
touch node && mount --bind "$node" node
mount -o remount,ro,bind ".$workdir" && mount -o remount,ro /mnt/root
start() { exec chroot --userspec="$user" --groups= /mnt/root /usr/bin/env -i -C "$workdir" "$@"; }
(start /node "$main" run --config "$config") & program=$!
for i in $(seq 100); do
  if (start /node infra/health-check.ts "$health" 2>/dev/null); then echo healthy; break; fi
  sleep 0.1
done
if (start /usr/bin/touch "$workdir/x" 2>/dev/null || start /usr/bin/touch /x 2>/dev/null); then echo ERROR written; fi
kill $program; code=0; wait $program || code=$?
echo "ended with $code"
`

async function copy(stage: string, to: string): Promise<void> {
  const instructions = readDockerfile().find(({ name }) => name === stage)?.instructions ?? []
  for (const [from, target] of copies(instructions)) {
    await mkdir(join(to, target, '..'), { recursive: true })
    await cp(join(projectDir, from), join(to, target), {
      recursive: true,
      filter: source => !isIgnored(source.slice(projectDir.length)),
    })
  }
}
