// Commands of admins about the settings of a room: those of the firmware that apps show, kill switch, blocklist, passwords.
import { type AdminContext, type Command, listed, nodeName, refused } from './admin-context.ts'
import { accessList } from './admin-members.ts'

const onOff = (isOn: boolean) => (isOn ? 'on' : 'off')

/** What is asked for with `get`; the firmware puts "> " before its values, and says them in these forms. */
const values = new Map<string, (context: AdminContext) => string>([
  ['name', ({ room }) => room.name],
  ['role', () => 'room_server'],
  ['public.key', ({ room }) => Buffer.from(room.publicKey).toString('hex').toUpperCase()],
  ['guest.password', ({ settings }) => settings.guestPassword ?? ''],
  ['allow.read.only', ({ settings }) => onOff(settings.allowReadOnly)],
  ['rf', ({ settings }) => onOff(settings.isOnAir)],
  ['lat', ({ room }) => decimal(room.position?.latitude ?? 0)],
  ['lon', ({ room }) => decimal(room.position?.longitude ?? 0)],
  ['radio', ({ radio }) => [megahertz(radio), radio.bandwidthHz / 1e3, radio.spreadingFactor, radio.codingRate].join()],
  ['freq', ({ radio }) => megahertz(radio)],
  ['tx', ({ radio }) => String(radio.txPowerDbm)],
  ['dutycycle', ({ radio }) => `${(radio.dutyCycle * 100).toFixed(1)}%`],
  ['af', ({ radio }) => decimal(Math.round((1 / radio.dutyCycle - 1) * 1000) / 1000)],
  ['advert.interval', ({ radio }) => String(Math.round(radio.adverts.zeroHopMs / 60_000))],
  ['flood.advert.interval', ({ radio }) => String(Math.round(radio.adverts.floodMs / 3_600_000))],
  ['multi.acks', ({ radio }) => String(radio.extraAcks)],
  ['path.hash.mode', ({ radio }) => String(radio.hashBytes - 1)],
  // The server itself repeats nothing.
  ['repeat', () => 'off'],
  ['owner.info', () => ''],
])

/** The private key is told on the serial line only, as by the firmware, and we have none. */
export function get(rest: string, context: AdminContext): string {
  const what = rest.toLowerCase()
  if (what === 'acl') return accessList(context)
  if (what === 'blocked') return listed(context.settings.blocked.map(entry => shortened(entry)))
  const value = values.get(what)
  return value === undefined ? `??: ${rest}` : `> ${value(context)}`
}

export function set(rest: string, context: AdminContext): string {
  const [, name = '', value = ''] = /^(\S*)\s*(.*)$/su.exec(rest) ?? []
  if (name.toLowerCase() === 'guest.password') {
    context.settings.setPassword('guest', value, nodeName(context))
    return 'OK'
  }
  return values.has(name.toLowerCase()) ? refused('that is set in room.conf') : `unknown config: ${rest}`
}

/** Said back, as by the firmware, so that the admin sees what he has typed. */
export const setAdminPassword: Command = (rest, context) => {
  context.settings.setPassword('admin', rest, nodeName(context))
  return `password now: ${rest}`
}

/** The answer to "off" does not go on the air any more. */
export const switchRf: Command = (rest, context) => {
  const word = rest.toLowerCase()
  if (word !== 'on' && word !== 'off') return refused('say rf on, or rf off')
  context.settings.setOnAir(word === 'on', nodeName(context))
  return 'OK'
}

export const block: Command = (rest, context) => {
  if (rest !== '' && context.admin.startsWith(rest.toLowerCase())) return refused('that is you')
  return `OK - ${shortened(context.settings.block(rest, nodeName(context)))} blocked`
}

export const unblock: Command = (rest, context) =>
  `OK - ${shortened(context.settings.unblock(rest, nodeName(context)))} unblocked`

/** A key by its first 4 bytes. */
function shortened(entry: string): string {
  return entry.startsWith('name:') ? entry : entry.slice(0, 8)
}

/** As the firmware writes numbers: 10.0, 39.7392. */
function decimal(number: number): string {
  return Number.isInteger(number) ? number.toFixed(1) : String(number)
}

function megahertz({ frequencyHz }: AdminContext['radio']): string {
  return decimal(frequencyHz / 1e6)
}
