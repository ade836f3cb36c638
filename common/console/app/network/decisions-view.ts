// The audit trail: who has decided what about cities, the newest first.
import { h } from 'preact'
import { useStores } from '../stores.ts'
import { AuditList, useAudit } from './audit.ts'

export function DecisionsView() {
  const { api } = useStores()
  const audit = useAudit(api)
  return h('div', { class: 'decisions' }, h(AuditList, { audit, isOfOne: false }))
}
