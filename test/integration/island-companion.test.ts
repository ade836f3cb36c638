// A companion radio of an island at its TCP port, as a program meets it: contacts, login, texts, channels, the queue.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { type CompanionCommand, encodeCommand } from '#edge/radio/companion-commands.ts'
import { CompanionFrameDecoder, encodeCompanionFrame } from '#edge/radio/companion-frames.ts'
import { type CompanionReply, decodeReply, refusal } from '#edge/radio/companion-replies.ts'
import { keyFromName } from '#edge/radio/crypto.ts'
import { Island } from '#infra/island/island.ts'
import type { IslandCompanion } from '#infra/island/ports.ts'
import { startEdge } from '#test/support/programs.ts'
import { roomKey } from '#test/support/room-key.ts'
import { waitFor } from '#test/support/wait-for.ts'

type ReplyOf<K extends CompanionReply['kind']> = Extract<CompanionReply, { kind: K }>

/** A program at the radio: what it was told, in its order. */
class App {
  readonly told: CompanionReply[] = []
  readonly #socket: Socket

  private constructor(socket: Socket) {
    this.#socket = socket
    const decoder = new CompanionFrameDecoder('to-app')
    socket.on('data', bytes => {
      for (const content of decoder.push(bytes)) this.told.push(decodeReply(content))
    })
    socket.on('error', () => {})
  }

  static async open({ port }: IslandCompanion): Promise<App> {
    const socket = connect(Number(new URL(port).port), '127.0.0.1')
    await once(socket, 'connect')
    return new App(socket)
  }

  /** Resolves to the next reply of this kind, from now on. */
  async ask<K extends CompanionReply['kind']>(command: CompanionCommand, kind: K): Promise<ReplyOf<K>> {
    const { length } = this.told
    this.#socket.write(encodeCompanionFrame('to-radio', encodeCommand(command)))
    return await this.next(kind, length)
  }

  async next<K extends CompanionReply['kind']>(kind: K, after = this.told.length): Promise<ReplyOf<K>> {
    const find = () => this.told.slice(after).find(reply => reply.kind === kind) as ReplyOf<K> | undefined
    return await waitFor(find, { what: `a reply "${kind}"`, deadlineMs: 20_000 })
  }

  close(): void {
    this.#socket.destroy()
  }
}

/** What is used of meshcore.js, which has no types. */
interface IndependentClient {
  connect(): Promise<void>
  close(): void
  once(event: string | number, listener: (value: unknown) => void): void
  getSelfInfo(): Promise<{ name: string }>
  addOrUpdateContact(...values: unknown[]): Promise<unknown>
  login(publicKey: Uint8Array, password: string): Promise<{ pubKeyPrefix: Uint8Array }>
  sendTextMessage(publicKey: Uint8Array, text: string): Promise<{ expectedAckCrc: number }>
  syncNextMessage(): Promise<{ contactMessage?: { pubKeyPrefix: Uint8Array; text: string } } | null>
}

