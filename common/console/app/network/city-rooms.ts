// The rooms of a city: how far each is there, who is in it, and what the city may do in it.
import { h } from 'preact'
import { useState } from 'preact/hooks'
import type { City } from '#common/network.ts'
import type { ReportedRoom } from '#common/spoke-report.ts'
import { ownOf } from '../server/own-of.ts'
import { hrefOf } from '../shell/router.ts'
import { RightsDialog } from './rights-dialog.ts'
import { unknown } from './words.ts'

export interface CityRoomsOptions {
  city: City
  mayDecide: boolean
  /** Only a hub has rights to give. */
  isHub: boolean
  onDecided: () => void
}

type Right = City['rights'][string]

export function CityRooms({ city, mayDecide, isHub, onDecided }: CityRoomsOptions) {
  const [room, setRoom] = useState<string | undefined>(undefined)
  const names = [
    ...new Set([...city.rooms.map(one => one.room), ...Object.keys(city.rights).filter(name => name !== '*')]),
  ].sort()
  const heads = ['Room', 'Stored up to', 'Nodes', 'Radio', ...(isHub ? ['Rights'] : []), ...(mayDecide ? [''] : [])]
  const rightsOf = (name: string) => ownOf(city.rights, name) ?? city.rights['*'] ?? { read: true, write: true }
  const row = (name: string) => {
    const told = city.rooms.find(one => one.room === name)
    return h(RoomRow, {
      key: name,
      name,
      told,
      isAlone: names.length === 0,
      right: isHub ? rightsOf(name) : undefined,
      change: mayDecide ? () => setRoom(name) : undefined,
    })
  }
  return h(
    'section',
    { class: 'card wide', 'aria-label': 'Rooms' },
    h('h2', {}, 'Rooms'),
    h(
      'div',
      { class: 'scrolls', tabIndex: 0, role: 'region', 'aria-label': 'Rooms of the city' },
      h(
        'table',
        {},
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            heads.map(name => (name === '' ? h('td', { key: 'change' }) : h('th', { scope: 'col', key: name }, name))),
          ),
        ),
        h('tbody', {}, [...names.map(row), ...(isHub ? [row('*')] : [])]),
      ),
    ),
    room !== undefined &&
      h(RightsDialog, { city, room, right: rightsOf(room), onClose: () => setRoom(undefined), onDecided }),
  )
}

interface RoomRowOptions {
  name: string
  told: ReportedRoom | undefined
  /** No room has a row of its own. */
  isAlone: boolean
  right: Right | undefined
  change: (() => void) | undefined
}

function RoomRow({ name, told, isAlone, right, change }: RoomRowOptions) {
  const isAny = name === '*'
  const cells = isAny
    ? ['', '', '']
    : [
        told?.stored ? `post ${told.stored.offset.toLocaleString('en')}` : unknown,
        told?.members ?? unknown,
        radioWords(told),
      ]
  return h(
    'tr',
    {},
    h(
      'th',
      { scope: 'row' },
      isAny ? (isAlone ? 'all rooms' : 'all others') : h('a', { href: hrefOf({ view: 'room', room: name }) }, name),
    ),
    cells.map((text, index) => h('td', { class: 'number', key: index }, text)),
    right !== undefined && h('td', {}, rightWords(right)),
    change !== undefined &&
      h(
        'td',
        {},
        h(
          'button',
          { type: 'button', 'aria-label': `Change the rights in ${isAny ? 'all other rooms' : name}`, onClick: change },
          'Change…',
        ),
      ),
  )
}

function radioWords(told: ReportedRoom | undefined): string {
  if (told === undefined || told.rf === null) return unknown
  return told.rf ? 'on the air' : 'off the air'
}

function rightWords({ read, write }: Right): string {
  if (read && write) return 'reads and writes'
  return read ? 'reads only' : write ? 'writes only' : 'none'
}
