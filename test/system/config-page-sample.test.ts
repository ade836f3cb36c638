// What somebody does who follows the federation page to the letter: its sample config, its openssl commands, the default paths and ports.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('../support/page-sample.ts', import.meta.url))
const namespaces = ['--mount', '--net', '--uts', '--pid', '--fork', '--kill-child']
/** A key of 4096 bits is soon found, or not so soon. */
const deadlineMs = 120_000

/** Everything below /etc and /var/lib that is written here goes to $1, and is seen by nobody else. */
const makeItPrivate = `
mount -t tmpfs none "$1"
for dir in /etc /var/lib; do
  mkdir -p "$1$dir/upper" "$1$dir/work"
  mount -t overlay overlay -o "lowerdir=$dir,upperdir=$1$dir/upper,workdir=$1$dir/work" "$dir"
done
ip link set lo up
hostname citya
echo '127.0.0.1 citya.example.com citya localhost' > /etc/hosts
echo 'meshcore:x:5001:' >> /etc/group
echo 'meshcore:x:5001:5001::/nonexistent:/usr/sbin/nologin' >> /etc/passwd
`
const asOnThePage = `
sudo() { "$@"; }
sudo mkdir -p /etc/meshcore/tls
cd /etc/meshcore/tls

# Self-signed certificate valid for 10 years
sudo openssl req -x509 -newkey rsa:4096 -keyout server.key -out server.crt \
  -days 3650 -nodes \
  -subj "/CN=$(hostname -f)/O=MeshCore Room/C=US"

sudo chown -R meshcore:meshcore /etc/meshcore/tls
sudo chmod 600 /etc/meshcore/tls/server.key
`

interface Result {
  failed: boolean
  text: string
}

/** Runs a command in namespaces of its own, to its end. */
function runApart(...command: string[]): Promise<Result> {
  const options = { timeout: deadlineMs, env: { PATH: process.env.PATH ?? '' } }
  return new Promise(resolve =>
    execFile('unshare', [...namespaces, ...command], options, (error, out, err) =>
      resolve({ failed: error !== null, text: `${error?.message ?? ''}\n${out}${err}` }),
    ),
  )
}

test('the sample and the commands of the federation page make a server that links and serves', async () => {
  const allowed = await runApart('true')
  const needs = 'this test needs namespaces of its own: run it as root, in a container with CAP_SYS_ADMIN'
  assert.ok(!allowed.failed, `${needs}\n${allowed.text}`)
  await using dir = await mkdtempDisposable(join(tmpdir(), 'mcfed-page-'))
  const steps = `set -eu\n${makeItPrivate}${asOnThePage}\nexec "$2" "$3"`
  const { failed, text } = await runApart('sh', '-c', steps, 'sh', dir.path, process.execPath, script)
  assert.ok(!failed, text)
})
