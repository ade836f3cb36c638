// Is the stock radio of the tests one? An independent client of companion radios, meshcore.js, works with it over TCP.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Island } from '#infra/island/island.ts'
import { channelKeyOf } from '#test/support/channel-key.ts'
import { fromHex, toHex } from '#test/support/meshcore-vectors.ts'
import { StockRadio } from '#test/support/stock-radio.ts'
import { waitFor } from '#test/support/wait-for.ts'

/** What is used of the client, which has no types. */
interface Peer {
  connect(): Promise<void>
  close(): void
  on(event: number, listener: (value: unknown) => void): void
  [command: string]: (...values: never[]) => unknown
}

/** The push that tells of them. */
const textsWaiting = 0x83
const library: string = '@liamcottle/meshcore.js'
const { TCPConnection } = (await import(library)) as { TCPConnection: new (host: string, port: number) => Peer }

test('a client of its own kind sets it, joins a channel, and reads what is said there', async () => {
  await using island = await Island.start({ speed: 20 })
  await using stock = await StockRadio.start(island, { name: 'Stock' })
  const peer = new TCPConnection('127.0.0.1', Number(stock.port.split(':').at(-1)))
  const call = (name: string, ...values: unknown[]) => Promise.resolve(peer[name]?.(...(values as never[])))
  await peer.connect()
  try {
    const self = (await call('getSelfInfo')) as { name: string; publicKey: Uint8Array; radioSf: number }
    assert.deepEqual([self.name, toHex(self.publicKey), self.radioSf], ['Stock', stock.key, 8])
    await call('setDeviceTime', 1_790_000_000)
    await assert.rejects(call('setDeviceTime', 1_780_000_000))
    const { epochSecs } = (await call('getDeviceTime')) as { epochSecs: number }
    assert.ok(Math.abs(epochSecs - 1_790_000_000) < 5)

    const secret = channelKeyOf('#club')
    await call('setChannel', 2, '#club', secret)
    const channel = (await call('getChannel', 2)) as { name: string; secret: Uint8Array }
    assert.deepEqual([channel.name, toHex(channel.secret)], ['#club', toHex(secret)])
    const ana = island.node('Ana', { room: fromHex('5a'.repeat(32)) })
    const club = ana.channel(secret)
    ana.advertise()
    await waitFor(() => stock.contacts.get(ana.identity.publicKey), { what: 'the contact' })
    const [contact] = (await call('getContacts')) as { advName: string; publicKey: Uint8Array }[]
    assert.deepEqual([contact?.advName, toHex(contact?.publicKey ?? new Uint8Array())], ['Ana', ana.key])

    const told: unknown[] = []
    peer.on(textsWaiting, value => told.push(value))
    await call('sendChannelTextMessage', 2, 'hello')
    await waitFor(() => ana.channelTexts.includes('Stock: hello'), { what: 'the text on the air' })
    club.say('hello yourself')
    await waitFor(() => stock.queue.length === 1, { what: 'the answer' })
    await waitFor(() => told.length > 0, { what: 'the client to be told' })
    const texts = (await call('getWaitingMessages')) as { channelMessage?: { text: string; channelIdx: number } }[]
    assert.deepEqual(
      texts.map(({ channelMessage }) => [channelMessage?.channelIdx, channelMessage?.text]),
      [[2, 'Ana: hello yourself']],
    )
  } finally {
    peer.close()
  }
})
