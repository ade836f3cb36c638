// Does the name of a hub or peer lead to addresses?
import { isIP } from 'node:net'
import { LateError } from './deadline.ts'
import type { Finding, Said } from './finding.ts'
import type { Target } from './targets.ts'

const askResolver = 'look at "nameserver" in /etc/resolv.conf, and whether this machine is online: ping -c 3 1.1.1.1'

/** `addresses` is empty when the name leads nowhere. */
export interface Named {
  addresses: string[]
  findings: Finding[]
}

/** `lookup` gives what the system makes of a name. */
export async function lookUp(
  { host, key }: Target,
  say: Said,
  lookup: (host: string) => Promise<string[]>,
): Promise<Named> {
  if (isIP(host) !== 0) return { addresses: [host], findings: [] }
  const startedAt = performance.now()
  try {
    const addresses = [...new Set(await lookup(host))]
    const ms = Math.max(1, Math.round(performance.now() - startedAt))
    return { addresses, findings: [say.ok(`the name "${host}" leads to ${addresses.join(', ')} (${ms} ms)`)] }
  } catch (error) {
    return { addresses: [], findings: [say.fault(...trouble(error, host, key))] }
  }
}

function trouble(error: unknown, host: string, key: string): [text: string, advice: string] {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (error instanceof LateError) return [`no DNS server says in time where "${host}" is`, askResolver]
  if (code === 'EAI_AGAIN') return [`no DNS server answers: where "${host}" is cannot be known`, askResolver]
  if (code === 'ENOTFOUND' || code === 'EAI_NONAME' || code === 'ENODATA')
    return [`there is no name "${host}"`, `look for a slip in ${key}; is it right, ask who runs that server`]
  return [`the name "${host}" cannot be looked up (${code || String(error)})`, askResolver]
}
