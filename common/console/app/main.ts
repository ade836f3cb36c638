// The console's entry in the browser: builds its parts from what a browser has, and draws.
import { h, render } from 'preact'
import { Alerts } from './alerts/alerts.ts'
import { ringerOf } from './alerts/browser-ringer.ts'
import { Compose } from './compose/compose.ts'
import type { ServerName } from './compose/own-post.ts'
import { History } from './network/history.ts'
import { Network } from './network/network.ts'
import { styleUrl } from './network/packed.ts'
import { Rooms } from './rooms/rooms.ts'
import { Api } from './server/api.ts'
import { LiveSocket } from './server/live-socket.ts'
import { PageVersion } from './server/page-version.ts'
import { App } from './shell/app.ts'
import { browserStorage } from './shell/browser-storage.ts'
import { forgetReadings, leftKey } from './shell/leave.ts'
import { isAnotherServer } from './shell/other-server.ts'
import { routeSignal } from './shell/router.ts'
import { SessionKeeper } from './shell/session-keeper.ts'
import { startTheme } from './shell/theme-button.ts'
import { StoresContext } from './stores.ts'

const { protocol, host } = location
const { storage, isKept } = browserStorage(() => localStorage)
const isHidden = () => document.hidden
const api = new Api({ fetch: (url, init) => fetch(url, init), base: location.origin })
const live = new LiveSocket({
  open: path => new WebSocket(`${protocol === 'https:' ? 'wss' : 'ws'}://${host}${path}`),
  now: () => Date.now(),
  random: () => Math.random(),
})
const pageVersion = new PageVersion({ fetch: (url, init) => fetch(url, init), file: styleUrl })
/** In ms; nobody sets it. */
const ticks = () => performance.now()
const network = new Network({ api, clock: Date.now, ticks })
const history = new History({ api, now: ticks, later: (job, ms) => setTimeout(job, ms) })
const rooms = new Rooms({ api, live, storage })
const compose = new Compose({ api, items: isKept ? storage : undefined, server: pageServer })
const session = new SessionKeeper(api, {
  mayEnter: ({ server }) => {
    const isOther = isAnotherServer(storage, server)
    if (isOther) location.reload()
    return !isOther
  },
  left: () => {
    forgetReadings(storage, Date.now())
    beginAnew()
  },
})
const ringer = ringerOf(window, storage)
const isOwn = compose.isOwn
const alerts = new Alerts({ api, live, network, storage, ringer, isOwn, isHidden, now: network.now })
const stores = {
  api,
  live,
  pageVersion,
  session,
  network,
  history,
  rooms,
  alerts,
  compose,
  route: routeSignal(window),
  storage,
}

/** The one that is signed in to. */
function pageServer(): ServerName | undefined {
  const now = session.state.value
  if (now.state !== 'in') return undefined
  const { id, name } = now.session.server
  return { id, name }
}

/** After a sign-out, of this tab or another, or at another server: the memory of the page forgets with it, unless a post that waits is nowhere else. */
function beginAnew(): void {
  if (compose.outbox.unsent === 0 || compose.outbox.isKept) location.reload()
}

// A laptop that slept, or whose network came back, looks at once.
for (const name of ['online', 'pageshow']) window.addEventListener(name, () => live.lookNow())
document.addEventListener('visibilitychange', () => document.hidden || live.lookNow())

// What was written here is sent by one tab, kept for all, and not lost without a word.
window.addEventListener('storage', ({ storageArea, key, newValue }) => {
  if (storageArea !== storage) return
  if (key === leftKey) return beginAnew()
  compose.outbox.heard(key, newValue)
  alerts.changed(key)
})
window.addEventListener('online', () => compose.outbox.hurry())
window.addEventListener('beforeunload', event => {
  if (compose.outbox.unsent > 0 && !compose.outbox.isKept) event.preventDefault()
})
live.state.subscribe(({ state }) => {
  if (state !== 'live') return
  compose.outbox.hurry()
  // The server may have been upgraded meanwhile.
  void pageVersion.look()
})

// Behind the address is another server all of a sudden: the page is of the one before.
network.server.subscribe(server => {
  const now = session.state.value
  if (server !== undefined && now.state === 'in' && server.id !== now.session.server.id) beginAnew()
})

startTheme(storage)
const root = document.getElementById('app')
root?.replaceChildren()
if (root !== null) render(h(StoresContext.Provider, { value: stores }, h(App, {})), root)
void session.load()
