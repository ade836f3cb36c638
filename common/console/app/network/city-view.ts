// One city: everything that is known of it, and what an admin may decide.
import { h } from 'preact'
import type { Session } from '#common/network.ts'
import { useStores } from '../stores.ts'

export function CityView({ id }: { id: string; session: Session }) {
  const { network } = useStores()
  return h('section', {}, h('h1', {}, network.nameOf(id)))
}
