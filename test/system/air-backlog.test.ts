// After an outage a city is given 5,000 posts of another: its radio sends no more than it may, nothing that is too old, and
// its own people do not wait for it.
import assert from 'node:assert/strict'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { newGuid } from '#common/guid.ts'
import { type Identity, identityFromPem, newIdentityPem } from '#common/identity.ts'
import { createLog } from '#common/log.ts'
import { encodePost, type Post, signPost } from '#common/post.ts'
import { SqliteStore } from '#common/sqlite/sqlite-store.ts'
import { requestType } from '#edge/radio/requests.ts'
import { Island } from '#infra/island/island.ts'
import { type HubProgram, startEdge, startHub, testRoom } from '#test/support/programs.ts'
import { restartOnAir } from '#test/support/restart-on-air.ts'
import { roomKey } from '#test/support/room-key.ts'
import { waitFor } from '#test/support/wait-for.ts'

const deadlineMs = 60_000
const minuteMs = 60_000
const rfMaxAgeMinutes = 120
const count = 5000
/** Percent: 7.2 s in the hour, of which a catch-up may use three fifths. */
const dutyCycle = 0.2
/** More than fit into the budget. */
const answersMax = 30
/** The status has the share of the budget in thousandths. */
const roundingMs = 10
const budgetMs = (dutyCycle / 100) * 3_600_000

/** Half of them were written before what is still pushed. */
function backlog(identity: Identity): Post[] {
  const now = Date.now()
  return Array.from({ length: count }, (_, i) => {
    const isOld = i < count / 2
    const at = now - (isOld ? 180 : 110) * minuteMs + i * 600
    const author = { name: 'Zoe' }
    const text = `${isOld ? 'old' : 'young'} ${i}`
    return signPost(
      { guid: newGuid(), room: testRoom, origin: identity.id, at, author, source: 'client', text },
      identity,
    )
  })
}

/** Into the database of a hub that is stopped. */
async function fillHub({ dir }: HubProgram, posts: readonly Post[], from: string): Promise<void> {
  const log = createLog({ json: true, level: 'silent' })
  const store = SqliteStore.open({ path: join(dir, 'data', 'hub.db'), retentionDays: 30, log })
  try {
    for (let i = 0; i < posts.length; i += 500) {
      const batch = posts.slice(i, i + 500).map(post => ({ guid: post.guid, at: post.at, json: encodePost(post) }))
      await store.log(testRoom).append({ from, posts: batch })
    }
  } finally {
    store.close()
  }
}

test('5,000 posts after an outage: within the budget, none too old, and posts of the city before them', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'mcfed-backlog-'))
  await using island = await Island.start({ speed: 20 })
  await island.modem({ port: join(folder.path, 'tty') })
  await using hub = await startHub()
  const air = { duty_cycle: dutyCycle, rf_max_age_minutes: rfMaxAgeMinutes, advert_minutes: 0, flood_advert_hours: 0 }
  const conf = {
    room: { guest_password: 'hello', admin_password: 'master' },
    radio: { ...island.conf, ...air },
    federation: { reconnect_max_seconds: 1 },
  }
  await using city = await startEdge({ name: 'City A', hubs: [hub], conf })
  await city.waitForLine(/Radio at .* is ready/, deadlineMs)
  const room = await roomKey(city)
  const [ana, ben] = [island.node('Ana', { room }), island.node('Ben', { room })]
  // What guests ask for is a courtesy, and ends long before the budget does.
  assert.ok(await ana.login('master'))
  assert.ok(await ben.login('hello'))

  await hub.stop()
  const zoe = identityFromPem(newIdentityPem())
  await fillHub(hub, backlog(zoe), zoe.id)
  await hub.run()
  const stored = async () => (await city.status()).rooms[0]?.stored
  await waitFor(stored, { what: 'the backlog at the edge', deadlineMs, until: posts => posts === count })
  await waitFor(() => ana.pushes.length + ben.pushes.length > 3, { what: 'the first of the backlog', deadlineMs })
  assert.ok((await ana.post('from the slope')).isAcked)
  await waitFor(() => ben.texts.includes('from the slope'), { what: 'the post of the city', deadlineMs })

  const mostUsed = async () => Object.keys((await city.status()).radio?.airtime.lastHour.byAuthor ?? {})[0]
  await waitFor(mostUsed, {
    what: 'the backlog to have used the most air',
    deadlineMs,
    until: author => author === 'Zoe',
  })

  const onAirMs = () => island.airtimeMs('modem')
  // What is left is for answers, and in the end there is silence: a crash gives nothing back.
  // One question may collide with a push: three in a row do not.
  const isAnswered = async () => {
    for (let i = 0; i < 3; i += 1) if ((await ana.request(requestType.status)) !== undefined) return true
    return false
  }
  let answered = 0
  while (answered < answersMax && (await isAnswered())) answered += 1
  await restartOnAir(city, 'SIGKILL')
  assert.equal(await isAnswered(), false)
  assert.ok(answered < answersMax && onAirMs() <= budgetMs, `${onAirMs()} ms on the air, ${answered} answers`)
  const fromAway = [...ana.texts, ...ben.texts].filter(text => !text.startsWith('from the slope'))
  assert.deepEqual(
    fromAway.filter(text => !/^Zoe: young /.test(text)),
    [],
  )
  assert.ok(fromAway.length > 3 && fromAway.length < 20, `${fromAway.length} pushes`)
  assert.ok(onAirMs() > budgetMs * 0.8, `${onAirMs()} ms on the air`)
  const { budgetUsed = 0 } = (await city.status()).radio ?? {}
  assert.ok(budgetUsed <= 1 && budgetUsed * budgetMs >= onAirMs() - roundingMs, `${budgetUsed} of the budget`)
  await city.stop()
  await city.waitForLine(/^\[INFO\] Air: 7 s of 7 s in the last hour \(before the start 100 %\)$/)
})
