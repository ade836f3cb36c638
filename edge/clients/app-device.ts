// What a virtual companion says of itself: it has no radio, no channels and no battery, and room.conf says who it is.
import { version } from '#common/version.ts'
import { nodeType } from '../radio/adverts.ts'
import type { CompanionCommand } from '../radio/companion-commands.ts'
import { type CompanionReply, refusal } from '../radio/companion-replies.ts'
import { contactsMax } from './app-contacts.ts'
import type { AppUser } from './app-room.ts'

/** Of the protocol: that of the firmware 1.17.1. */
const protocolVersion = 13
/** Nothing to charge: apps show a full battery. */
const fullMillivolts = 4200

export interface DeviceFacts {
  user: AppUser
  /** Unix ms. */
  now: () => number
  /** Of this server. */
  uptimeSeconds: () => number
  /** Of the edge's own radio, where there is one. */
  radio: { frequencyHz: number; bandwidthHz: number; spreadingFactor: number; codingRate: number } | undefined
}

type Kind = CompanionCommand['kind']
type Answer = (facts: DeviceFacts) => CompanionReply

const ok: Answer = () => ({ kind: 'ok' })
const notFound: Answer = () => refused('notFound')
const disabled: Answer = () => ({ kind: 'disabled' })

const answers = new Map<Kind, Answer>([
  ['device-query', deviceInfo],
  ['app-start', selfInfo],
  ['get-time', ({ now }) => ({ kind: 'time', timestamp: Math.floor(now() / 1000) })],
  // The phone may well think that its clock is the better one; ours stamps posts.
  ['set-time', ok],
  ['get-battery', () => ({ kind: 'battery', millivolts: fullMillivolts, storage: { usedKb: 0, totalKb: 0 } })],
  ['get-tuning', () => ({ kind: 'tuning', receiveDelayBase: 0, airtimeFactor: 0 })],
  ['get-vars', () => ({ kind: 'vars', settings: '' })],
  ['get-auto-add', () => ({ kind: 'auto-add', types: 0, hopsMax: 0 })],
  ['get-repeat-frequencies', () => ({ kind: 'repeat-frequencies', ranges: [] })],
  ['get-default-scope', () => ({ kind: 'default-scope' })],
  // Of floods, and there are none.
  ['set-scope', ok],
  ['set-unscoped', ok],
  ['set-default-scope', ok],
  ['get-channel', notFound],
  ['set-channel', notFound],
  ['send-channel-text', notFound],
  ['send-channel-data', notFound],
  ['get-advert-path', notFound],
  // The firmware's connections are of rooms that ask for keep-alives, and ours do not.
  ['has-connection', notFound],
  ['export-private-key', disabled],
  ['import-private-key', disabled],
])

/** Undefined for what is not about the companion itself. */
export function deviceAnswer(command: CompanionCommand, facts: DeviceFacts): CompanionReply | undefined {
  if (command.kind === 'get-stats') return command.type === 0 ? coreStats(facts) : refused('unsupportedCommand')
  return answers.get(command.kind)?.(facts)
}

export function refused(reason: keyof typeof refusal): CompanionReply {
  return { kind: 'error', reason: refusal[reason] }
}

function deviceInfo(): CompanionReply {
  return {
    kind: 'device-info',
    version: protocolVersion,
    contactsMax,
    channelsMax: 0,
    pin: 0,
    buildDate: '',
    model: 'meshcore-room',
    firmware: `v${version}`,
    isRepeater: false,
    pathHashMode: 0,
  }
}

function selfInfo({ user, radio }: DeviceFacts): CompanionReply {
  const noRadio = { frequencyHz: 0, bandwidthHz: 0, spreadingFactor: 0, codingRate: 0 }
  const { frequencyHz, bandwidthHz, spreadingFactor, codingRate } = radio ?? noRadio
  return {
    kind: 'self-info',
    type: nodeType.chat,
    txPowerDbm: 0,
    txPowerDbmMax: 0,
    publicKey: user.publicKey,
    position: { latitude: 0, longitude: 0 },
    extraAcks: 0,
    locationPolicy: 0,
    telemetryModes: 0,
    manualContacts: 0,
    frequencyHz,
    bandwidthHz,
    spreadingFactor,
    codingRate,
    name: user.name,
  }
}

function coreStats({ uptimeSeconds }: DeviceFacts): CompanionReply {
  return {
    kind: 'stats-core',
    millivolts: fullMillivolts,
    uptimeSeconds: uptimeSeconds(),
    errors: 0,
    queueLength: 0,
  }
}
