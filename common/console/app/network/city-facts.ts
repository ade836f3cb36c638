// What is known of a city and of its radio, as lists of names and values.
import { type ComponentChildren, h } from 'preact'
import type { City } from '#common/network.ts'
import type { ReportedRadio, ReportedSelf } from '#common/spoke-report.ts'
import { wanCapPercent } from '#common/trouble-limits.ts'
import { daysWords, durationWords, sizeWords } from '#common/words.ts'
import { stampText } from '../rooms/feed-words.ts'
import { useStores } from '../stores.ts'
import { ShareBar } from './share-bar.ts'
import { backlogWords, latencyWords, seenWords, unknown } from './words.ts'

type Fact = readonly [name: string, value: ComponentChildren]

const standings: Readonly<Record<City['standing'], string>> = {
  approved: 'approved',
  open: 'may join, as every city with the secret',
  pending: 'waits to be let in',
  revoked: 'kept out',
}

export interface CityFactsOptions {
  city: City
  /** Unix ms. */
  now: number
  /** The server that answers. */
  isSelf: boolean
  isHub: boolean
}

/** A time as people read it here. */
type Stamp = (at: number) => string

export function CityFacts({ city, now, isSelf, isHub }: CityFactsOptions) {
  const zone = useStores().rooms.prefs.zone.value
  const stamp = (at: number) => stampText(at, zone)
  const { self } = city
  const server = [...serverFacts(city, isHub, stamp), ...(self === null ? [] : selfFacts(self))]
  return [
    !isSelf && h(Card, { name: 'Link', facts: linkFacts(city, now, stamp) }),
    h(Card, { name: 'Server', facts: server }),
    city.standing !== 'pending' && radioCard(city, stamp),
  ]
}

function radioCard({ self, connected, reportedAt }: City, stamp: Stamp) {
  const radio = self?.radio
  if (!radio) return h(Card, { name: 'Radio', facts: [], note: self ? 'It has none.' : 'It has not told of one.' })
  const note = connected || reportedAt === null ? undefined : `As it was ${stamp(reportedAt)}.`
  return h(Card, { name: 'Radio', facts: radioFacts(radio), note })
}

function Card({ name, facts, note }: { name: string; facts: readonly Fact[]; note?: string | undefined }) {
  return h(
    'section',
    { class: 'card', 'aria-label': name },
    h('h2', {}, name),
    note !== undefined && h('p', { class: 'help' }, note),
    facts.length > 0 &&
      h(
        'dl',
        { class: 'facts' },
        facts.map(([term, value]) => [h('dt', {}, term), h('dd', {}, value)]),
      ),
  )
}

function linkFacts(city: City, now: number, stamp: Stamp): Fact[] {
  const { lastSeenAt, latencyMs, connected, toSend, bytesToday, wanCapBytes, address, instance } = city
  const used = sizeWords(bytesToday)
  return [
    ['Seen', seenWords(city, now)],
    ...(connected || lastSeenAt === null ? [] : [['Last seen', stamp(lastSeenAt)] as const]),
    ['Latency', latencyWords(connected ? latencyMs : null)],
    ['Waits for it', backlogWords(city)],
    ['It has yet to send', toSend === null ? unknown : String(toSend)],
    [
      'Traffic today (UTC)',
      wanCapBytes
        ? [
            `${used} of ${sizeWords(wanCapBytes)} `,
            h(ShareBar, {
              share: bytesToday / wanCapBytes,
              isWarning: bytesToday >= (wanCapBytes * wanCapPercent) / 100,
            }),
          ]
        : used,
    ],
    ...(address === '' ? [] : [['Address', h('code', {}, address)] as const]),
    ...(instance === '' ? [] : [['Hub instance', h('code', {}, instance)] as const]),
  ]
}

/** Only a hub decides who may join. */
function serverFacts({ id, role, standing, why, software, reportedAt }: City, isHub: boolean, stamp: Stamp): Fact[] {
  return [
    // It ends so as long as it was never linked, and its key is not known.
    ['Id', id.endsWith('-') ? unknown : h('code', {}, id)],
    ['Kind', role],
    ...(isHub ? [['Standing', why ? `${standings[standing]}: ${why}` : standings[standing]] as const] : []),
    ['Software', software || unknown],
    ['Told of itself', reportedAt === null ? 'never' : stamp(reportedAt)],
  ]
}

function selfFacts({ uptimeSeconds, systemOffMs, certificateDays, toStore, position }: ReportedSelf): Fact[] {
  return [
    ['Up for', durationWords(uptimeSeconds * 1000)],
    ['Clock', clockWords(systemOffMs)],
    ['Certificate', certificateDays === null ? 'none' : daysWords(certificateDays)],
    ['Has to store', String(toStore)],
    [
      'Position',
      position === null ? 'none in its config' : `${position.latitude.toFixed(4)}, ${position.longitude.toFixed(4)}`,
    ],
  ]
}

function clockWords(offMs: number): string {
  if (Math.abs(offMs) < 1000) return 'right'
  return `${durationWords(Math.abs(offMs))} ${offMs > 0 ? 'behind' : 'ahead'}`
}

function radioFacts(radio: ReportedRadio): Fact[] {
  const dbm = (value: number | null) => (value === null ? unknown : `${value} dBm`)
  const { state, board, budgetUsed, budgetSeconds, queued, heard, sent, failed, batteryMillivolts } = radio
  return [
    ['State', state],
    ['Board', board ?? unknown],
    ['Airtime of this hour', [h(ShareBar, { share: budgetUsed }), ` of ${Math.round(budgetSeconds)} s`]],
    ['Wait for the air', String(queued)],
    ['Heard, sent, failed', `${heard}, ${sent}, ${failed}`],
    ['Noise floor', dbm(radio.noiseFloorDbm)],
    ['Last heard at', `${dbm(radio.lastRssiDbm)}, SNR ${radio.lastSnrDb === null ? unknown : `${radio.lastSnrDb} dB`}`],
    ['Battery', batteryMillivolts === null ? unknown : `${(batteryMillivolts / 1000).toFixed(2)} V`],
  ]
}
