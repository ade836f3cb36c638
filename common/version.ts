// What this program calls itself.
import { readFileSync } from 'node:fs'

const manifest: { version: string } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

export const version = manifest.version

/** Unix ms that have surely passed wherever this release runs: the floor for a clock that woke up in 1970. */
export const releasedAt = Date.UTC(2026, 10, 1)
