// A city beside a post: its name, and a spot of a colour and a shape that are always the same for it.
import { h } from 'preact'
import { useStores } from '../stores.ts'

const [hues, shapes] = [8, 3]

export function CityName({ id }: { id: string }) {
  const { network } = useStores()
  return h(
    'span',
    { class: 'city-name', title: id },
    h('span', { class: `spot ${spotOf(id)}`, 'aria-hidden': true }),
    h('bdi', {}, network.nameOf(id)),
  )
}

/** Class names. */
export function spotOf(id: string): string {
  let sum = 0
  for (const character of id) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 65_521
  return `hue-${sum % hues} shape-${Math.floor(sum / hues) % shapes}`
}
