// How far a post has come, city by city, asked for again while something may change.
import { useSignal } from '@preact/signals'
import { h } from 'preact'
import { useEffect, useMemo } from 'preact/hooks'
import type { Deliveries, DeliveryState } from '#common/network.ts'
import type { ApiPost } from '#common/room-shapes.ts'
import { useStores } from '../stores.ts'
import { askAgainMs, deliverySummary, stateOrder, stateWords } from './delivery-words.ts'

export interface DeliveryListProps {
  room: string
  guid: string
  /** Unix ms: since when it is at the server. */
  storedAt: number
}

/** More are told by their number, and in full when somebody asks. */
const fewCities = 8
const hiddenPageMs = 15_000
/** Of a post that is older the cities do not tell any more. */
const newMs = 24 * 3_600_000

function DeliveryList({ room, guid, storedAt }: DeliveryListProps) {
  const deliveries = useDeliveries({ room, guid, storedAt })
  if (deliveries === undefined) return h('p', { class: 'deliveries help' }, '✓ Stored here')
  const { cities, storedAt: at } = deliveries
  // An edge is one of the cities itself.
  const server = cities.some(({ id }) => id === at.id) ? null : h(Chip, { name: at.name, state: 'stored' })
  return cities.length <= fewCities
    ? h('ul', { class: 'deliveries way' }, server, chipsOf(deliveries))
    : h(ManyCities, { deliveries })
}

function ManyCities({ deliveries }: { deliveries: Deliveries }) {
  const isOpen = useSignal(false)
  const onToggle = (event: Event & { currentTarget: HTMLDetailsElement }) => {
    isOpen.value = event.currentTarget.open
  }
  const summary = `✓ Stored at ${deliveries.storedAt.name} · ${deliverySummary(deliveries)}`
  return h(
    'details',
    { class: 'deliveries', onToggle },
    h('summary', {}, summary),
    // Of many those are looked for that lack it.
    isOpen.value && h('ul', { class: 'way', tabIndex: 0, 'aria-label': 'Cities' }, chipsOf(deliveries).toReversed()),
  )
}

/** From the furthest on. */
function chipsOf({ cities }: Deliveries) {
  return cities
    .toSorted((a, b) => stateOrder.indexOf(a.state) - stateOrder.indexOf(b.state))
    .map(({ id, name, state }) => h(Chip, { key: id, name, state }))
}

function Chip({ name, state }: { name: string; state: DeliveryState }) {
  const { word, shape, sentence, look } = stateWords[state]
  return h(
    'li',
    { class: look, title: sentence },
    h('span', { 'aria-hidden': true }, shape),
    ' ',
    h('bdi', {}, name),
    ' ',
    h('b', {}, word),
  )
}

export interface PostDeliveriesProps {
  post: ApiPost
  /** It was asked for by its address. */
  isTarget: boolean
}

/** Below a post of the feed: of what was written in this browser, and of what somebody wants to look at, while it is new. */
export function PostDeliveries({ post, isTarget }: PostDeliveriesProps) {
  const { compose, network } = useStores()
  const { room, guid, receivedAt } = post
  const isNew = network.now() - receivedAt < newMs
  return compose.isOwn(post) || (isTarget && isNew) ? h(DeliveryList, { room, guid, storedAt: receivedAt }) : null
}

/** Undefined until the server has told. */
function useDeliveries({ room, guid, storedAt }: DeliveryListProps): Deliveries | undefined {
  const { api, compose, network } = useStores()
  // Who comes or goes is news for it.
  const linked = network.cities.value.filter(({ connected }) => connected).length
  const told = useMemo(() => compose.deliveriesOf(guid), [compose, guid])
  useEffect(() => {
    const stopping = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const path = `/api/v1/rooms/${encodeURIComponent(room)}/posts/${guid}/deliveries`
    const look = async () => {
      const answer = await api.ask<Deliveries>(path, { signal: stopping.signal }).catch(() => undefined)
      if (stopping.signal.aborted) return
      told.value = answer ?? told.value
      timer = later(look, askAgainMs(answer, network.now() - storedAt))
    }
    void look()
    return () => {
      stopping.abort()
      clearTimeout(timer)
    }
  }, [api, network, room, guid, storedAt, told, linked])
  return told.value
}

/** Undefined: never again. */
function later(look: () => Promise<void>, ms: number | undefined): ReturnType<typeof setTimeout> | undefined {
  if (ms === undefined) return undefined
  return setTimeout(look, document.hidden ? Math.max(ms, hiddenPageMs) : ms)
}
