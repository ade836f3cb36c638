// How much of something is used: a bar, and the number beside it.
import { h } from 'preact'
import { scarceAir } from '#common/trouble-limits.ts'
import { percentWords } from '#common/words.ts'

/** `share` 0 to 1, and above. */
export function ShareBar({ share, isWarning = share >= scarceAir }: { share: number; isWarning?: boolean }) {
  return h(
    'span',
    { class: `share${isWarning ? ' full' : ''}` },
    h(
      'span',
      { class: 'share-bar', 'aria-hidden': true },
      h('span', { style: { width: `${Math.min(1, share) * 100}%` } }),
    ),
    percentWords(share),
  )
}
