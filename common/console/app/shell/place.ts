// Where one is: told by the page's title, and by the focus, which goes to a view that was opened and stays where a button has gone.
import { effect } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { Session } from '#common/network.ts'
import { roomTitle } from '../rooms/room-title.ts'
import { type Stores, useStores } from '../stores.ts'
import type { NetworkForm, Route } from './router.ts'

const appTitle = 'Net control'
const formTitles: Readonly<Record<NetworkForm, string>> = { table: 'Network', map: 'Map', decisions: 'Decisions' }

/** `isFresh`: somebody has just signed in. */
export function usePlace({ server }: Session, isFresh: boolean): void {
  const stores = useStores()
  useEffect(() => {
    const end = effect(() => {
      document.title = `${newsMark(stores)}${titleOf(stores.route.value, stores)} – ${server.name}`
    })
    return () => {
      end()
      document.title = appTitle
    }
  }, [stores, server.name])
  const isLoad = useRef(!isFresh)
  useEffect(() => {
    if (!isLoad.current && document.activeElement?.closest('#main') === null) focusView()
    isLoad.current = false
  }, [viewOf(stores.route.value)])
}

interface News {
  alerts: Pick<Stores['alerts'], 'count'>
  rooms: Pick<Stores['rooms'], 'unread'>
}

/** Of a tab among others only the begin of its title is seen: how many alerts are new, else whether posts are. */
export function newsMark({ alerts, rooms }: News): string {
  const count = alerts.count.value
  if (count > 0) return `(${count}) `
  return [...rooms.unread.value.values()].some(unread => unread > 0) ? '• ' : ''
}

type Known = Pick<Stores, 'rooms' | 'network'>

function titleOf(route: Route, { rooms, network }: Known): string {
  const nameOf = (id: string) =>
    roomTitle(rooms.heads.value.find(({ room }) => room === id) ?? { room: id }, network.server.value?.name)
  switch (route.view) {
    case 'room':
      return nameOf(route.room)
    case 'log':
      return `Log of ${nameOf(route.room)}`
    case 'network':
      return formTitles[route.form]
    case 'city':
      return network.nameOf(route.id)
    default:
      return route.view === 'rooms' ? 'Rooms' : 'Alerts'
  }
}

/** The same for addresses between which a view stays as it is. */
function viewOf(route: Route): string {
  return [route.view, 'room' in route && route.room, 'id' in route && route.id].join(' ')
}

/** Beside a room that is opened by itself the title of their list goes. */
function focusView(): void {
  const main = document.getElementById('main')
  const title = main?.querySelector<HTMLElement>(':not(.rooms-side) > h1')
  title?.setAttribute('tabindex', '-1')
  ;(title ?? main)?.focus({ preventScroll: true })
}

/** For clicks, before they are heard. Where the button has gone with what it was for, the focus is at the next one. */
export function keepFocus({ target }: Event): void {
  const button = target instanceof Element ? target.closest('button') : null
  const others = [...(button?.closest('ul, section')?.querySelectorAll('button') ?? [])]
  const place = button === null ? 0 : others.indexOf(button)
  setTimeout(() => {
    if (button?.isConnected !== false || document.activeElement !== document.body) return
    const next = [...others.slice(place), ...others.slice(0, place).reverse()].find(other => other.isConnected)
    if (next === undefined) focusView()
    else next.focus()
  })
}
