// Reports of this edge to its hub, put together: over which link they go, and what makes them be said soon.
import type { EdgeParts } from '../edge-parts.ts'
import type { EdgeLinks } from '../links/edge-links.ts'
import type { OnAir } from '../on-air.ts'
import { ReportSender, type ReportSource } from './report-sender.ts'

export interface ReportParts {
  parts: EdgeParts
  onAir: OnAir | undefined
  /** Undefined without a federation: then nobody is told. */
  links: EdgeLinks | undefined
  source: ReportSource
}

/** Reports from now on, until the returned function is called. */
export function startReports({ parts, onAir, links, source }: ReportParts): () => void {
  if (links === undefined) return () => {}
  const { log } = parts
  const sender = new ReportSender({ source, link: () => links.hub(), ticks: () => performance.now(), log })
  const ring = () => sender.ring()
  const unsubscribe = [
    ...parts.logs.map(postLog => postLog.subscribe(ring)),
    ...[...parts.settings.values()].map(settings => settings.subscribe(ring)),
  ]
  for (const { room } of parts.logs) onAir?.consolePosts(room)?.subscribe(ring)
  sender.start()
  return () => {
    sender.stop()
    for (const end of unsubscribe) end()
  }
}
