// One city: how it is and what to do about it, everything that is known of it, and what an admin may decide.
import { h } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { City, Session } from '#common/network.ts'
import { hrefOf } from '../shell/router.ts'
import { useStores } from '../stores.ts'
import { AuditList, useAudit } from './audit.ts'
import { Chart } from './chart.ts'
import { CityDecisions } from './city-decisions.ts'
import { CityFacts } from './city-facts.ts'
import { CityLinks } from './city-links.ts'
import { CityRooms } from './city-rooms.ts'
import { Mark } from './mark.ts'
import { measureNames } from './measures.ts'
import { findingsOf } from './state.ts'

export function CityView({ id, session }: { id: string; session: Session }) {
  const { network } = useStores()
  const city = network.byId.value.get(id)
  const isLoading = network.at.value === 0
  return h(
    'section',
    { class: 'city', 'aria-busy': isLoading },
    h('p', { class: 'back' }, h('a', { href: hrefOf({ view: 'network', form: 'table' }) }, '‹ All cities')),
    city === undefined
      ? [
          h('h1', {}, network.nameOf(id)),
          h('p', { role: 'status' }, isLoading ? 'Loading…' : 'No such city is known here, or not any more.'),
        ]
      : h(Known, { city, session }),
  )
}

function Known({ city, session }: { city: City; session: Session }) {
  const { network } = useStores()
  const [decided, setDecided] = useState(0)
  const isHub = network.server.value?.role === 'hub'
  const mayDecide = isHub && session.role === 'admin' && city.role === 'edge'
  const hasBeenIn = city.standing !== 'pending'
  const onDecided = () => {
    setDecided(count => count + 1)
    void network.refresh()
  }
  return [
    h(
      'div',
      { class: 'city-head' },
      h('h1', {}, city.name || city.id.slice(0, 8)),
      mayDecide && h(CityDecisions, { city, onDecided }),
    ),
    h(Findings, { city, now: network.at.value }),
    h(
      'div',
      { class: 'city-cards' },
      h(CityFacts, { city, now: network.at.value, isSelf: city.id === network.server.value?.id, isHub }),
      h(CityRooms, { city, mayDecide, isHub, onDecided }),
      hasBeenIn && h(CityLinks, { city, links: city.self?.links ?? [] }),
      hasBeenIn && h(Charts, { id: city.id, until: network.at.value }),
      isHub && h(Decided, { id: city.id, version: decided }),
    ),
  ]
}

function Findings({ city, now }: { city: City; now: number }) {
  return h(
    'ul',
    { class: 'findings' },
    findingsOf(city, now).map(({ level, text, advice }) =>
      h(
        'li',
        { key: text, class: level },
        h(Mark, { level }),
        h('span', {}, h('b', {}, text), advice !== undefined && ` ${advice}`),
      ),
    ),
  )
}

function Charts({ id, until }: { id: string; until: number }) {
  const { history } = useStores()
  useEffect(() => history.want([id]), [history, id, until])
  const samples = history.samples.value.get(id)
  return h(
    'section',
    { class: 'card wide', 'aria-label': 'Last 24 hours' },
    h('h2', {}, 'Last 24 hours'),
    samples === undefined
      ? h('p', { class: 'help' }, 'Loading…')
      : h(
          'div',
          { class: 'charts' },
          measureNames.map(measure => h(Chart, { key: measure, samples, measure, until })),
        ),
  )
}

function Decided({ id, version }: { id: string; version: number }) {
  const { api } = useStores()
  const { entries, fault } = useAudit(api, version)
  const audit = { entries: entries?.filter(entry => entry.spoke === id), fault }
  return h('section', { class: 'card wide' }, h('h2', {}, 'Decisions'), h(AuditList, { audit, isOfOne: true }))
}
