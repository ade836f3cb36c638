// In the place of what could not be loaded: why, which after an upgrade of the server is the age of this page.
import { h } from 'preact'
import { useEffect } from 'preact/hooks'
import { useStores } from '../stores.ts'

export interface LoadFaultProps {
  /** Begins a sentence. */
  what: string
  fault: string
}

export function LoadFault({ what, fault }: LoadFaultProps) {
  const { pageVersion } = useStores()
  useEffect(() => void pageVersion.look(), [pageVersion])
  const why = pageVersion.isOld.value ? 'the server has another version of this page. Load it again.' : fault
  return h('p', { class: 'fault', role: 'alert' }, `${what} cannot be shown: ${why}`)
}
