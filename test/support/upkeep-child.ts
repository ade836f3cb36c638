// An instance of its own process that begins the job "sweep" and never ends it; it is there to be killed. Argument: the URL of Redis.
import type { Job } from '#hub/upkeep/job.ts'
import { openUpkeep, shortLockMs } from './upkeep.ts'

const sweep: Job = {
  name: 'sweep',
  everyMs: 60_000,
  deadlineMs: 600_000,
  run: () => {
    process.stdout.write('begun\n')
    return new Promise(() => setInterval(() => {}, 1_000))
  },
}

await openUpkeep({ after: () => {} }, process.argv[2] ?? '', { jobs: [sweep], lockMs: shortLockMs })
