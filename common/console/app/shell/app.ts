// The whole of the console: who is not signed in signs in; who is sees a view below the header.
import { h } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Session } from '#common/network.ts'
import { AlertBar } from '../alerts/alert-bar.ts'
import { AlertsView } from '../alerts/alerts-view.ts'
import { OutboxBanner } from '../compose/outbox-banner.ts'
import { CityView } from '../network/city-view.ts'
import { NetworkView } from '../network/network-view.ts'
import { LogView } from '../rooms/log-view.ts'
import { RoomView } from '../rooms/room-view.ts'
import { RoomsView } from '../rooms/rooms-view.ts'
import { useStores } from '../stores.ts'
import { Header } from './header.ts'
import { keepFocus, usePlace } from './place.ts'
import type { Route } from './router.ts'
import { SignIn } from './sign-in.ts'
import { StaleBanner } from './stale-banner.ts'

export function App() {
  const { session } = useStores()
  const now = session.state.value
  const wasOut = useRef(false)
  wasOut.current ||= now.state === 'out'
  if (now.state === 'unknown')
    return h('main', { class: 'sign-in' }, h('p', { role: 'status' }, now.fault ?? 'Loading…'))
  return now.state === 'out'
    ? h(SignIn, { isSurprise: now.isSurprise })
    : h(SignedIn, { session: now.session, isFresh: wasOut.current })
}

function SignedIn({ session, isFresh }: { session: Session; isFresh: boolean }) {
  const { rooms, network, alerts, compose, route } = useStores()
  usePlace(session, isFresh)
  useEffect(() => {
    const ends = [rooms.start(), network.start(), alerts.start()]
    if (session.role !== 'viewer') ends.push(compose.start())
    return () => {
      for (const end of ends) end()
    }
  }, [rooms, network, alerts, compose, session.role])
  return h(
    'div',
    { class: 'app', onClickCapture: keepFocus },
    h('a', { class: 'skip', href: '#main', onClick: skipToMain }, 'Skip to content'),
    h(Header, { session }),
    h(StaleBanner, {}),
    h(OutboxBanner, {}),
    h(AlertBar, {}),
    h('main', { id: 'main', tabIndex: -1 }, viewOf(route.value, session)),
  )
}

/** The address says what is shown: it must stay. */
function skipToMain(event: Event): void {
  event.preventDefault()
  document.getElementById('main')?.focus()
}

function viewOf(route: Route, session: Session) {
  switch (route.view) {
    case 'rooms':
      return h(RoomsView, {})
    case 'room':
      return h(RoomView, { key: route.room, session, room: route.room, guid: route.guid })
    case 'log':
      return h(LogView, { room: route.room })
    case 'network':
      return h(NetworkView, { form: route.form })
    case 'city':
      return h(CityView, { key: route.id, id: route.id, session })
    case 'alerts':
      return h(AlertsView, {})
  }
}
