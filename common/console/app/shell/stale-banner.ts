// Says that what is shown may be old, and since when; nothing while all is live.
import { h } from 'preact'
import { useStores } from '../stores.ts'

export function StaleBanner() {
  const { live } = useStores()
  const now = live.state.value
  return h(
    'div',
    { class: 'stale', role: 'status' },
    now.state === 'stale' &&
      h(
        'p',
        {},
        `Not live since ${new Date(now.since).toLocaleTimeString()}. Trying to reach the server; what is missed will be shown.`,
      ),
  )
}
