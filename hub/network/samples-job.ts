// Keeps every five minutes how the spokes are, and lets go of what is kept of spokes that are not known any more.
import { sampleMs } from '#common/network.ts'
import type { Notes } from '../store/notes.ts'
import type { Job } from '../upkeep/job.ts'
import type { NetworkPicture } from './network-picture.ts'
import { sampleKeys, writeSamples } from './samples.ts'
import type { SpokeReports } from './spoke-reports.ts'

export interface SamplesJobParts {
  picture: Pick<NetworkPicture, 'get'>
  reports: Pick<SpokeReports, 'strays' | 'forget'>
  /** Of samples alone. */
  samples: Notes
  /** Unix ms. */
  now: () => number
}

export function samplesJob({ picture, reports, samples, now }: SamplesJobParts): Job {
  return {
    name: 'samples',
    everyMs: sampleMs,
    deadlineMs: 60_000,
    run: async signal => {
      const { cities } = await picture.get()
      signal.throwIfAborted()
      const telling = cities.map(({ city }) => city).filter(({ reportedAt }) => reportedAt !== null)
      await writeSamples(samples, telling, now())
      signal.throwIfAborted()
      const strays = reports.strays(new Set(cities.map(({ city }) => city.id)))
      await samples.remove(...strays.flatMap(sampleKeys))
      await reports.forget(strays)
    },
  }
}
