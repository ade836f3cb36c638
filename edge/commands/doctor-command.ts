// `meshcore-room doctor`: what is wrong, in plain words, and what to do; for people who have not slept.
import { readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { type EdgeConf, readEdgeConf } from '#common/config/edge-conf.ts'
import { ConfigError } from '#common/errors.ts'
import { exitCodes, refuseWords } from '#common/program.ts'
import { releasedAt } from '#common/version.ts'
import { clockFindings } from '../doctor/clock-check.ts'
import { configFaults, type Reader } from '../doctor/config-check.ts'
import { examine } from '../doctor/doctor.ts'
import { describe, type Finding } from '../doctor/finding.ts'

/** However much is silent. */
const wholeMs = 20_000

export interface DoctorIo {
  confPath: string
  words: readonly string[]
  print: (text: string) => void
}

/** 0 when nothing is broken, 1 when something is, 78 when that is the config. */
export async function doctorCommand({ confPath, words, print }: DoctorIo): Promise<number> {
  const options = ['--json', '--deep']
  refuseWords(
    'doctor',
    words.filter(word => !options.includes(word)),
  )
  const { findings, isConfigFit } = await look(confPath, words.includes('--deep'))
  const isOk = findings.every(({ level }) => level !== 'fault')
  print(words.includes('--json') ? `${JSON.stringify({ ok: isOk, findings }, null, 2)}\n` : describe(findings))
  if (!isConfigFit) return exitCodes.config
  return isOk ? exitCodes.ok : exitCodes.failed
}

async function look(confPath: string, deep: boolean): Promise<{ findings: Finding[]; isConfigFit: boolean }> {
  try {
    const conf = readEdgeConf(confPath)
    const signal = AbortSignal.timeout(wholeMs)
    return { findings: await examine(conf, { reader: readerOf(conf), deep, signal }), isConfigFit: true }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const clock = clockFindings({ now: Date.now(), releasedAt, systemOffMs: undefined, others: [] })
    return { findings: [...configFaults(error), ...clock], isConfigFit: false }
  }
}

function readerOf({ storagePath }: EdgeConf): Reader {
  const uid = process.getuid?.() ?? -1
  const owner = statSync(dirname(storagePath), { throwIfNoEntry: false })?.uid ?? 0
  return { user: nameOf(uid), isRoot: uid === 0, service: owner === 0 ? undefined : nameOf(owner) }
}

/** The name of a user, or the number where it has none. */
function nameOf(uid: number): string {
  const line = readUsers().find(fields => fields[2] === String(uid))
  return line?.[0] ?? String(uid)
}

function readUsers(): string[][] {
  try {
    return readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map(line => line.split(':'))
  } catch {
    return []
  }
}
