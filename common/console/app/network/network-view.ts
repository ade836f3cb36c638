// All cities as a table or on a map.
import { h } from 'preact'
import { useStores } from '../stores.ts'

export function NetworkView({ form }: { form: 'table' | 'map' }) {
  const { network } = useStores()
  return h(
    'section',
    {},
    h('h1', {}, 'Network'),
    h('p', {}, form),
    h(
      'ul',
      {},
      network.cities.value.map(city => h('li', { key: city.id }, city.name)),
    ),
  )
}
