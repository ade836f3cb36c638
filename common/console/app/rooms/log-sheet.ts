// One sheet of the communications log, with the boxes of form ICS 309 by their numbers.
import { h } from 'preact'
import { clockText, dateText, type Zone, zoneText } from './feed-words.ts'
import { type LogHeader, type LogPage, named } from './ics309.ts'

export interface LogSheetProps {
  header: LogHeader
  page: LogPage
  /** Unix ms. */
  preparedAt: number
  zone: Zone
}

export function LogSheet({ header, page, preparedAt, zone }: LogSheetProps) {
  const { incident, from, to, net, operator, operatorCall, preparedBy, preparedCall } = header
  const stamp = (at: number | null) => (at === null ? '' : `${dateText(at, zone)} ${clockText(at, zone)}`)
  return h(
    'section',
    { class: 'sheet', 'aria-label': `Page ${page.number} of ${page.of}` },
    h(
      'div',
      { class: 'boxes top' },
      h('div', { class: 'box form-name' }, h('strong', {}, 'COMMUNICATIONS LOG'), h('span', {}, 'ICS 309')),
      h(Box, { label: '1. Incident name and activation number', text: incident }),
      h(Box, {
        label: `2. Operational period (${zoneText(preparedAt, zone)})`,
        text: `From ${stamp(from)}\nTo ${stamp(to)}`,
      }),
      h(Box, { label: '3. Radio net name, or position and tactical call', text: net }),
      h(Box, { label: '4. Radio operator (name, call sign)', text: named(operator, operatorCall) }),
    ),
    h(LogTable, { page }),
    h(
      'div',
      { class: 'boxes foot' },
      h(Box, { label: '6. Prepared by (name, call sign)', text: named(preparedBy, preparedCall) }),
      h(Box, { label: '7. Date and time prepared', text: stamp(preparedAt) }),
      h(Box, { label: '8. Page', text: `${page.number} of ${page.of}` }),
    ),
  )
}

function Box({ label, text }: { label: string; text: string }) {
  return h('div', { class: 'box' }, h('span', { class: 'box-label' }, label), h('span', { class: 'box-text' }, text))
}

function LogTable({ page }: { page: LogPage }) {
  return h(
    'table',
    {},
    h('caption', {}, '5. Communications log'),
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        ['Time', 'From', 'Msg #', 'To', 'Message'].map(name => h('th', { key: name, scope: 'col' }, name)),
      ),
    ),
    h(
      'tbody',
      {},
      page.lines.map(({ key, time, from, fromNumber, to, message }) =>
        h(
          'tr',
          { key },
          [time.replace(' ', '\n'), from, fromNumber, to, message].map((text, i) =>
            h('td', { key: i }, i === 0 ? h('time', {}, text) : h('bdi', {}, text)),
          ),
        ),
      ),
    ),
  )
}
