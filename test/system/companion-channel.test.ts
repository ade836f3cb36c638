// Two gateways of two cities in one channel of one island: real edges, a real hub, stock companion radios.
import assert from 'node:assert/strict'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Island } from '#infra/island/island.ts'
import { channelKeyOf } from '#test/support/channel-key.ts'
import { startEdge, startHub } from '#test/support/programs.ts'
import { StockRadio } from '#test/support/stock-radio.ts'
import { waitFor } from '#test/support/wait-for.ts'

const deadlineMs = 90_000
const channelName = '#club'

function confWith(radio: StockRadio) {
  return { radio: { driver: 'companion', port: radio.port, channels: [{ name: channelName }] } }
}

test('a packet that two gateways hear is one post; what one of them has injected the other does not export again', async () => {
  await using island = await Island.start({ speed: 20 })
  await using folder = await mkdtempDisposable(join(tmpdir(), 'mcfed-channel-'))
  await using radioA = await StockRadio.start(island, { name: 'GW-A', serialPort: join(folder.path, 'tty-a') })
  await using radioB = await StockRadio.start(island, { name: 'GW-B', serialPort: join(folder.path, 'tty-b') })
  await using hub = await startHub()
  await using cityA = await startEdge({ name: 'City A', hubs: [hub], conf: confWith(radioA) })
  await using cityB = await startEdge({ name: 'City B', hubs: [hub], conf: confWith(radioB) })
  await using cityC = await startEdge({ name: 'City C', hubs: [hub] })
  for (const city of [cityA, cityB]) await city.waitForLine(/Radio at .* is ready: companion/, deadlineMs)
  const ana = island.node('Ana', { room: radioA.identity.publicKey })
  const channel = ana.channel(channelKeyOf(channelName))

  channel.say('hello club')
  for (const city of [cityA, cityB, cityC]) {
    const posts = await waitFor(() => city.posts(), { what: 'the post', deadlineMs, until: all => all.length > 0 })
    assert.deepEqual(posts[0]?.author, { name: 'Ana' })
    assert.deepEqual([posts[0]?.source, posts[0]?.text], ['channel', 'hello club'])
  }
  const heard = async () => {
    const counts = await Promise.all([cityA, cityB].map(city => city.status()))
    return counts.map(({ radio }) => radio?.companion?.heard).map(one => (one?.posts ?? 0) + (one?.duplicates ?? 0))
  }
  await waitFor(heard, { what: 'both to have heard it', deadlineMs, until: ([a, b]) => a === 1 && b === 1 })

  await cityC.post('all clear', { author: 'Ben' })
  const quote = /^GW-[AB]: Ben@City C: all clear$/
  const quotes = () => ana.channelTexts.filter(line => quote.test(line))
  await waitFor(() => quotes().length > 0, { what: 'the post in the channel', deadlineMs })
  const echoes = async () => {
    const all = await Promise.all([cityA, cityB].map(city => city.status()))
    return all.reduce((sum, { radio }) => sum + (radio?.companion?.heard.echoes ?? 0), 0)
  }
  await waitFor(echoes, { what: 'the other to have heard it', deadlineMs })
  // Whatever is still under way is older than this.
  channel.say('marker')
  const texts = () => cityC.posts().then(posts => posts.map(({ text }) => text))
  await waitFor(texts, { what: 'the marker', deadlineMs, until: all => all.includes('marker') })
  assert.deepEqual(await texts(), ['hello club', 'all clear', 'marker'])
  const [a, b] = [radioA.count('send-channel-text'), radioB.count('send-channel-text')]
  assert.equal(a + b, quotes().length)
  assert.equal(ana.channelTexts.filter(line => line.includes('hello club')).length, 0)
})

test('what one gateway says for its own city is no post of the other one, also while they have no link', async () => {
  await using island = await Island.start({ speed: 20 })
  await using folder = await mkdtempDisposable(join(tmpdir(), 'mcfed-channel-'))
  await using radioA = await StockRadio.start(island, { name: 'GW-A', serialPort: join(folder.path, 'tty-a') })
  await using radioB = await StockRadio.start(island, { name: 'GW-B', serialPort: join(folder.path, 'tty-b') })
  await using hub = await startHub()
  await using cityA = await startEdge({ name: 'City A', hubs: [hub], conf: confWith(radioA) })
  await using cityB = await startEdge({ name: 'City B', hubs: [hub], conf: confWith(radioB) })
  for (const city of [cityA, cityB]) {
    await city.waitForLine(/Radio at .* is ready: companion/, deadlineMs)
    const knows = async () => (await city.status()).servers?.some(({ gateways }) => gateways.length > 0) ?? false
    await waitFor(knows, { what: 'the card of the other', deadlineMs })
  }
  await hub.stop()
  const ana = island.node('Ana', { room: radioA.identity.publicKey })
  const channel = ana.channel(channelKeyOf(channelName))

  await cityA.post('nobody else knows', { author: 'Ben' })
  const said = () => ana.channelTexts.some(line => line === 'GW-A: Ben@City A: nobody else knows')
  await waitFor(said, { what: 'the post in the channel', deadlineMs })
  channel.say('marker')
  const texts = () => cityB.posts().then(posts => posts.map(({ text }) => text))
  await waitFor(texts, { what: 'the marker', deadlineMs, until: all => all.includes('marker') })
  assert.deepEqual(await texts(), ['marker'])
})
