// The program's log: plain `[LEVEL] text (key=value)` lines for people and grep, JSON with LOG_FORMAT=json.
import pino from 'pino'

export type Log = pino.Logger

/** `facts`: what the text says already, for programs that read the JSON. */
const hidden = new Set(['level', 'time', 'msg', 'pid', 'hostname', 'facts'])

export interface LogOptions {
  json: boolean
  /** pino's level names; default info. */
  level?: string
  /** Where lines go; default standard output. */
  write?: (line: string) => void
}

export function createLog({ json, level = 'info', write = line => process.stdout.write(line) }: LogOptions): Log {
  const options = { level, base: null, formatters: { level: (label: string) => ({ level: label }) } }
  return pino(options, { write: line => write(json ? line : plainLine(line)) })
}

/** pino's JSON line as plain text. systemd and Docker add the time; secrets and texts of posts are never logged. */
function plainLine(line: string): string {
  const record: Record<string, unknown> = JSON.parse(line)
  const fields = Object.entries(record)
    .filter(([key]) => !hidden.has(key))
    .map(([key, value]) => `${key}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
  const details = fields.length > 0 ? ` (${fields.join(' ')})` : ''
  return `[${String(record.level).toUpperCase()}] ${oneLine(`${String(record.msg)}${details}`)}\n`
}

/** Names that others made up must neither write lines of this log nor steer the terminal it is read on, nor turn words around. */
export function oneLine(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
