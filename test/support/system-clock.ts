// A system clock that says another time, for a program as a whole.
import assert from 'node:assert/strict'
import { globSync } from 'node:fs'

/** The environment of a program whose system clock begins at `time`, as "1970-01-01 00:01:00". */
export function clockAt(time: string): Record<string, string> {
  const [library] = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1')
  assert.ok(library, 'libfaketime is missing: apt-get install faketime')
  // Timers run by the monotonic clock, which is right on such a machine; the option has had two names.
  return { LD_PRELOAD: library, FAKETIME: `@${time}`, DONT_FAKE_MONOTONIC: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' }
}
