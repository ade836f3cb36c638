// What all views share. Each store is made in main.ts and knows the browser only by what it is given there.
import type { Signal } from '@preact/signals'
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Alerts } from './alerts/alerts.ts'
import type { Compose } from './compose/compose.ts'
import type { History } from './network/history.ts'
import type { Network } from './network/network.ts'
import type { Rooms } from './rooms/rooms.ts'
import type { Api } from './server/api.ts'
import type { LiveSocket } from './server/live-socket.ts'
import type { PageVersion } from './server/page-version.ts'
import type { Route } from './shell/router.ts'
import type { SessionKeeper } from './shell/session-keeper.ts'

export interface Stores {
  api: Api
  live: LiveSocket
  pageVersion: PageVersion
  session: SessionKeeper
  network: Network
  history: History
  rooms: Rooms
  alerts: Alerts
  compose: Compose
  route: Signal<Route>
  storage: Storage
}

export const StoresContext = createContext<Stores | undefined>(undefined)

/** @throws Error outside of the App */
export function useStores(): Stores {
  const stores = useContext(StoresContext)
  if (stores === undefined) throw new Error('a view outside of the app')
  return stores
}
