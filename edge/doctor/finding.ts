// What a check of the doctor says: one line, and what to do where something is wrong.
import { oneLine } from '#common/log.ts'

/** `warn`: it works, and will not for long or not as it should. `fault`: something does not work. */
export type Level = 'ok' | 'warn' | 'fault'

export interface Finding {
  level: Level
  /** What was looked at: `config`, `clock`, `hub`, …; for programs. */
  check: string
  text: string
  /** What to do; with the command to type where there is one. */
  advice?: string
}

/** Findings of one check, which all begin with the same words. */
export interface Said {
  ok(text: string): Finding
  warn(text: string, advice?: string): Finding
  fault(text: string, advice?: string): Finding
}

const labels: Readonly<Record<Level, string>> = { ok: 'ok', warn: 'warn', fault: 'FAULT' }

/** `begin` stands before every text, like `hub "hub.example.com:8443": `. */
export function sayer(check: string, begin: string): Said {
  const say = (level: Level) => (text: string, advice?: string) => ({
    level,
    check,
    text: `${begin}${text}`,
    ...(advice !== undefined && { advice }),
  })
  return { ok: say('ok'), warn: say('warn'), fault: say('fault') }
}

/** One line for each, the advice below it, and a sentence at the end. */
export function describe(findings: readonly Finding[]): string {
  const lines = findings.flatMap(({ level, text, advice }) => [
    `${labels[level].padEnd(6)}${oneLine(text)}`,
    ...(advice === undefined ? [] : [`      do: ${oneLine(advice)}`]),
  ])
  return `${[...lines, '', verdict(findings)].join('\n')}\n`
}

function verdict(findings: readonly Finding[]): string {
  const count = (level: Level) => findings.filter(finding => finding.level === level).length
  const [faults, warnings] = [count('fault'), count('warn')]
  const of = (number: number, word: string) => `${number} ${word}${number === 1 ? '' : 's'}`
  if (faults > 0) {
    const rest = warnings === 0 ? '' : ` and ${of(warnings, 'warning')}`
    const order = faults === 1 ? '' : ' Begin with the first FAULT: those below it often come from it.'
    return `${of(faults, 'fault')}${rest}.${order}`
  }
  return warnings === 0 ? 'All is well.' : `Nothing is broken; ${of(warnings, 'warning')} to look at.`
}
