// The log in memory keeps the promises of every log.
import { MemoryLog } from '#test/support/memory-log.ts'
import { type LogUnderTest, postLogContract } from './post-log-contract.ts'

async function open(): Promise<LogUnderTest> {
  const log = new MemoryLog('frontrange', { retentionDays: 7 })
  return {
    log,
    retentionDays: 7,
    close: async () => {},
    restart: async () => log,
    crash: async () => {
      log.restore(log.snapshot())
      return log
    },
    wipe: async () => {
      log.wipe()
      return log
    },
    snapshot: async () => {
      const copy = log.snapshot()
      return async () => {
        log.restore(copy)
        return log
      }
    },
  }
}

postLogContract('in memory', open)
