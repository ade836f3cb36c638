// Does something listen where a hub or peer should be?
import { LateError } from './deadline.ts'
import type { Finding, Said } from './finding.ts'
import type { Target } from './targets.ts'

export interface Reached {
  isOpen: boolean
  findings: Finding[]
}

/** Tries all addresses at once. One that does not answer is no fault when another does: programs take the one that does. */
export async function reach(
  target: Target,
  say: Said,
  { addresses, connect }: { addresses: readonly string[]; connect: (address: string, port: number) => Promise<void> },
): Promise<Reached> {
  const { port } = target
  const tries = await Promise.allSettled(addresses.map(address => connect(address, port)))
  const failures = tries.flatMap((one, index) =>
    one.status === 'rejected' ? [{ where: `${addresses[index]} port ${port}`, error: one.reason as unknown }] : [],
  )
  if (failures.length < addresses.length) {
    const silent = failures.map(({ where, error }) => `; ${where}: ${words(error)}`).join('')
    return { isOpen: true, findings: [say.ok(`port ${port} can be reached${silent}`)] }
  }
  const text = failures.map(({ where, error }) => `${where}: ${words(error)}`).join('; ')
  return { isOpen: false, findings: [say.fault(text, adviceFor(failures[0]?.error, target))] }
}

function codeOf(error: unknown): string {
  if (error instanceof LateError) return 'ETIMEDOUT'
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}

function words(error: unknown): string {
  const code = codeOf(error)
  if (code === 'ECONNREFUSED') return 'nothing listens there'
  if (code === 'ETIMEDOUT') return 'no answer'
  if (code === 'ENETUNREACH') return 'this machine has no network that leads there'
  if (code === 'EHOSTUNREACH') return 'no way leads there'
  return `cannot be reached (${code})`
}

function adviceFor(error: unknown, { kind, port, key }: Target): string {
  const code = codeOf(error)
  const program = kind === 'hub' ? 'federation-hub' : 'meshcore-room'
  const status = kind === 'hub' ? 'systemctl status federation-hub' : 'systemctl status meshcore-room'
  if (code === 'ECONNREFUSED') {
    const needs = kind === 'hub' ? '' : ', and has it tls_cert'
    return `there: does ${program} run (${status})${needs}? Is port ${port} in ${key} right, and forwarded to that machine?`
  }
  if (code === 'ETIMEDOUT') {
    return `there: open the port (ufw allow ${port}/tcp) and forward it in the router to that machine; is ${key} right?`
  }
  return `is this machine online? Type: ip route; ping -c 3 1.1.1.1. If it is, look at ${key}`
}
