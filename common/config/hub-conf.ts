// The hub's config, hub.conf: its keys, its rules, and the object the program works with.
import type { z } from 'zod'
import { isLoopbackAddress, isLoopbackHost } from '../loopback.ts'
import type { Position } from '../network.ts'
import type { LinkRates } from '../protocol/link-limits.ts'
import { type AlertsConf, alertsOf, alertsSection } from './alerts-conf.ts'
import { type FileProbe, identityProblem, readConfText, realFiles, resolvePath } from './conf-files.ts'
import { exposureWarnings, type RuleContext, readTlsPair, type TlsPair } from './conf-rules.ts'
import { filePath, flag, type HostPort, hostPort, section, shownName, textWith, whole } from './conf-values.ts'
import { checkPosition, positionKeys } from './position-conf.ts'
import { rateKeys, ratesOf } from './rates-conf.ts'
import { checkShape } from './read-conf.ts'
import { checkRedis, type RedisConf, redisKeys } from './redis-conf.ts'
import { checkRetention, type RetentionConf, retentionKeys } from './retention-conf.ts'
import { checkSecrets, type SecretsConf, secretKeys } from './secret-conf.ts'
import { checkWebhooks, type WebhookConf, webhooksSection } from './webhooks-conf.ts'

/** Who may join: whoever has proved the secret, unless revoked; or only whom an operator has approved. */
export type Enrol = 'open' | 'approve'

export interface HubConf extends SecretsConf {
  file: string
  /** Port 0: the system chooses one. */
  listen: HostPort
  tls?: TlsPair | undefined
  /** A proxy ends TLS before this process, so the proof of a link cannot be bound to it. */
  behindProxy: boolean
  /** Absent: a single instance on an embedded log in `dataDir`. */
  redis?: RedisConf | undefined
  dataDir: string
  /** The PEM file of the hub's Ed25519 key, if there is one; it exists. */
  identityPath?: string | undefined
  name: string
  /** For the map; degrees. */
  position?: Position | undefined
  retention: RetentionConf
  enrol: Enrol
  /** Redis replicas that must have a post before it is acknowledged. */
  waitReplicas: number
  limits: {
    maxRooms: number
    maxLinks: number
    linkWindowBytes: number
    /** A sign of life on a link at least this often. */
    pingMs: number
    /** A command of Redis fails after so long. */
    storeTimeoutMs: number
    /** What links may bring in a second. */
    rates: LinkRates
  }
  webhooks: readonly WebhookConf[]
  alerts: AlertsConf
  /** For the operator, one sentence each; the hub can run all the same. */
  warnings: string[]
}

const hubSchema = section({
  listen: hostPort(0, '0.0.0.0:8443').default({ host: '0.0.0.0', port: 8443 }),
  tls_cert: filePath().optional(),
  tls_key: filePath().optional(),
  behind_proxy: flag().default(false),
  ...redisKeys,
  data_dir: filePath().default('/var/lib/federation-hub'),
  identity: filePath().optional(),
  name: shownName(64).default('hub'),
  ...positionKeys,
  ...secretKeys,
  ...retentionKeys,
  enrol: textWith(enrolFault).default('open'),
  limits: section({
    max_rooms: whole(1, 100_000).default(1000),
    max_links: whole(1, 200_000).default(20_000),
    link_window_kib: whole(64, 256).default(256),
    ping_seconds: whole(1, 120).default(20),
    store_timeout_seconds: whole(1, 60).default(5),
    ...rateKeys,
  }).prefault({}),
  webhooks: webhooksSection,
  alerts: alertsSection.prefault({}),
})

type HubValues = z.output<typeof hubSchema>

/** Reads and checks the config and the files it names. @throws ConfigError with every fault. */
export function readHubConf(path: string): HubConf {
  return parseHubConf(readConfText(path, realFiles), path, realFiles)
}

/** As readHubConf, for a text that stands in `file`. @throws ConfigError with every fault. */
export function parseHubConf(text: string, file: string, files: FileProbe): HubConf {
  const { value, faults } = checkShape(hubSchema, text, file)
  const context = { file, files, faults }
  const secrets = checkSecrets(context, [], value)
  const tls = checkTls(context, value)
  const identityPath = checkIdentity(context, value)
  const redis = checkRedis(context, value)
  const webhooks = checkWebhooks(context, value.webhooks)
  const retention = checkRetention(context, value)
  const position = checkPosition(context, [], value)
  faults.throwIfAny()
  return {
    file,
    listen: value.listen,
    tls,
    behindProxy: value.behind_proxy,
    redis,
    dataDir: resolvePath(file, value.data_dir),
    identityPath,
    name: value.name,
    ...(position && { position }),
    ...secrets,
    retention,
    enrol: value.enrol === 'approve' ? 'approve' : 'open',
    waitReplicas: value.wait_replicas,
    limits: {
      maxRooms: value.limits.max_rooms,
      maxLinks: value.limits.max_links,
      linkWindowBytes: value.limits.link_window_kib * 1024,
      pingMs: value.limits.ping_seconds * 1000,
      storeTimeoutMs: value.limits.store_timeout_seconds * 1000,
      rates: ratesOf(value.limits),
    },
    webhooks,
    alerts: alertsOf(value.alerts),
    warnings: exposureWarnings(context, true),
  }
}

function checkTls(context: RuleContext, values: HubValues): TlsPair | undefined {
  const { tls_cert, tls_key, behind_proxy, listen } = values
  if (tls_cert !== undefined || tls_key !== undefined) return readTlsPair(context, [], values)
  const unknown = context.faults.has(['listen']) || context.faults.has(['behind_proxy'])
  if (unknown || behind_proxy || isLocal(listen)) return undefined
  const reason = 'is required unless listen is 127.0.0.1 or [::1], or a proxy ends TLS (behind_proxy = true)'
  context.faults.add(['tls_cert'], reason)
  context.faults.add(['tls_key'], reason)
  return undefined
}

/** Nobody from outside can connect there. */
function isLocal({ host }: HostPort): boolean {
  return isLoopbackHost(host) || isLoopbackAddress(host)
}

/** A hub makes no key at a path it was given: a mistyped path would start a second hub that no edge knows. */
function checkIdentity({ file, files, faults }: RuleContext, { identity }: HubValues): string | undefined {
  if (identity === undefined) return undefined
  const path = resolvePath(file, identity)
  const problem = identityProblem(path, files)
  if (problem !== undefined) faults.add(['identity'], problem)
  return path
}

function enrolFault(text: string): string | undefined {
  if (text === 'open' || text === 'approve') return undefined
  return 'must be "open": every server that knows federation_secret may join; or "approve": only those that you approve'
}
