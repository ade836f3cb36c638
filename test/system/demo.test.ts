// `npm run demo`, the first thing that anybody runs: it tells the truth, and it leaves nothing behind however it ends.
import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ApiClient } from '#test/support/api-client.ts'
import { Program } from '#test/support/program.ts'
import { waitFor } from '#test/support/wait-for.ts'

const deadlineMs = 120_000
const tokenLine = /^ +mcf_[A-Za-z0-9_-]{20,}$/

/** A demo that keeps its files in a folder of its own; both are gone when the test is. */
async function startDemo(t: TestContext, ...args: string[]): Promise<{ demo: Program; folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'mcfed-test-'))
  const demo = new Program({ name: 'demo', script: 'infra/demo/run.ts', args, env: { TMPDIR: folder } })
  t.after(async () => {
    await demo[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })
  demo.start()
  return { demo, folder }
}

test('every city holds every post of the demo once, every node hears what is on the air, and then all is gone', async t => {
  const { demo, folder } = await startDemo(t, '--keep')
  await demo.waitForLine(/All 1,002 posts are in every city, each of them once\./, deadlineMs)
  await tryConsole(demo)
  await demo.kill('SIGINT')
  assert.equal(demo.exitCode, 0)
  assert.equal(demo.lines.filter(line => /^ +(Denver|Boulder|Pueblo|the hub) .* yes$/.test(line)).length, 4)
  const shown = (pattern: RegExp) => demo.lines.filter(line => pattern.test(line)).length
  // Cut off, and with us again: three links of Pueblo each time, and the hub's end of one.
  assert.ok(shown(/^ +(hub|Pueblo) .* Federation peer ".+" disconnected \(connection lost\)$/) >= 4)
  assert.ok(shown(/^ +(hub|Pueblo) .* Federation peer ".+" caught up \(\d+ posts in \d+\.\ds\)$/) >= 1)
  assert.equal(shown(/^ +posts held, of 698( +698){3}$/), 1)
  // Without the hub every city takes over, and posts travel; then it has again what it lacked.
  assert.equal(shown(/^ +(Denver|Boulder|Pueblo) .* no hub serves this server for \d+ s: links to peers carry/), 3)
  assert.equal(shown(/^ +(Denver|Boulder|Pueblo) .* the hub serves this server again: links to peers stand by$/), 3)
  assert.equal(shown(/300 posts at once, 100 from each city: on disk/), 2)
  const uploads = demo.lines.flatMap(line => /It lacked 304 posts\. .+ sent it (\d+) together/.exec(line)?.[1] ?? [])
  assert.equal(uploads.length, 1)
  // Each of the three cities has all of them: without claims it would be three times as many.
  assert.ok(Number(uploads[0]) < 2 * 304, `the cities have uploaded ${uploads[0]} posts`)
  assert.equal(shown(/^ +posts held, of 1,002( +1,002){4}$/), 1)
  // Four posts on the air: each for every node but the one that wrote it, with the city of who is elsewhere.
  // A push whose ACK was lost is heard twice.
  const heard = new Set(demo.lines.map(line => line.replace(/ +[\d.]+ m?s$/, '')))
  const hears = (pattern: string) => [...heard].filter(line => new RegExp(`hears +${pattern}`).test(line)).length
  assert.deepEqual(['Dot: Chains', 'Dot@Denver: Chains', 'Ben: Thanks', 'Ben@Boulder: Thanks'].map(hears), [1, 4, 2, 4])
  assert.deepEqual(['Pia: Pass', 'Pia@Pueblo: Pass', 'Dot: Plough', 'Dot@Denver: Plough'].map(hears), [1, 4, 1, 4])
  assert.equal(demo.lines.filter(line => /on disk and acknowledged after/.test(line)).length, 3)
  const used = demo.lines.flatMap(
    line => /^ +(?:Denver|Boulder|Pueblo) +\d+ .* ([\d.]+) s +([\d.]+) %$/.exec(line) ?? [],
  )
  assert.equal(used.length, 3 * 3)
  assert.deepEqual(await readdir(folder), [])
})

test('a demo that is killed leaves no program and no file', async t => {
  const { demo, folder } = await startDemo(t)
  await demo.waitForLine(/all linked after/, deadlineMs)
  const urls = demo.lines.flatMap(line => /http:\S+/.exec(line)?.[0] ?? [])
  assert.equal(urls.length, 3)
  await demo.kill('SIGKILL')
  const left = async () => [...(await readdir(folder)), ...(await Promise.all(urls.map(answers)))]
  await waitFor(left, { what: 'everything to be gone', until: found => found.every(one => one === false) })
})

/** The console is where the demo says, and the token that it shows is one of an admin. */
async function tryConsole(demo: Program): Promise<void> {
  await demo.waitForLine(/At the hub, sign in with/)
  const token = (await demo.waitForLine(tokenLine)).trim()
  const line = await demo.waitForLine(/^ +hub +https:\S+\/ +config/)
  const [, baseUrl = '', conf = ''] = /(https:\S+\/) +config (\S+)/.exec(line) ?? []
  const ca = await readFile(join(dirname(conf), 'ca.crt'), 'utf8')
  const hub = new ApiClient({ baseUrl, ca, token: async () => token })
  assert.match((await hub.send({ path: '/' })).text, /<!doctype html>/i)
  assert.ok(await hub.get('/api/v1/spokes'))
  assert.equal(((await hub.get('/api/v1/session')) as { role?: string }).role, 'admin')
}

function answers(url: string): Promise<boolean> {
  return fetch(`${url}/livez`, { signal: AbortSignal.timeout(2000) }).then(
    ({ ok }) => ok,
    () => false,
  )
}
