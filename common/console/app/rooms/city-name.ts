// A city beside a post: its name, and a spot of a colour that is always the same for it.
import { h } from 'preact'
import { useStores } from '../stores.ts'

const hues = 8

export function CityName({ id }: { id: string }) {
  const { network } = useStores()
  return h(
    'span',
    { class: 'city-name', title: id },
    h('span', { class: `spot hue-${hueOf(id)}`, 'aria-hidden': true }),
    h('bdi', {}, network.nameOf(id)),
  )
}

function hueOf(id: string): number {
  let sum = 0
  for (const character of id) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 65_521
  return sum % hues
}
