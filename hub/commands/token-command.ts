// `federation-hub token create | list | revoke`: the operator's hand on the tokens of the API.
import { roleSchema } from '#common/http/roles.ts'
import { parseWords, UsageError } from '#common/program.ts'
import type { Registry } from '../registry/registry.ts'
import { newToken, type TokenRecord, tokenNameSchema } from '../registry/tokens.ts'
import { type AuditTrail, audited } from '../rights/audit.ts'
import { type CommandOutput, refusedTo } from './command-output.ts'

const tokenUsage = `usage: federation-hub token create --role viewer|operator|admin [--name NAME]
       federation-hub token list
       federation-hub token revoke NAME_OR_ID`

/** What the words behind `token` ask for. */
export type TokenArgs =
  | { action: 'create'; role: 'viewer' | 'operator' | 'admin'; name?: string }
  | { action: 'list' }
  | { action: 'revoke'; target: string }

export interface TokenParts {
  registry: Registry
  audit: AuditTrail
  /** `cli:<user>`. */
  who: string
}

/** The words behind `token`, without `--config`. @throws UsageError */
export function parseTokenArgs(words: readonly string[]): TokenArgs {
  const options = { role: { type: 'string' }, name: { type: 'string' } } as const
  const { values, positionals } = parseWords(words, { options, allowPositionals: true }, tokenUsage)
  const [action, target, ...more] = positionals
  if (action === 'create' && target === undefined) return createArgs(values)
  if (Object.keys(values).length > 0) refuse('--role and --name belong to "token create"')
  if (action === 'list' && target === undefined) return { action }
  if (action === 'revoke' && target !== undefined && more.length === 0) return { action, target }
  return refuse(action === 'revoke' ? 'say which token: its name or id, one at a time' : 'say create, list or revoke')
}

/** Carries it out. Gives the exit code: 0, or 1 when it is refused. @throws StoreUnavailableError */
export async function tokenCommand(args: TokenArgs, parts: TokenParts, output: CommandOutput): Promise<number> {
  switch (args.action) {
    case 'create':
      return refusedTo(output, () => createToken(args, parts, output))
    case 'list':
      return listTokens(parts.registry, output)
    case 'revoke':
      return revokeToken(args.target, parts, output)
  }
}

function createArgs(values: { role?: string; name?: string }): TokenArgs {
  const role = roleSchema.safeParse(values.role)
  if (!role.success) return refuse('--role must be viewer, operator or admin')
  if (values.name === undefined) return { action: 'create', role: role.data }
  const name = tokenNameSchema.safeParse(values.name)
  if (!name.success) return refuse(`--name ${name.error.issues[0]?.message}`)
  return { action: 'create', role: role.data, name: name.data }
}

function refuse(fault: string): never {
  throw new UsageError(fault, tokenUsage)
}

async function createToken(
  { role, name }: Extract<TokenArgs, { action: 'create' }>,
  { registry, audit, who }: TokenParts,
  output: CommandOutput,
): Promise<number> {
  const { token, record } = newToken(role, name)
  const entry = { at: Date.now(), who, action: 'token-create', detail: tokenWords(record) } as const
  await audited(audit, entry, () => registry.addToken(record))
  output.err(`Token "${record.name}" (id ${record.id}, ${role}) is shown this once; keep it safe:\n`)
  output.out(`${token}\n`)
  return 0
}

async function listTokens(registry: Registry, output: CommandOutput): Promise<number> {
  const rows = (await registry.tokens()).map(({ id, role, createdAt, name }) =>
    [id, role.padEnd(8), new Date(createdAt).toISOString().slice(0, 19).concat('Z'), name].join('  '),
  )
  output.out(rows.length === 0 ? '' : `${rows.join('\n')}\n`)
  if (rows.length === 0) output.err('There are no tokens.\n')
  return 0
}

function tokenWords({ id, name, role }: TokenRecord): string {
  return `"${name}" (id ${id}, ${role})`
}

async function revokeToken(target: string, parts: TokenParts, output: CommandOutput): Promise<number> {
  const { registry, audit, who } = parts
  const record = (await registry.tokens()).find(({ id, name }) => id === target || name === target)
  if (record === undefined) {
    output.err(`There is no token with the name or id "${target}".\n`)
    return 1
  }
  const entry = { at: Date.now(), who, action: 'token-revoke', detail: tokenWords(record) } as const
  await audited(audit, entry, () => registry.removeToken(record.id))
  output.err(`Token "${record.name}" (id ${record.id}) is refused everywhere within 5 seconds.\n`)
  return 0
}
