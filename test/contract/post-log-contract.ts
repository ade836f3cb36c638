// What every PostLog promises, as tests: run over each implementation with `postLogContract(name, open)`.
import { describe } from 'node:test'
import type { OpenLog } from './log-under-test.ts'
import { lossTests, restartTests } from './post-log-healing.ts'
import { modelTests } from './post-log-model.ts'
import { forgetTests, readTests, sizeTests, startTests, subscribeTests, trimTests } from './post-log-reading.ts'
import { concurrencyTests, cursorTests, offsetTests, seenTests } from './post-log-storing.ts'

export type { LogUnderTest, OpenLog } from './log-under-test.ts'

/** Registers the whole suite with node:test. `open` gives a new, empty log each time. */
export function postLogContract(name: string, open: OpenLog): void {
  describe(`PostLog: ${name}`, () => {
    const suites = [offsetTests, seenTests, cursorTests, concurrencyTests, modelTests]
    const readers = [readTests, startTests, trimTests, sizeTests, forgetTests, subscribeTests, restartTests, lossTests]
    for (const register of [...suites, ...readers]) register(open)
  })
}
