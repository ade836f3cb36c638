// Says in time that the hub's own certificate ends, each step once, whichever instance looks; and that there is a new one.
import type { Alerts } from '#common/alerts/alerts.ts'
import type { CertificateFacts } from '#common/certificate-facts.ts'
import { endingLine, warningDue } from '#common/certificate-watch.ts'
import type { Notes } from '../store/notes.ts'
import type { Job } from './job.ts'

const noteKey = 'certificate'
const owner = {
  what: 'the certificate of this hub',
  advice: 'make a new one; edges that know this one by ca or pin must have the new one before it ends',
}

export interface CertificatesParts {
  certificate: CertificateFacts
  /** So long before the end the first alert is due; then 7 and 1 days before, and when it has ended. */
  firstDays: number
  notes: Notes
  alerts: Pick<Alerts, 'raise'>
  /** Unix ms. */
  now: () => number
}

export function certificatesJob({ certificate, firstDays, notes, alerts, now }: CertificatesParts): Job {
  return {
    name: 'certificates',
    everyMs: 3_600_000,
    deadlineMs: 60_000,
    run: async () => {
      const due = warningDue(certificate, now(), firstDays)
      const isOf = `${certificate.pin} ${certificate.validTo} `
      const said = await notes.get(noteKey)
      if (due === undefined) {
        if (said === undefined) return
        const text = `this hub has a new certificate, good until ${certificate.validTo.slice(0, 10)}`
        await alerts.raise({ kind: 'certificate-renewed', level: 'info', once: `certificate-renewed ${isOf}`, text })
        return notes.remove(noteKey)
      }
      if (said?.startsWith(isOf) && Number(said.slice(isOf.length)) <= due) return
      const text = endingLine(owner, certificate, now())
      await alerts.raise({ kind: 'certificate', once: `certificate ${isOf}${due}`, text })
      await notes.set(noteKey, isOf + due)
    },
  }
}
