// The log lines that programs of the demo write from a moment on: to wait for them, and to show them.
import type { Server } from './federation.ts'
import { quote } from './screen.ts'
import { until } from './until.ts'

/** A city without a hub. */
export const takeover = /links to peers carry the posts/
/** The hub serves it again. */
export const handback = /links to peers stand by/

export interface WantedLines {
  pattern: RegExp
  /** Fewer are waited for. */
  count: number
  signal: AbortSignal
}

export interface LogWatch {
  /** Resolves when so many such lines are there. */
  seen: (wanted: WantedLines) => Promise<void>
  /** Waits for so many, and shows all such lines that are there then. */
  show: (wanted: WantedLines) => Promise<void>
}

/** Watches what these servers log from now on. */
export function linesFromNow(servers: readonly Server[]): LogWatch {
  const marks = servers.map(({ name, program }) => ({ name, program, count: program.lineCount }))
  const find = (pattern: RegExp) =>
    marks.flatMap(({ name, program, count }) =>
      program.linesSince(count).flatMap(line => (pattern.test(line) ? [{ name, line }] : [])),
    )
  const seen = async ({ pattern, count, signal }: WantedLines) => {
    await until(() => find(pattern).length >= count, { what: `${count} log lines like ${pattern}`, signal })
  }
  return {
    seen,
    show: async wanted => {
      await seen(wanted)
      for (const { name, line } of find(wanted.pattern)) quote(name, line)
    },
  }
}
