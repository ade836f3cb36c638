// What an alert is called, and what sign it has: nothing is told by its colour alone.
import type { Alert } from '#common/alerts/alerts.ts'
import { endedBy, endOf } from '#common/alerts/kinds.ts'

const words: Readonly<Record<string, string>> = {
  'spoke-silent': 'City silent',
  'spoke-back': 'City back',
  'link-lost': 'Link lost',
  'link-back': 'Link back',
  backlog: 'Posts wait',
  'backlog-over': 'Caught up',
  'duty-cycle': 'Air used up',
  'duty-cycle-over': 'Air again',
  'clock-wrong': 'Clock wrong',
  'clock-right': 'Clock right',
  'radio-gone': 'Radio gone',
  'radio-back': 'Radio back',
  certificate: 'Certificate',
  'certificate-renewed': 'Certificate new',
  clone: 'Identity copied',
  'clone-over': 'No copy now',
  'asks-to-join': 'Asks to join',
  'none-asks': 'None asks',
  gap: 'Posts lost',
  'wan-cap': 'Line quota',
}

/** Two words at most; of a kind that this page does not know, its name. */
export function kindWords(kind: string): string {
  return words[kind] ?? kind.replaceAll('-', ' ')
}

/** It does not ring, nor ask to be acknowledged: good news, and what can wait. Alerts of an older version do not say. */
export function isQuiet({ kind, level }: Pick<Alert, 'kind' | 'level'>): boolean {
  return level === undefined ? endedBy(kind) !== undefined : level === 'info'
}

/** The texts of alerts begin small: they are lines of a log, too. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

export function signOf(alert: Pick<Alert, 'kind' | 'level'>): { sign: string; word: string; look: string } {
  if (!isQuiet(alert)) return { sign: '▲', word: 'Warning', look: 'warn' }
  // What has an end and is no warning can wait.
  return Object.hasOwn(endOf, alert.kind)
    ? { sign: '?', word: 'To do', look: 'to-do' }
    : { sign: '✓', word: 'Good news', look: 'good' }
}
