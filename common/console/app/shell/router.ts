// The address of what is shown: behind `#`, so that it can be kept and passed on, and the server needs no routes for it.
import { type Signal, signal } from '@preact/signals'

export type NetworkForm = 'table' | 'map' | 'decisions'

export type Route =
  | { view: 'rooms' }
  | { view: 'room'; room: string; guid?: string }
  | { view: 'log'; room: string }
  | { view: 'network'; form: NetworkForm }
  | { view: 'city'; id: string }
  | { view: 'alerts' }

/** What an address leads to; to the rooms when it is none of ours. */
function parseRoute(hash: string): Route {
  const [view = '', first = '', second = '', third = ''] = hash.replace(/^#\/?/, '').split('/').map(decoded)
  if (view === 'alerts') return { view }
  if (view === 'network') return networkRoute(first)
  if (first !== '' && view === 'log') return { view, room: first }
  if (first === '' || view !== 'rooms') return { view: 'rooms' }
  return second === 'posts' && third !== '' ? { view: 'room', room: first, guid: third } : { view: 'room', room: first }
}

function networkRoute(part: string): Route {
  if (part === '') return { view: 'network', form: 'table' }
  return part === 'map' || part === 'decisions' ? { view: 'network', form: part } : { view: 'city', id: part }
}

export function hrefOf(route: Route): string {
  switch (route.view) {
    case 'rooms':
      return '#/rooms'
    case 'room':
      return `#/rooms/${encodeURIComponent(route.room)}${route.guid === undefined ? '' : `/posts/${encodeURIComponent(route.guid)}`}`
    case 'log':
      return `#/log/${encodeURIComponent(route.room)}`
    case 'network':
      return route.form === 'table' ? '#/network' : `#/network/${route.form}`
    case 'city':
      return `#/network/${encodeURIComponent(route.id)}`
    case 'alerts':
      return '#/alerts'
  }
}

export function routeSignal(window: Window): Signal<Route> {
  const route = signal(parseRoute(window.location.hash))
  window.addEventListener('hashchange', () => {
    route.value = parseRoute(window.location.hash)
  })
  return route
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
