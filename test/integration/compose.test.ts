// infra/compose.yaml agrees with itself, the image, the Caddyfile and the config beside it; its Redis is started as it says.
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempDisposable, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { parse } from 'yaml'
import { parseHubConf } from '#common/config/hub-conf.ts'
import { allInstructions, projectDir, readDockerfile } from '#test/support/dockerfile.ts'
import { freePort } from '#test/support/free-port.ts'
import { waitFor } from '#test/support/wait-for.ts'
import { fakeFiles, secret } from '#test/unit/common/config/fake-files.ts'

const read = (name: string) => readFile(join(projectDir, 'infra', name), 'utf8')
const compose = parse(await read('compose.yaml'), { merge: true, strict: true })
const { redis, caddy, 'hub-1': first, 'hub-2': second } = compose.services
const { version } = JSON.parse(await readFile(join(projectDir, 'package.json'), 'utf8'))
const run = promisify(execFile)

/** What compose knows of, as far as we use it: a mistyped key would be refused by Docker, and there is none here. */
const serviceKeys = new Set([
  ...['image', 'build', 'init', 'command', 'user', 'environment', 'secrets', 'volumes', 'tmpfs', 'ports', 'networks'],
  ...[
    'depends_on',
    'healthcheck',
    'restart',
    'read_only',
    'cap_drop',
    'cap_add',
    'security_opt',
    'pids_limit',
    'mem_limit',
  ],
  ...['ulimits', 'logging', 'stop_grace_period'],
])

for (const [name, service] of Object.entries<Record<string, unknown>>(compose.services))
  test(`${name}: known keys, bounded, no rights, started again, told to stop in time`, () => {
    assert.deepEqual(
      Object.keys(service).filter(key => !serviceKeys.has(key)),
      [],
    )
    assert.match(String(service.image), /^[a-z-]+:\d+\.\d+(\.\d+)?(-bookworm)?$/)
    assert.deepEqual([service.read_only, service.cap_drop, service.restart], [true, ['ALL'], 'unless-stopped'])
    assert.deepEqual(service.security_opt, ['no-new-privileges:true'])
    assert.deepEqual(service.logging, { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } })
    assert.match(String(service.stop_grace_period), /^\d+s$/)
    assert.deepEqual(service.cap_add, name === 'caddy' ? ['NET_BIND_SERVICE'] : undefined)
  })

interface Service {
  networks: string[]
  secrets?: string[]
  depends_on?: Record<string, { condition: string }>
  volumes?: string[]
}

test('what a service refers to is there', () => {
  const services = Object.values<Service>(compose.services)
  const waits = services.flatMap(({ depends_on = {} }) => Object.entries(depends_on))
  const volumes = services.flatMap(({ volumes = [] }) => volumes.map(volume => volume.split(':')[0] ?? ''))
  for (const network of services.flatMap(({ networks }) => networks)) assert.ok(network in compose.networks, network)
  for (const name of services.flatMap(({ secrets = [] }) => secrets)) assert.ok(name in compose.secrets, name)
  for (const [name, { condition }] of waits)
    assert.ok(name in compose.services && condition === 'service_healthy', name)
  for (const volume of volumes.filter(name => !name.startsWith('.'))) assert.ok(volume in compose.volumes, volume)
  assert.deepEqual([redis.networks, compose.networks.store.internal, redis.ports], [['store'], true, undefined])
})

test('two hubs, alike, with the config beside them', async () => {
  assert.deepEqual(first, second)
  assert.equal(first.image, `federation-hub:${version}`)
  assert.deepEqual(first.command, ['run', '--config', `/run/secrets/${first.secrets[0]}`])
  assert.equal(compose.secrets['hub.conf'].file, './compose-hub.conf')
  assert.ok((await readFile(join(projectDir, '.gitignore'), 'utf8')).includes('infra/compose-hub.conf\n'))
  const text = (await read('compose-hub.conf.example')).replace(
    /^federation_secret = .*$/m,
    `federation_secret = "${secret}"`,
  )
  const conf = parseHubConf(text, '/run/secrets/hub.conf', fakeFiles())
  assert.equal(conf.redis?.url, 'redis://redis:6379')
  assert.ok(conf.behindProxy && conf.tls === undefined)
  assert.equal(first.environment.HEALTH_URL, `http://127.0.0.1:${conf.listen.port}/livez`)
  assert.equal(caddy.environment.HUBS, `hub-1:${conf.listen.port} hub-2:${conf.listen.port}`)
  // They are asked by the health check of their image.
  assert.ok(allInstructions(readDockerfile(), first.build.target).some(({ word }) => word === 'HEALTHCHECK'))
})

test('Caddy gets what the Caddyfile asks for', async () => {
  const asked = [...(await read('Caddyfile')).matchAll(/\{\$(\w+)(:\S+)?\}/g)].map(([, name]) => name)
  for (const name of Object.keys(caddy.environment)) assert.ok(asked.includes(name), name)
  for (const name of ['HUB_ADDRESS', 'HUB_TLS', 'HUBS']) assert.ok(name in caddy.environment, name)
})

test('Redis starts with these words, and keeps what it is told', async () => {
  await using dir = await mkdtempDisposable(join(tmpdir(), 'mcfed-compose-'))
  const port = await freePort()
  const [program, conf, ...words] = redis.command as string[]
  assert.deepEqual([program, conf], ['redis-server', '/etc/redis/redis.conf'])
  assert.equal(words.at(-1), '/data')
  const here = [...words.slice(0, -1), dir.path, '--port', `${port}`]
  const child = spawn('redis-server', [join(projectDir, 'infra/redis.conf'), ...here], { stdio: 'ignore' })
  try {
    const cli = async (...ask: string[]) => (await run('redis-cli', ['-p', `${port}`, ...ask])).stdout.trim()
    await waitFor(async () => (await cli('PING')) === 'PONG', { what: 'Redis' })
    const settings = async (name: string) => (await cli('CONFIG', 'GET', name)).split('\n')[1]
    assert.equal(await settings('bind'), '* -::*')
    assert.equal(await settings('appendfsync'), 'always')
    assert.equal(await settings('appendonly'), 'yes')
    assert.equal(await settings('maxmemory-policy'), 'noeviction')
  } finally {
    const ended = once(child, 'exit')
    if (child.exitCode === null && child.kill('SIGKILL')) await ended
  }
})
