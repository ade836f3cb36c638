// The communications log of a room (form ICS 309), for the screen, the printer and PDF.
import { h } from 'preact'
import type { Session } from '#common/network.ts'

export function LogView({ room }: { room: string; session: Session }) {
  return h('section', {}, h('h1', {}, `Communications log of ${room}`))
}
