// Says that what is shown may be old, and since when, or that the page itself is; nothing while all is well.
import { h } from 'preact'
import { clockText } from '../rooms/feed-words.ts'
import { useStores } from '../stores.ts'

export function StaleBanner() {
  const { live, rooms, pageVersion } = useStores()
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
    pageVersion.isOld.value && h(OldPage, {}),
  )
}

function OldPage() {
  const { compose } = useStores()
  const fate = compose.isKept.value
    ? 'What you have written is kept.'
    : 'Copy first what you are writing: this browser keeps nothing.'
  return h(
    'p',
    {},
    `The server has another version of this page: parts of this one may fail. ${fate}`,
    h('button', { type: 'button', onClick: () => location.reload() }, 'Load it again'),
  )
}
