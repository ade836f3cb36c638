// infra/install-edge.sh as its users run it: twice, for a new version, for one that is broken, and to get rid of it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Machine, startMachine } from '#test/support/machine.ts'

const script = '/srv/checkout/infra/install-edge.sh'
const install = `${script} install --name Boulder --room frontrange --hub wss://hub.example.com:8443/federation --guest-password 'a&b/c'`
const statusOf = async (machine: Machine) => JSON.parse(await machine.sh('meshcore-room status --json'))
const releases = (machine: Machine) => machine.sh('ls /opt/meshcore-room/releases')
/** All that an installation leaves behind, with times and rights. */
const traces = (machine: Machine) =>
  machine.sh(
    'find /etc/meshcore /etc/systemd /opt/meshcore-room /usr/local /etc/passwd -printf "%p %u %g %m %T@\\n" | sort; grep -vc is- /mnt/systemctl.log',
  )
const newVersion = (version: string) =>
  `sed -i 's/"version": "[^"]*",$/"version": "${version}",/' /srv/checkout/package.json`

test('an edge is installed, upgraded, taken back when the new one is broken, and removed', async t => {
  await using machine = await startMachine()

  await t.test('--dry-run leaves nothing behind', async () => {
    assert.match(await machine.sh(`${script} --dry-run`), /would: user meshcore/)
    assert.equal((await machine.run('ls -d /opt/meshcore-room /etc/meshcore')).out, '')
    assert.notEqual((await machine.run('getent passwd meshcore')).code, 0)
  })

  await t.test('install', async () => {
    // A careful root's umask must not lock the room server out of its own code.
    const said = await machine.sh(`umask 077 && ${install}`)
    assert.match(said, /ufw allow 5001\/tcp comment "MeshCore Federation"/)
    const conf = await machine.sh('cat /etc/meshcore/room.conf')
    assert.ok(
      conf.includes('guest_password = "a&b/c"') && conf.includes('url = "wss://hub.example.com:8443/federation"'),
    )
    const secret = /^federation_secret = "([0-9a-f]{64})"$/m.exec(conf)?.[1] ?? assert.fail('no secret')
    assert.ok(!said.includes(secret))
    const modes = await machine.sh("stat -c '%A %U %G' /etc/meshcore/room.conf /etc/meshcore/tls /var/lib/meshcore")
    assert.deepEqual(modes.split('\n'), [
      '-rw-r----- root meshcore',
      'drwxr-x--- meshcore meshcore',
      'drwxr-x--- meshcore meshcore',
    ])
    const { name, ready } = await statusOf(machine)
    assert.deepEqual([name, ready], ['Boulder', true])
    assert.equal(await machine.sh('ps -o user= -p $(cat /mnt/meshcore-room.pid)'), 'meshcore')
    // Nothing that runs may be changed by the one who runs it.
    assert.equal(await machine.sh('find /opt/meshcore-room/ -user meshcore -o -perm /022 ! -type l'), '')
  })

  await t.test('installed again, nothing changes', async () => {
    const before = await traces(machine)
    assert.match(await machine.sh(install), /nothing to change$/)
    assert.equal(await traces(machine), before)
  })

  await t.test('upgrade; another version is not put there by install', async () => {
    await machine.sh(`meshcore-room post --author Ada "before the upgrade" && ${newVersion('0.9.1')}`)
    const { code, err } = await machine.run(install)
    assert.equal(code, 1)
    assert.match(err, /is installed already; .* upgrade/)
    assert.match(await machine.sh(`${script} upgrade`), /meshcore-room 0\.9\.1-\w+ runs/)
    assert.equal((await statusOf(machine)).version, '0.9.1')
    assert.equal((await releases(machine)).split('\n').length, 2)
    assert.match(await machine.sh(`${script} upgrade`), /nothing to change/)
  })

  await t.test('a new version that ends at its start is taken back', async () => {
    const broken = 'if (process.argv[2] === \\"run\\") process.exit(1)'
    await machine.sh(`${newVersion('0.9.2')} && echo "${broken}" >> /srv/checkout/common/version.ts`)
    const { code, err } = await machine.run(`${script} upgrade --wait 3`)
    assert.equal(code, 1)
    assert.match(err, /back to 0\.9\.1-\w+/)
    assert.equal((await statusOf(machine)).version, '0.9.1')
    assert.doesNotMatch(await releases(machine), /0\.9\.2/)
  })

  await t.test('one that cannot work with the config is not started', async () => {
    await machine.sh('echo "garbage" >> /etc/meshcore/room.conf')
    const { code, err } = await machine.run(`${script} upgrade`)
    assert.equal(code, 1)
    assert.match(err, /goes on as before/)
    await machine.sh("sed -i '$d' /etc/meshcore/room.conf")
    assert.equal((await statusOf(machine)).version, '0.9.1')
  })

  await t.test('uninstall keeps config and posts; --purge does not', async () => {
    assert.match(await machine.sh(`${script} uninstall`), /kept: \/etc\/meshcore/)
    assert.equal((await machine.run('ls -d /opt/meshcore-room /usr/local/bin/meshcore-room')).out, '')
    await machine.sh('ls /etc/meshcore/room.conf /var/lib/meshcore/room.db /var/lib/meshcore/identity.pem')
    const { code, err } = await machine.run(`${script} uninstall --purge`)
    assert.equal(code, 1)
    assert.match(err, /say --yes as well/)
    await machine.sh(`ls /var/lib/meshcore/room.db && ${script} uninstall --purge --yes`)
    assert.equal((await machine.run('ls -d /etc/meshcore /var/lib/meshcore; getent passwd meshcore')).out, '')
  })
})
