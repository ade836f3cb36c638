// Takes what is shown out of the page: as a text, as CSV, or into the communications log ICS 309.
import { useSignal } from '@preact/signals'
import { h } from 'preact'
import { Menu } from '../shell/menu.ts'
import { hrefOf } from '../shell/router.ts'
import { useStores } from '../stores.ts'
import { exportCsv } from './export-csv.ts'
import { exportText } from './export-text.ts'
import { feedRows, lossesOf } from './feed-rows.ts'
import { stampText } from './feed-words.ts'
import { copyText, saveFile } from './hand-over.ts'
import { keepLogFilter } from './log-store.ts'
import { readAll } from './read-all.ts'
import type { RoomFeed } from './room-feed.ts'
import { isFiltered, isNarrowed } from './search.ts'

type Form = 'text' | 'csv' | 'copy'

export function ExportMenu({ open }: { open: RoomFeed }) {
  const stores = useStores()
  const busy = useSignal('')
  const run = async (form: Form) => {
    busy.value = 'Reading…'
    try {
      busy.value = await exported(form, {
        open,
        stores,
        onProgress: count => (busy.value = `${count.toLocaleString('en')} posts read…`),
      })
    } catch (error) {
      busy.value = error instanceof Error ? error.message : String(error)
    }
  }
  const what = open.isFiltered ? 'what was found' : 'this room'
  return h(
    Menu,
    { name: 'Export' },
    h('p', { class: 'help' }, `Of ${what}, at most the newest 10,000 posts.`),
    h('button', { type: 'button', class: 'quiet', onClick: () => void run('text') }, 'Text file'),
    h('button', { type: 'button', class: 'quiet', onClick: () => void run('csv') }, 'CSV for a spreadsheet'),
    h('button', { type: 'button', class: 'quiet', onClick: () => void run('copy') }, 'Copy as text'),
    h(
      'a',
      {
        ...{ class: 'button quiet', href: hrefOf({ view: 'log', room: open.room }) },
        onClick: () => keepLogFilter(stores.storage, open.room, open.filter.value),
      },
      'Log ICS 309: print or PDF',
    ),
    h('p', { class: 'help', role: 'status' }, busy.value),
  )
}

interface ExportOptions {
  open: RoomFeed
  stores: ReturnType<typeof useStores>
  onProgress: (posts: number) => void
}

/** In words, what came of it. */
async function exported(form: Form, { open, stores, onProgress }: ExportOptions): Promise<string> {
  const { api, rooms, network, alerts } = stores
  const { room } = open
  const filter = open.filter.value
  const feed = await readAll({ api, room, filter, signal: AbortSignal.timeout(120_000), onProgress })
  const zone = rooms.prefs.zone.value
  const now = network.now()
  const cityOf = (id: string) => network.nameOf(id)
  const name = `${room} ${stampText(now, zone).slice(0, 16).replace(':', '')}`
  const losses = isNarrowed(filter) ? [] : lossesOf(alerts.list.value, room)
  const rows = feedRows(feed, { zone, seenTo: null, isDense: !isFiltered(filter), losses })
  if (form === 'csv') saveFile(`${name}.csv`, 'text/csv', exportCsv(rows, { room, cityOf }))
  else {
    const server = network.server.value?.name ?? location.host
    const text = exportText(rows, { room, server, zone, now, cityOf })
    if (form === 'text') saveFile(`${name}.txt`, 'text/plain', text)
    else if (!(await copyText(text))) return 'The browser did not let it be copied.'
  }
  return `${feed.posts.length.toLocaleString('en')} ${feed.posts.length === 1 ? 'post' : 'posts'} ${form === 'copy' ? 'copied' : 'saved'}.`
}
