// The pushes that a text becomes on the air of other cities, each as nodes will read it.
import { h } from 'preact'
import { type Push, pushBytesMax } from './preview.ts'

export function PushList({ pushes }: { pushes: readonly Push[] }) {
  const isOne = pushes.length === 1
  return h(
    'details',
    { class: 'pushes', open: !matchMedia('(max-width: 600px)').matches },
    h('summary', {}, isOne ? 'On the air in other cities' : `On the air in other cities: in ${pushes.length} parts`),
    h(
      'ol',
      { tabIndex: 0, 'aria-label': 'Radio pushes' },
      pushes.map(({ head, text, mark, bytes }, i) =>
        h(
          'li',
          { key: i },
          h('span', { class: 'words' }, h('b', {}, head), text, h('b', {}, mark)),
          ' ',
          h('span', { class: 'bytes' }, `${bytes}/${pushBytesMax}`, h('span', { class: 'hidden-visually' }, ' bytes')),
        ),
      ),
    ),
  )
}
