// Entries of the audit trail, read from the hub and listed.
import { h } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { AuditEntry } from '#common/audit-entry.ts'
import { stampText } from '../rooms/feed-words.ts'
import type { Api } from '../server/api.ts'
import { hrefOf } from '../shell/router.ts'
import { useStores } from '../stores.ts'

export type AuditState = { entries: readonly AuditEntry[] | undefined; fault: string }

const entriesMax = 1000
const actionWords: Readonly<Record<string, string>> = {
  ...{ approve: 'approved', revoke: 'revoked', grant: 'changed the rights of', forget: 'forgot' },
  ...{ 'token-create': 'made the token', 'token-revoke': 'revoked the token' },
}

/** The newest first; read anew when `version` is another. */
export function useAudit(api: Api, version = 0): AuditState {
  const [state, setState] = useState<AuditState>({ entries: undefined, fault: '' })
  useEffect(() => {
    const leaving = new AbortController()
    api
      .ask<{ entries: AuditEntry[] }>(`/api/v1/audit?limit=${entriesMax}`, { signal: leaving.signal })
      .then(({ entries }) => setState({ entries: entries.toReversed(), fault: '' }))
      .catch((error: Error) => leaving.signal.aborted || setState({ entries: [], fault: error.message }))
    return () => leaving.abort()
  }, [api, version])
  return state
}

/** `isOfOne`: of one city, so its name need not be said. */
export function AuditList({ audit: { entries, fault }, isOfOne }: { audit: AuditState; isOfOne: boolean }) {
  if (fault !== '') return h('p', { class: 'fault', role: 'alert' }, fault)
  if (entries === undefined) return h('p', { class: 'help' }, 'Loading…')
  if (entries.length === 0) return h('p', { class: 'help' }, 'Nothing was decided yet.')
  return h(
    'ol',
    { class: 'audit' },
    entries.map((entry, index) => h('li', { key: `${entry.at} ${index}` }, h(AuditLine, { entry, isOfOne }))),
  )
}

function AuditLine({ entry, isOfOne }: { entry: AuditEntry; isOfOne: boolean }) {
  const { at, who, action, spoke, name, room, detail } = entry
  const zone = useStores().rooms.prefs.zone.value
  const what = name || spoke?.slice(0, 8) || ''
  const about = spoke === undefined ? what : h('a', { href: hrefOf({ view: 'city', id: spoke }) }, what)
  return [
    h('time', { dateTime: new Date(at).toISOString() }, stampText(at, zone)),
    h(
      'span',
      {},
      ...[h('b', {}, who.replace(/^(token|cli):/, '')), ' ', actionWords[action] ?? action, ' '],
      ...(isOfOne ? [] : [about]),
      ...[
        room === undefined ? '' : ` in room ${room}`,
        detail === undefined ? '' : spoke === undefined ? detail : `: ${detail}`,
      ],
    ),
  ]
}
