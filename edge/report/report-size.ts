// How much a report says: what of it must be told soon, and what is left out of one that is too long.
import { encodeFrame } from '#common/protocol/codec.ts'
import { reportBytesMax } from '#common/protocol/frames.ts'
import { airTold, linksTold, type ReportedSelf, roomsTold, type SpokeReport } from '#common/spoke-report.ts'

/** Of the duty cycle: little is left; nothing is. */
const budgetSteps = [0.9, 1]
const halvings = 6

/** As a frame. */
export function reportBytes(report: SpokeReport): number {
  return Buffer.byteLength(encodeFrame({ t: 'report', ...report }))
}

/** Changes when something has changed that people should not see a minute late. */
export function stateWorthSeeing({ radio, links, systemOffMs }: ReportedSelf): string {
  const used = radio?.budgetUsed ?? 0
  return JSON.stringify([
    radio?.state,
    budgetSteps.filter(step => used >= step).length,
    systemOffMs !== 0,
    links.map(({ id, state }) => [id, state]),
  ])
}

/** Without what is too much for a receiver: the oldest posts of consoles, and the last of the links. */
export function withinBytes(report: SpokeReport): SpokeReport {
  let fitting = cut(report, 1)
  for (let i = 1; i <= halvings && reportBytes(fitting) > reportBytesMax; i += 1) fitting = cut(report, 2 ** -i)
  return fitting
}

function cut({ rooms, self }: SpokeReport, share: number): SpokeReport {
  const airMax = Math.floor(airTold * share)
  const newest = rooms?.slice(0, roomsTold).map(room => ({ ...room, air: airMax === 0 ? [] : room.air.slice(-airMax) }))
  const links = self?.links.slice(0, Math.floor(linksTold * share))
  return { ...(newest && { rooms: newest }), ...(self && links && { self: { ...self, links } }) }
}
