// What a companion radio is asked when its line is opened, and what is set in it: its clock, and the channels.
import { nodeType } from './adverts.ts'
import { type CompanionReply, refusal } from './companion-replies.ts'
import { CompanionRefusal, type CompanionSession, more } from './companion-session.ts'
import { type Modem, RadioError, type RadioSettings, type RadioStats } from './radio.ts'

/** Of the protocol, as we speak it: from 3 on texts come with how they were heard. */
const protocolVersion = 3
const appName = 'meshcore-room'
/** The radio's clock has seconds only, and what is on the line takes its time. */
const clockSlackSeconds = 1

type Contact = Extract<CompanionReply, { kind: 'contact' }>
type Channel = Extract<CompanionReply, { kind: 'channel' }>

export interface WishedChannel {
  name: string
  /** 16 bytes. */
  secret: Uint8Array
}

export interface CompanionWishes {
  channels: readonly WishedChannel[]
  /** Unix seconds of our clock. */
  seconds: () => number
  /** Contacts that the radio has changed since, as it told before; 0 for all. */
  contactsSince: number
  onContact: (contact: Contact) => void
}

/** A radio that is set, and what it says of itself. */
export interface KnownCompanion extends Modem {
  name: string
  publicKey: Uint8Array
  settings: RadioSettings
  /** By the radio's number of the channel. */
  channels: ReadonlyMap<number, WishedChannel>
  contactsSince: number
}

/** @throws RadioError when it does not answer, or has no place for a channel */
export async function setUp(session: CompanionSession, wishes: CompanionWishes): Promise<KnownCompanion> {
  const info = await session.ask({
    command: { kind: 'device-query', version: protocolVersion },
    pick: reply => (reply.kind === 'device-info' ? reply : undefined),
    isRepeatable: true,
  })
  const self = await session.ask({
    command: { kind: 'app-start', appName },
    pick: reply => (reply.kind === 'self-info' ? reply : undefined),
    isRepeatable: true,
  })
  const contactsSince = await loadContacts(session, wishes)
  const channels = await joinChannels(session, wishes.channels, info.channelsMax)
  const { frequencyHz, bandwidthHz, spreadingFactor, codingRate, txPowerDbm } = self
  return {
    board: info.model,
    version: info.version,
    name: self.name,
    publicKey: Uint8Array.from(self.publicKey),
    settings: { frequencyHz, bandwidthHz, spreadingFactor, codingRate, txPowerDbm },
    channels,
    contactsSince,
  }
}

/** Brings a clock that is behind forward; the radio refuses to go back. Gives how many seconds it is ahead of ours. */
export async function checkClock(session: CompanionSession, seconds: () => number): Promise<number> {
  const theirs = await session.ask({
    command: { kind: 'get-time' },
    pick: reply => (reply.kind === 'time' ? reply.timestamp : undefined),
    isRepeatable: true,
  })
  const ours = Math.floor(seconds())
  if (theirs >= ours - clockSlackSeconds) return theirs - ours
  await askOk(session, { kind: 'set-time', timestamp: ours })
  return 0
}

export type CompanionHealth = Pick<RadioStats, 'damaged' | 'noiseFloorDbm' | 'batteryMillivolts'>

export const unknownHealth: CompanionHealth = { damaged: null, noiseFloorDbm: null, batteryMillivolts: null }

/** Also a sign of life. Older firmware has no counters. @throws RadioError when it is silent */
export async function checkUp(session: CompanionSession): Promise<CompanionHealth> {
  let health = unknownHealth
  try {
    const batteryMillivolts = await session.ask({
      command: { kind: 'get-battery' },
      // 0: it does not measure it.
      pick: reply => (reply.kind === 'battery' ? reply.millivolts || null : undefined),
      isRepeatable: true,
    })
    health = { ...health, batteryMillivolts }
    const noiseFloorDbm = await session.ask({
      command: { kind: 'get-stats', type: 1 },
      pick: reply => (reply.kind === 'stats-radio' ? reply.noiseFloorDbm : undefined),
      isRepeatable: true,
    })
    const damaged = await session.ask({
      command: { kind: 'get-stats', type: 2 },
      pick: reply => (reply.kind === 'stats-packets' ? (reply.damaged ?? null) : undefined),
      isRepeatable: true,
    })
    return { ...health, damaged, noiseFloorDbm }
  } catch (error) {
    if (error instanceof CompanionRefusal) return health
    throw error
  }
}

/** Makes the room server a contact, as one: only then a login to it is one to a room. */
export async function putRoomContact(session: CompanionSession, key: Uint8Array, name: string): Promise<void> {
  const known = await session
    .ask({
      command: { kind: 'get-contact', publicKey: key },
      pick: reply => (reply.kind === 'contact' ? reply : undefined),
    })
    .catch((error: unknown) => {
      if (error instanceof CompanionRefusal && error.reason === refusal.notFound) return undefined
      throw error
    })
  if (known?.type === nodeType.room) return
  const fresh = { publicKey: key, flags: 0, path: null, name, lastAdvert: 0 }
  await askOk(session, { kind: 'put-contact', ...(known === undefined ? fresh : asNew(known)), type: nodeType.room })
}

export async function askOk(
  session: Pick<CompanionSession, 'ask'>,
  command: Parameters<CompanionSession['ask']>[0]['command'],
): Promise<void> {
  await session.ask({ command, pick: reply => (reply.kind === 'ok' ? true : undefined) })
}

function asNew({ publicKey, flags, path, name, lastAdvert }: Contact) {
  return { publicKey: Uint8Array.from(publicKey), flags, path, name, lastAdvert }
}

async function loadContacts(session: CompanionSession, { contactsSince, onContact }: CompanionWishes): Promise<number> {
  return await session.ask({
    command: { kind: 'get-contacts', since: contactsSince },
    pick: reply => {
      if (reply.kind === 'contacts-end') return Math.max(contactsSince, reply.lastModified)
      if (reply.kind === 'contact') onContact(reply)
      return reply.kind === 'contact' || reply.kind === 'contacts-start' ? more : undefined
    },
  })
}

async function joinChannels(
  session: CompanionSession,
  wished: readonly WishedChannel[],
  channelsMax: number,
): Promise<ReadonlyMap<number, WishedChannel>> {
  const joined = new Map<number, WishedChannel>()
  if (wished.length === 0) return joined
  const slots: Channel[] = []
  for (let channel = 0; channel < channelsMax; channel += 1) slots.push(await getChannel(session, channel))
  for (const wish of wished) {
    const slot =
      slots.find(({ secret }) => Buffer.from(secret).equals(wish.secret)) ?? (await take(session, slots, wish))
    joined.set(slot.channel, wish)
  }
  return joined
}

/** @throws RadioError when all are taken */
async function take(session: CompanionSession, slots: Channel[], { name, secret }: WishedChannel): Promise<Channel> {
  const index = slots.findIndex(slot => slot.name === '' && slot.secret.every(byte => byte === 0))
  const slot = slots[index]
  if (slot === undefined)
    throw new RadioError(`the radio has no place for the channel "${name}": remove another one with an app`)
  await askOk(session, { kind: 'set-channel', channel: slot.channel, name, secret })
  const joined = { ...slot, name, secret }
  slots[index] = joined
  return joined
}

async function getChannel(session: CompanionSession, channel: number): Promise<Channel> {
  return await session.ask({
    command: { kind: 'get-channel', channel },
    pick: reply => (reply.kind === 'channel' && reply.channel === channel ? reply : undefined),
    isRepeatable: true,
  })
}
