// Why a hub or peer that can be reached is not linked with, in plain words, and what to do about it.
import { LinkError } from '#common/errors.ts'
import { closeCodes } from '#common/protocol/close-codes.ts'
import { LateError } from './deadline.ts'
import type { Target } from './targets.ts'

type Trouble = [text: string, advice: string]

/** Tried in turn; `pattern` fits the reason of a LinkError. */
interface Rule {
  pattern: RegExp
  trouble: (target: Target, reason: string) => Trouble
}

const rules: readonly Rule[] = [
  {
    pattern: /^wrong federation secret/,
    trouble: () => [
      'the federation secret there is another one',
      'write the same federation_secret in both configs, and restart the program whose config was changed',
    ],
  },
  {
    pattern: /^no version of the protocol in common/,
    trouble: (_, reason) => [reason.replace(/; upgrade ".*/, ''), `upgrade ${/(?<=; upgrade )".*/s.exec(reason)?.[0]}`],
  },
  {
    pattern: /^certificate has pin (\S+),/,
    trouble: (target, reason) => [
      `its certificate is another one than the pin says: ${/sha256\/\S+?(?=,)/.exec(reason)?.[0]}`,
      `ask who runs it whether the certificate is new; only then write that pin beside the ${target.key}`,
    ],
  },
  {
    pattern: /certificate refused: CERT_HAS_EXPIRED/,
    trouble: () => ['its certificate has ended', 'there: make a new one and restart; here: is the clock right?'],
  },
  {
    pattern: /certificate refused: CERT_NOT_YET_VALID/,
    trouble: () => ['its certificate is not yet valid', 'look at the clock of this machine: timedatectl'],
  },
  {
    pattern: /certificate refused: .*(SELF_SIGNED|UNABLE_TO|CERT_UNTRUSTED|CERT_SIGNATURE)/,
    trouble: ({ ca }) =>
      ca === undefined
        ? [
            'its certificate is of no authority that this machine trusts',
            'copy its certificate here and name the file: ca = "/etc/meshcore/tls/hub.crt"',
          ]
        : [
            'its certificate does not come from the one in ca',
            'copy its certificate here again, into the file that ca names',
          ],
  },
  {
    pattern: /certificate refused: it is made for ".*", not for/,
    trouble: ({ host, key }, reason) => [
      `its certificate is not made for "${host}", but for ${/(?<=made for )".*"(?=, not for)/.exec(reason)?.[0]}`,
      `write the name that its certificate has in ${key}, or make one for "${host}" there`,
    ],
  },
  {
    pattern: /certificate refused: (.*); set ca or pin/,
    trouble: (_, reason) => [reason.replace(/; set ca or pin.*/, ''), 'set ca or pin in [[federation.hubs]]'],
  },
  {
    pattern: /^TLS ends before the other program/,
    trouble: ({ kind }) =>
      kind === 'hub'
        ? ['a proxy ends its TLS, and its certificate is not verified', 'set ca or pin in [[federation.hubs]]']
        : ['a proxy ends its TLS: peers link only without one', 'there: let the port lead to meshcore-room itself'],
  },
  {
    pattern: /Unexpected server response: (\d+)/,
    trouble: ({ kind, key, url }) =>
      kind === 'hub'
        ? [`a web server answers at ${url}, but no hub`, `is the path in ${key} right? A hub has /federation`]
        : ['a web server answers there, but no room server', `is the port in ${key} that of federation_port there?`],
  },
  {
    pattern: /speaks no TLS 1\.3|EPROTO|packet length too long|unsupported protocol|alert/i,
    trouble: ({ port, key }) => [
      `what listens on port ${port} does not speak TLS 1.3`,
      `another program has that port there, or it is the wrong one: look at ${key}`,
    ],
  },
  {
    pattern: /socket hang up|ECONNRESET|closed with code|connection lost|disconnected/i,
    trouble: ({ key }) => [
      'it ends the connection at once',
      `another program has that port there, or a firewall looks into TLS: look at ${key}`,
    ],
  },
]

/** By close code, where the reason is the other end's own. */
const byCode: Readonly<Record<number, string>> = {
  [closeCodes.revoked]: 'ask who runs it to let this server in; "meshcore-room peers" shows its id and its key',
  [closeCodes.rate]: 'wait some minutes; if it stays so, tell who runs it',
  [closeCodes.draining]: 'it restarts: wait a minute and try again',
  [closeCodes.protocol]: 'one of the two is too old: compare meshcore-room --version with the version there',
  [closeCodes.replaced]:
    'does the address lead to this machine itself? If not, identity.pem was copied: move it away on one of the two, and restart that',
}

/** The text of a finding, and its advice. */
export function refusalTrouble(error: unknown, target: Target): Trouble {
  const reason = error instanceof Error ? error.message : String(error)
  if (error instanceof LateError || /no answer in|nothing heard for/.test(reason)) {
    return [
      'the port is open, but no federation server speaks there in time',
      `is another program there, or is it overloaded? Look at ${target.key}, and at the log there`,
    ]
  }
  const rule = rules.find(({ pattern }) => pattern.test(reason))
  if (rule !== undefined) return rule.trouble(target, reason)
  const advice = error instanceof LinkError ? byCode[error.code] : undefined
  return [`it refuses: ${reason}`, advice ?? `look at the log there: journalctl -u ${unitOf(target)} -n 50`]
}

function unitOf({ kind }: Target): string {
  return kind === 'hub' ? 'federation-hub' : 'meshcore-room'
}
