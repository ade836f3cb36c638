// What an admin may ask of a room by radio, in the words of the firmware's command line (src/helpers/CommonCLI.cpp).
import { RequestError } from '#common/errors.ts'
import { cutUtf8 } from '#common/utf8.ts'
import { version } from '#common/version.ts'
import { type AdminContext, type Command, refused } from './admin-context.ts'
import { setPermission } from './admin-members.ts'
import { block, get, set, setAdminPassword, switchRf, unblock } from './admin-settings.ts'
import { coreStats, packetStats, radioStats, shortStats } from './admin-stats.ts'

/** What fits into a text behind its timestamp and flags, and leaves the app some air. */
const replyBytesMax = 150
const prefixBytes = 4
const notByRadio = () => refused('not by radio; restart the service instead')
const commands = new Map<string, Command>([
  ['ver', () => `meshcore-room ${version}`],
  ['clock', clock],
  // Boards without a clock of their own ask nodes for the time; ours comes from the system and the links.
  ['time', () => '(ERR: clock is not set by radio)'],
  ['advert', (_, { advertise }) => sent(advertise, 'flood')],
  ['advert.zerohop', (_, { advertise }) => sent(advertise, 'direct')],
  ['stats', (_, context) => shortStats(context)],
  ['stats-core', (_, context) => coreStats(context)],
  ['stats-radio', (_, context) => radioStats(context)],
  ['stats-packets', (_, context) => packetStats(context)],
  ['federation', (_, { federation }) => federation()],
  ['neighbors', () => 'not supported'],
  ['get', get],
  ['set', set],
  ['setperm', setPermission],
  ['password', setAdminPassword],
  ['rf', switchRf],
  ['block', block],
  ['unblock', unblock],
  ['reboot', notByRadio],
  ['clkreboot', notByRadio],
  ['poweroff', notByRadio],
  ['shutdown', notByRadio],
  ['start', notByRadio],
  ['erase', notByRadio],
])

/**
 * The answer, at most 150 bytes. A prefix of two characters and a bar comes back in front of it: apps know it by that.
 * @throws StoreUnavailableError
 */
export function answerCommand(text: string, context: AdminContext): string {
  const [, prefix = '', line = ''] = /^(..\|)?(.*)$/su.exec(text) ?? []
  const [, name = '', rest = ''] = /^\s*(\S*)\s*(.*?)\s*$/su.exec(line) ?? []
  return prefix + cutUtf8(answer(name.toLowerCase(), rest, context), replyBytesMax - prefixBytes)
}

function answer(name: string, rest: string, context: AdminContext): string {
  try {
    return commands.get(name)?.(rest, context) ?? 'Unknown command'
  } catch (error) {
    if (error instanceof RequestError) return refused(error.message)
    throw error
  }
}

function clock(rest: string, { now }: AdminContext): string {
  if (rest !== '') return 'ERR: clock is not set by radio'
  const date = new Date(now())
  const [hours, minutes] = [date.getUTCHours(), date.getUTCMinutes()].map(number => String(number).padStart(2, '0'))
  return `${hours}:${minutes} - ${date.getUTCDate()}/${date.getUTCMonth() + 1}/${date.getUTCFullYear()} UTC`
}

function sent(advertise: AdminContext['advertise'], route: 'direct' | 'flood'): string {
  advertise(route)
  return route === 'flood' ? 'OK - Advert sent' : 'OK - zerohop advert sent'
}
