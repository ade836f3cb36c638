// The files for Kubernetes agree with each other, with the image, and with what the hub does.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { parseHubConf } from '#common/config/hub-conf.ts'
import { allInstructions, projectDir, readDockerfile } from '#test/support/dockerfile.ts'
import { fakeFiles, secret } from '#test/unit/common/config/fake-files.ts'

const folder = join(projectDir, 'infra/kubernetes')
const read = (name: string) => readFileSync(join(folder, name), 'utf8')
// As kubectl reads it, for which 0440 is octal.
const file = (name: string) => parse(read(name), { version: '1.1', strict: true })
const kustomization = file('kustomization.yaml')
const deployment = file('deployment.yaml')
const pod = deployment.spec.template.spec
const [hub] = pod.containers
const image = allInstructions(readDockerfile(), 'hub')
const last = (word: string) => image.findLast(instruction => instruction.word === word)?.rest ?? ''
const labels = { 'app.kubernetes.io/name': 'federation-hub' }

test('every resource is there, in a known form', () => {
  const kinds = kustomization.resources.map((name: string) => {
    const { apiVersion, kind, metadata } = file(name)
    assert.equal(metadata.name, kind === 'Namespace' ? kustomization.namespace : 'federation-hub')
    return `${apiVersion} ${kind}`
  })
  assert.deepEqual(kinds, [
    'v1 Namespace',
    'apps/v1 Deployment',
    'policy/v1 PodDisruptionBudget',
    'v1 Service',
    'networking.k8s.io/v1 NetworkPolicy',
  ])
})

test('all mean the same pods', () => {
  assert.deepEqual(deployment.spec.template.metadata.labels, labels)
  assert.deepEqual(deployment.spec.selector.matchLabels, labels)
  assert.deepEqual(file('disruption-budget.yaml').spec.selector.matchLabels, labels)
  assert.deepEqual(file('service.yaml').spec.selector, labels)
  assert.deepEqual(file('network-policy.yaml').spec.podSelector.matchLabels, labels)
  for (const { labelSelector } of pod.topologySpreadConstraints) assert.deepEqual(labelSelector.matchLabels, labels)
})

test('the port is one', () => {
  const [port] = hub.ports
  assert.equal(port.containerPort, parsedConf().listen.port)
  assert.equal(last('EXPOSE'), `${port.containerPort}`)
  const [served] = file('service.yaml').spec.ports
  assert.deepEqual([served.port, served.targetPort], [port.containerPort, port.name])
  assert.deepEqual(file('network-policy.yaml').spec.ingress, [{ ports: [{ protocol: 'TCP', port: port.name }] }])
  for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'])
    assert.deepEqual([hub[probe].httpGet.port, hub[probe].httpGet.scheme], [port.name, 'HTTPS'])
})

test('the probes ask what the hub answers, and a Redis that is away restarts nothing', () => {
  const routes = readFileSync(join(projectDir, 'common/http/health-routes.ts'), 'utf8')
  const paths = ['startupProbe', 'readinessProbe', 'livenessProbe'].map(probe => hub[probe].httpGet.path)
  assert.deepEqual(paths, ['/livez', '/readyz', '/livez'])
  for (const path of paths) assert.ok(routes.includes(`'${path}'`))
  // /readyz itself may take 5 s.
  assert.ok(hub.readinessProbe.timeoutSeconds > 5)
})

test('the farewell has its time', () => {
  const [, seconds] = hub.lifecycle.preStop.exec.command
  const unit = readFileSync(join(projectDir, 'infra/federation-hub.service'), 'utf8')
  const stopSeconds = Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1])
  assert.ok(pod.terminationGracePeriodSeconds >= Number(seconds) + stopSeconds)
})

test('no rights, nothing written, the user of the image', () => {
  const [uid, gid] = last('USER').split(':').map(Number)
  const { runAsNonRoot, runAsUser, runAsGroup, fsGroup, seccompProfile } = pod.securityContext
  assert.deepEqual([runAsNonRoot, runAsUser, runAsGroup, fsGroup], [true, uid, gid, gid])
  assert.equal(seccompProfile.type, 'RuntimeDefault')
  assert.deepEqual(hub.securityContext, {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  })
  assert.equal(pod.automountServiceAccountToken, false)
})

test('the files that the config names are mounted where it looks for them, and the key is private enough', () => {
  const [mount] = hub.volumeMounts
  const volume = pod.volumes.find(({ name }: { name: string }) => name === mount.name)
  const [generated] = kustomization.secretGenerator
  assert.equal(volume.secret.secretName, generated.name)
  assert.deepEqual(volume.secret.items.map(({ key }: { key: string }) => key).sort(), [...generated.files].sort())
  const paths = volume.secret.items.map(({ path }: { path: string }) => join(mount.mountPath, path))
  assert.ok(paths.includes(JSON.parse(last('CMD')).at(-1)))
  for (const key of ['tls_cert', 'tls_key'])
    assert.ok(paths.includes(new RegExp(`^${key} = "(.*)"$`, 'm').exec(read('hub.conf.example'))?.[1]), key)
  assert.equal(volume.secret.defaultMode & 0o037, 0)
})

test('its config loads', () => {
  assert.deepEqual(parsedConf().warnings, [])
  assert.match(parsedConf().redis?.url ?? '', /^redis:/)
})

function parsedConf() {
  const text = read('hub.conf.example').replace(/^federation_secret = .*$/m, `federation_secret = "${secret}"`)
  return parseHubConf(text, '/etc/federation-hub/hub.conf', fakeFiles())
}
