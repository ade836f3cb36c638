// Says that what is shown may be old, and since when; nothing while all is live.
import { h } from 'preact'
import { clockText } from '../rooms/feed-words.ts'
import { useStores } from '../stores.ts'

export function StaleBanner() {
  const { live, rooms } = useStores()
  const now = live.state.value
  return h(
    'div',
    { class: 'stale', role: 'status' },
    now.state === 'stale' &&
      h(
        'p',
        {},
        `Not live since ${clockText(now.since, rooms.prefs.zone.value)}. Trying to reach the server; what is missed will be shown.`,
      ),
  )
}
