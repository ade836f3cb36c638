// What /status is told of a companion radio, and of what it bridges.
import type { CompanionStatus } from '#common/status.ts'
import type { CompanionRadio } from '../radio/companion-radio.ts'
import type { OpenChannel, OpenRoom } from './bridges.ts'
import type { Intake } from './intake.ts'

export interface GatewayStatusParts {
  radio: CompanionRadio
  room: OpenRoom | undefined
  channels: readonly OpenChannel[]
  intake: Intake
}

export function companionStatus({ radio, room, channels, intake }: GatewayStatusParts): CompanionStatus {
  const { known } = radio
  return {
    name: known?.name ?? null,
    key: known === undefined ? null : Buffer.from(known.publicKey).toString('hex'),
    lastError: radio.reason || null,
    heard: { ...intake.counts },
    room: room === undefined ? null : roomStatus(room),
    channels: channels.map(({ bridge, outgoing }) => ({
      name: bridge.channel.name,
      room: bridge.log.room,
      toSay: outgoing.waiting,
    })),
  }
}

function roomStatus({ bridge, client, cli, outgoing }: OpenRoom): CompanionStatus['room'] {
  const { triedAt } = client
  return {
    name: bridge.name,
    key: Buffer.from(bridge.key).toString('hex'),
    room: bridge.log.room,
    login: client.state,
    lastLogin: triedAt === undefined ? null : new Date(triedAt).toISOString(),
    silences: client.silences,
    commandLine: cli === undefined ? null : { state: cli.state, lastError: cli.reason || null },
    toSay: outgoing.waiting,
  }
}