const library: string = '@liamcottle/meshcore.js'
const { TCPConnection } = (await import(library)) as {
  TCPConnection: new (host: string, port: number) => IndependentClient
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()

test('it logs in to a room, posts, and is pushed what others post', async () => {
  await using island = await Island.start({ speed: 20 })
  await island.modem({ tcp: true })
  const room = { admin_password: 'master', guest_password: 'hello' }
  await using city = await startEdge({ conf: { room, radio: { ...island.conf, push_hold_seconds: 0 } } })
  await city.waitForLine(/Radio at .* is ready/)
  const publicKey = await roomKey(city)
  const radio = await island.companion('Gateway', { tcp: true })
  const app = await App.open(radio)
  await app.ask({ kind: 'device-query', version: 3 }, 'device-info')
  const self = await app.ask({ kind: 'app-start', appName: 'test' }, 'self-info')
  assert.deepEqual([self.name, Buffer.from(self.publicKey).toString('hex')], ['Gateway', radio.key])

  const unknown = await app.ask({ kind: 'login', publicKey, password: 'hello' }, 'error')
  assert.equal(unknown.reason, refusal.notFound)
  const contact = { publicKey, type: 3, flags: 0, path: null, name: 'City A', lastAdvert: 0 }
  await app.ask({ kind: 'put-contact', ...contact }, 'ok')
  const sent = await app.ask({ kind: 'login', publicKey, password: 'hello' }, 'sent')
  assert.ok(sent.isFlood)
  const welcome = await app.next('login-success', 0)
  assert.deepEqual(
    [welcome.permission, welcome.from],
    [2, publicKey.subarray(0, 6)].map(value => value),
  )

  const timestamp = Math.floor(Date.now() / 1000) + 5
  const to = publicKey.subarray(0, 6)
  const post = { kind: 'send-text', type: 0, attempt: 0, timestamp, to, text: Buffer.from('from the gateway') } as const
  const underWay = await app.ask(post, 'sent')
  const confirmed = await app.next('confirmed', 0)
  assert.deepEqual([confirmed.tag, underWay.isFlood], [underWay.tag, false])
  assert.deepEqual(
    (await city.posts()).map(one => one.text),
    ['from the gateway'],
  )

  await city.post('for all', { author: 'Net control' })
  await app.next('texts-waiting', 0)
  assert.ok(
    app.told.findIndex(({ kind }) => kind === 'heard') < app.told.findIndex(({ kind }) => kind === 'texts-waiting'),
  )
  const pushed = await app.ask({ kind: 'next-text' }, 'contact-text')
  assert.deepEqual([pushed.body.type, text(pushed.body.text), pushed.pathLength], [2, 'Net control: for all', null])
  await app.ask({ kind: 'next-text' }, 'no-more-texts')
  app.close()
})

test('channels go both ways; what nobody has read is gone with the power, contacts and channels are not', async () => {
  await using island = await Island.start({ speed: 20 })
  const radio = await island.companion('Gateway', { tcp: true })
  const [ana, ben] = ['Ana', 'Ben'].map(name => island.node(name, { room: new Uint8Array(32).fill(9), hops: 1 }))
  assert.ok(ana && ben)
  const secret = keyFromName('#test')
  const app = await App.open(radio)
  await app.ask({ kind: 'device-query', version: 3 }, 'device-info')
  await app.ask({ kind: 'set-channel', channel: 1, name: '#test', secret }, 'ok')
  const ours = ana.channel(secret)
  ben.channel(secret)
  ours.say('hello')
  await app.next('texts-waiting', 0)
  const heard = await app.ask({ kind: 'next-text' }, 'channel-text')
  assert.deepEqual([heard.channel, text(heard.body.text), heard.pathLength], [1, 'Ana: hello', 1])
  const words = { type: 0, channel: 1, timestamp: 1_800_000_000, text: Buffer.from('and back') }
  await app.ask({ kind: 'send-channel-text', ...words }, 'ok')
  await waitFor(() => ben.channelTexts.includes('Gateway: and back'), { what: 'the text at a node' })

  const count = app.told.length
  ana.advertise('flood')
  await app.next('advert', count)
  ours.say('lost')
  await app.next('texts-waiting', count)
  await radio.unplug()
  await radio.replug()
  const again = await App.open(radio)
  await again.ask({ kind: 'next-text' }, 'no-more-texts')
  assert.equal((await again.ask({ kind: 'get-channel', channel: 1 }, 'channel')).name, '#test')
  assert.equal((await again.ask({ kind: 'get-contacts' }, 'contact')).name, 'Ana')
  const past = await again.ask({ kind: 'set-time', timestamp: 1 }, 'error')
  assert.equal(past.reason, refusal.illegalArgument)
  app.close()
  again.close()
})

test('an independent client, meshcore.js, logs in by it, posts and reads', async () => {
  await using island = await Island.start({ speed: 20 })
  await island.modem({ tcp: true })
  const room = { guest_password: 'hello' }
  await using city = await startEdge({ conf: { room, radio: { ...island.conf, push_hold_seconds: 0 } } })
  await city.waitForLine(/Radio at .* is ready/)
  const publicKey = await roomKey(city)
  const radio = await island.companion('Gateway', { tcp: true })
  const client = new TCPConnection('127.0.0.1', Number(new URL(radio.port).port))
  const connected = new Promise(resolve => client.once('connected', resolve))
  await client.connect()
  await connected
  assert.equal((await client.getSelfInfo()).name, 'Gateway')
  await client.addOrUpdateContact(publicKey, 3, 0, 0xff, new Uint8Array(64), 'City A', 0, 0, 0)
  assert.deepEqual(
    Buffer.from((await client.login(publicKey, 'hello')).pubKeyPrefix),
    Buffer.from(publicKey.subarray(0, 6)),
  )
  const confirmed = new Promise(resolve => client.once(0x82, resolve))
  await client.sendTextMessage(publicKey, 'by meshcore.js')
  await confirmed
  assert.deepEqual(
    (await city.posts()).map(one => one.text),
    ['by meshcore.js'],
  )
  const waiting = new Promise(resolve => client.once(0x83, resolve))
  await city.post('for all', { author: 'Net control' })
  await waiting
  const pushed = (await client.syncNextMessage())?.contactMessage
  assert.ok(pushed?.text.endsWith('Net control: for all'))
  client.close()
})
