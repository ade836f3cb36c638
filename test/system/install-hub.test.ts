// infra/install-hub.sh on a new server: one command, and an edge may link.
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { startMachine } from '#test/support/machine.ts'
import { waitFor } from '#test/support/wait-for.ts'

const script = '/srv/checkout/infra/install-hub.sh'

test('a hub is installed with a certificate and a secret, an edge on the same machine links with it', async () => {
  await using machine = await startMachine()
  assert.match(await machine.sh(`${script} --domain hub.example.com`), /wss:\/\/hub\.example\.com:8443\/federation/)
  const crt = '/etc/federation-hub/tls/server.crt'
  const certificate = new X509Certificate(await machine.sh(`cat ${crt}`))
  assert.equal(certificate.subjectAltName, 'DNS:hub.example.com')
  assert.equal(
    await machine.sh("cd /etc/federation-hub && stat -c '%a %U %G' hub.conf tls/server.key"),
    '640 root federation-hub\n600 federation-hub federation-hub',
  )
  assert.match(await machine.sh(script), /nothing to change$/)
  await machine.sh(
    'printf "#!/bin/sh\necho ufw \\"\\$@\\" >> /mnt/ufw\n" > /usr/local/sbin/ufw && chmod 755 /usr/local/sbin/ufw',
  )
  assert.match(await machine.sh(`${script} --ufw`), /nothing to change$/)
  assert.equal(await machine.sh('cat /mnt/ufw'), 'ufw allow 8443/tcp comment MeshCore federation hub')
  // As the user of the service: a token is made beside the running hub.
  assert.match(
    await machine.sh('cd / && runuser -u federation-hub -- federation-hub token create --role viewer'),
    /^mcf_/,
  )

  await machine.sh(`sed -n 's/^federation_secret = "\\(.*\\)"/\\1/p' /etc/federation-hub/hub.conf > /mnt/secret
echo 127.0.0.1 hub.example.com >> /etc/hosts
/srv/checkout/infra/install-edge.sh --name Boulder --secret-file /mnt/secret --hub-ca ${crt} --hub wss://hub.example.com:8443/federation`)
  const linked = async () => (await machine.sh('meshcore-room status')).includes('link   hub (hub) connected')
  await waitFor(linked, { what: 'the link to the hub', deadlineMs: 30_000 })
  assert.match(await machine.sh(`${script} uninstall --purge --yes`), /the user federation-hub/)
})
