// What [radio] has for a stock companion radio: the room server whose client it is, and the channels that are bridged.
import { createHash } from 'node:crypto'
import type { z } from 'zod'
import { roomSchema } from '../post.ts'
import { nameBytesMax } from '../post-text.ts'
import type { RuleContext } from './conf-rules.ts'
import { devicePort, flag, password, plainText, section, sections, shownName, textWith } from './conf-values.ts'

/** A stock radio has place for 40 on most boards, and for 8 on the smallest. */
const channelsMax = 40
const publicSecret = '8b3387e9c5cdea6ac9e5edbaa115cd72'
/** The firmware's field has a NUL at its end. */
const channelNameBytesMax = 31

const hex = (bytes: number, what: string) =>
  textWith(text =>
    new RegExp(`^[0-9a-fA-F]{${bytes * 2}}$`).test(text) ? undefined : `must be ${bytes * 2} hex digits: ${what}`,
  )

export const companionKeys = {
  room_cli_port: devicePort().optional(),
  room: section({
    key: hex(32, 'the public key of the room server').optional(),
    name: shownName(nameBytesMax).optional(),
    password: password().optional(),
    federate_as: plainText().pipe(roomSchema).optional(),
  }).optional(),
  channels: sections(
    section({
      name: shownName(channelNameBytesMax).optional(),
      secret: hex(16, 'the key of the channel').optional(),
      federate_as: plainText().pipe(roomSchema).optional(),
      i_know_this_is_public: flag().default(false),
    }),
    channelsMax,
  ).optional(),
}

type CompanionValues = { [K in keyof typeof companionKeys]?: z.output<(typeof companionKeys)[K]> }

/** A room server of others, on the air of the same island. */
export interface RoomServerConf {
  /** Public key, 64 hex digits in lower case. */
  key: string
  /** As the radio's contact is called. */
  name: string
  /** Empty where the server needs none. */
  password: string
  /** The room whose posts it gets and gives. */
  room: string
}

export interface ChannelConf {
  name: string
  /** 32 hex digits in lower case. */
  secret: string
  room: string
}

export interface GatewayConf {
  roomServer?: RoomServerConf | undefined
  /** Port of the room server's own command line: posts are written there instead of by radio. */
  roomCliPort?: string | undefined
  channels: ChannelConf[]
}

/** `rooms`: ids of the rooms that this server has, the first is the default. */
export function checkGateway(context: RuleContext, values: CompanionValues, rooms: readonly string[]): GatewayConf {
  const { faults } = context
  const { room, room_cli_port: roomCliPort, channels = [] } = values
  if (
    room === undefined &&
    channels.length === 0 &&
    !faults.has(['radio', 'room']) &&
    !faults.has(['radio', 'channels'])
  )
    faults.add(['radio', 'driver'], '"companion" needs a [radio.room] or [[radio.channels]]: nothing else is bridged')
  if (roomCliPort !== undefined && room === undefined)
    faults.add(['radio', 'room_cli_port'], 'needs a [radio.room]: whose command line it is')
  const roomOf = (path: (string | number)[], id: string | undefined) => {
    if (id !== undefined && !rooms.includes(id))
      faults.add([...path, 'federate_as'], `must be a room of this server: ${rooms.join(', ')}`)
    return id ?? rooms[0] ?? ''
  }
  return {
    roomServer: room && checkRoomServer(context, room, roomOf(['radio', 'room'], room.federate_as)),
    roomCliPort,
    channels: channels.map((channel, i) =>
      checkChannel(context, channel, {
        path: ['radio', 'channels', i],
        room: roomOf(['radio', 'channels', i], channel.federate_as),
      }),
    ),
  }
}

function checkRoomServer(
  { faults }: RuleContext,
  { key, name, password: words }: NonNullable<CompanionValues['room']>,
  room: string,
): RoomServerConf {
  if (key === undefined)
    faults.add(
      ['radio', 'room', 'key'],
      'is required: 64 hex digits, as the app shows them for the contact of the room',
    )
  return { key: (key ?? '').toLowerCase(), name: name ?? 'Room', password: words ?? '', room }
}

function checkChannel(
  { faults }: RuleContext,
  { name = '', secret: given, i_know_this_is_public }: NonNullable<CompanionValues['channels']>[number],
  { path, room }: { path: (string | number)[]; room: string },
): ChannelConf {
  if (name === '') faults.add([...path, 'name'], 'is required: that of the channel; of a hashtag channel with its #')
  const isHashtag = name.startsWith('#')
  if (!isHashtag && given === undefined)
    faults.add([...path, 'secret'], 'is required: 32 hex digits, as the app shows them for the channel')
  const secret = given?.toLowerCase() ?? hashtagSecret(name)
  if (secret === publicSecret && !i_know_this_is_public)
    faults.add(
      [...path, 'i_know_this_is_public'],
      'must be true for the Public channel: everybody in reach is in it, nobody there has agreed to be read in other cities, and posts of other cities take the air of all; make a channel of your own if in doubt',
    )
  return { name, secret, room }
}

/** The key of a channel that everybody knows who knows its name. Source: the firmware's docs/companion_protocol.md. */
function hashtagSecret(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 32)
}
