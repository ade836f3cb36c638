// `meshcore-room status`: the running server's /status, for people or as it is.
import { oneLine } from '#common/log.ts'
import { refuseWords } from '#common/program.ts'
import { type RadioStatus, type ServerStatus, type Status, statusSchema } from '#common/status.ts'
import { durationWords } from '#common/words.ts'
import { ownCertificateLines, peerLine } from './peer-lines.ts'
import { type CommandIo, callApi } from './room-api.ts'

/** Of the other servers; all of them are in the JSON. */
const namesShown = 20

export async function statusCommand({ conf, words, print }: CommandIo): Promise<number> {
  refuseWords(
    'status',
    words.filter(word => word !== '--json'),
  )
  const status = statusSchema.parse(await callApi(conf, '/status'))
  print(words.includes('--json') ? `${JSON.stringify(status, null, 2)}\n` : describe(status))
  return 0
}

function describe({
  name,
  version,
  uptimeSeconds,
  certificate,
  peers,
  servers = [],
  rooms,
  messages,
  queues,
  radio,
  gaps,
}: Status): string {
  const lines = [`${name}, version ${version}, up ${durationWords(uptimeSeconds * 1000)}`]
  lines.push(...ownCertificateLines(certificate), ...peers.map(peerLine))
  if (servers.length > 0) lines.push(`knows  ${namesOf(servers)}`)
  for (const { room, stored, head, settings } of rooms)
    lines.push(`room   ${room}: ${stored} posts, newest is ${head}${describeSettings(settings)}`)
  lines.push(
    `posts  ${messages.stored} stored, ${messages.sent} sent, ${messages.duplicates} duplicates, ${messages.refused} refused since the start`,
  )
  lines.push(`queues ${queues.toStore} to store, ${queues.toSend} to send`)
  if (radio !== undefined) lines.push(describeRadio(radio), ...describeCompanion(radio.companion))
  for (const gap of gaps)
    lines.push(`gap    ${gap.posts} posts of ${gap.room} are missing, ${gap.from} has ${gap.why} them (${gap.at})`)
  return `${lines.map(oneLine).join('\n')}\n`
}

/** What is not as usual. */
function describeSettings(settings: Status['rooms'][number]['settings']): string {
  const { rf = true, blocked = 0, passwordsSet = [] } = settings ?? {}
  const passwords = passwordsSet.length === 0 ? '' : `, ${passwordsSet.join(' and ')} password set by radio`
  return `${rf ? '' : ', off the air'}${blocked === 0 ? '' : `, ${blocked} blocked`}${passwords}`
}

function describeRadio(radio: RadioStatus): string {
  const { port, state, modem, heard, sent, failed, queued, budgetUsed, budgetSeconds } = radio
  const board = modem === null ? '' : ` (${modem.board ?? 'unknown board'}, firmware ${modem.version})`
  const air = `${Math.round(budgetUsed * budgetSeconds)} s of ${Math.round(budgetSeconds)} s on the air in the last hour`
  return `radio  ${port} ${state}${board}, ${air}, ${heard} heard, ${sent} sent, ${failed} failed, ${queued} wait`
}

function describeCompanion(companion: RadioStatus['companion']): string[] {
  if (companion === undefined) return []
  const { name, key, room, channels, heard } = companion
  const radio = `companion "${name ?? 'not seen yet'}"${key === null ? '' : ` ${key.slice(0, 8)}`}`
  const lines = [`bridge ${radio}, ${heard.posts} posts, ${heard.duplicates} duplicates, ${heard.echoes} echoes heard`]
  if (room !== null) {
    const silences = room.silences === 0 ? '' : `, unanswered ${room.silences} times`
    lines.push(`       room "${room.name}": login ${room.login}${silences}, ${room.toSay} to say`)
  }
  return [...lines, ...channels.map(channel => `       channel "${channel.name}": ${channel.toSay} to say`)]
}

function namesOf(servers: readonly ServerStatus[]): string {
  const names = servers.slice(0, namesShown).map(({ name }) => name)
  const rest = servers.length - names.length
  return rest === 0 ? names.join(', ') : `${names.join(', ')} and ${rest} more`
}
