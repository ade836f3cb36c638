// What may be changed of a room while it runs: kill switch, blocklist, passwords. On disk first, then in force at once.
import { randomBytes, scryptSync } from 'node:crypto'
import { z } from 'zod'
import { passwordFault } from '#common/config/conf-values.ts'
import type { RoomConf } from '#common/config/room-conf.ts'
import { RequestError } from '#common/errors.ts'
import { fromJson } from '#common/json.ts'
import type { Log } from '#common/log.ts'
import type { Author } from '#common/post.ts'
import type { Meta } from '#common/sqlite/sqlite-store.ts'
import { Blocklist, toBlockable } from './blocklist.ts'
import type { RoomRules } from './room-server/room-rules.ts'

const blockedMax = 256

const passwordSchema = z.object({
  password: z.string(),
  /** By which it is known again that the config has still the password that this one took the place of. */
  salt: z.string(),
  instead: z.string(),
})

const keptSchema = z.object({
  rf: z.boolean(),
  blocked: z.array(z.string()).max(blockedMax),
  admin: passwordSchema.optional(),
  guest: passwordSchema.optional(),
})

type Kept = z.infer<typeof keptSchema>
type KeptPassword = z.infer<typeof passwordSchema>
type PasswordKind = 'admin' | 'guest'

export type SettingsConf = Pick<
  RoomConf,
  'federateAs' | 'adminPassword' | 'guestPassword' | 'allowReadOnly' | 'authorPostsPerMinute' | 'rf'
>

export interface RoomSettingsParts {
  conf: SettingsConf
  meta: Pick<Meta, 'get' | 'set'>
  log: Pick<Log, 'info' | 'warn'>
}

/** For /status and the API: no secrets. */
export interface SettingsReport {
  /** May be on the air. */
  rf: boolean
  blocked: string[]
  /** Which passwords are others than in the config. */
  passwordsSet: PasswordKind[]
}

export class RoomSettings implements RoomRules {
  readonly #p: RoomSettingsParts
  readonly #listeners = new Set<() => void>()
  #kept: Kept
  #blocklist: Blocklist

  constructor(parts: RoomSettingsParts) {
    this.#p = parts
    this.#kept = this.#load()
    this.#blocklist = new Blocklist(this.#kept.blocked)
  }

  get room(): string {
    return this.#p.conf.federateAs
  }

  /** False: nothing of the room goes on the air, and nobody but its admins is heard. */
  get isOnAir(): boolean {
    return this.#p.conf.rf && this.#kept.rf
  }

  get adminPassword(): string | undefined {
    return this.#kept.admin?.password ?? this.#p.conf.adminPassword
  }

  get guestPassword(): string | undefined {
    return this.#kept.guest?.password ?? this.#p.conf.guestPassword
  }

  get allowReadOnly(): boolean {
    return this.#p.conf.allowReadOnly
  }

  get authorPostsPerMinute(): number {
    return this.#p.conf.authorPostsPerMinute
  }

  get blocked(): readonly string[] {
    return this.#blocklist.entries
  }

  isBlocked(author: Author): boolean {
    return this.#blocklist.has(author)
  }

  report(): SettingsReport {
    const { admin, guest } = this.#kept
    const passwordsSet = [...(admin ? (['admin'] as const) : []), ...(guest ? (['guest'] as const) : [])]
    return { rf: this.isOnAir, blocked: [...this.blocked], passwordsSet }
  }

  /** `by`: who wants it, for the log. @throws RequestError where the config forbids it, StoreUnavailableError */
  setOnAir(isOn: boolean, by: string): void {
    if (isOn && !this.#p.conf.rf)
      throw new RequestError(409, 'off_by_config', 'rf = false in the config: change it there, and restart')
    if (isOn === this.#kept.rf) return
    this.#keep({ ...this.#kept, rf: isOn }, `is ${isOn ? 'on' : 'off'} the air`, by)
  }

  /** A key, at least 4 bytes of it in hex, or "name:Some Name"; gives it as it is listed. @throws RequestError, StoreUnavailableError */
  block(written: string, by: string): string {
    const entry = entryOf(written)
    if (this.blocked.includes(entry)) return entry
    if (this.blocked.length >= blockedMax)
      throw new RequestError(409, 'too_many_blocked', `${blockedMax} are blocked already; unblock one first`)
    this.#keep({ ...this.#kept, blocked: [...this.blocked, entry] }, `blocks ${entry}`, by)
    return entry
  }

  /** As it was blocked. @throws RequestError when it is not, StoreUnavailableError */
  unblock(written: string, by: string): string {
    const entry = entryOf(written)
    if (!this.blocked.includes(entry))
      throw new RequestError(404, 'not_blocked', 'not on the list, as it is written there')
    this.#keep({ ...this.#kept, blocked: this.blocked.filter(other => other !== entry) }, `unblocks ${entry}`, by)
    return entry
  }

  /** Holds until the config has another one. @throws RequestError when it will not do, StoreUnavailableError */
  setPassword(kind: PasswordKind, password: string, by: string): void {
    const fault = passwordFault(password)
    if (fault !== undefined) throw new RequestError(400, 'bad_password', `a password ${fault}`)
    const other = kind === 'admin' ? this.guestPassword : this.adminPassword
    if (password === other) throw new RequestError(400, 'bad_password', 'admin and guest need different passwords')
    const salt = randomBytes(16).toString('hex')
    const kept = { password, salt, instead: digestOf(this.#inConf(kind), salt) }
    this.#keep({ ...this.#kept, [kind]: kept }, `has another ${kind} password`, by)
  }

  /** Is called after every change. Gives the way to end it. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  #keep(kept: Kept, what: string, by: string): void {
    this.#p.meta.set(this.#key, JSON.stringify(kept))
    this.#kept = kept
    this.#blocklist = new Blocklist(kept.blocked)
    this.#p.log.info(`Room "${this.room}" ${what} (by ${by})`)
    for (const listener of this.#listeners) listener()
  }

  /** What cannot be read may have been the kill switch. */
  #load(): Kept {
    const text = this.#p.meta.get(this.#key)
    if (text === undefined) return { rf: true, blocked: [] }
    const { log, meta } = this.#p
    const kept = fromJson(keptSchema, text)
    if (kept !== undefined) {
      const current = this.#withoutOutdated(kept)
      // Not to come back when the config has one day the old password again.
      if (JSON.stringify(current) !== JSON.stringify(kept)) meta.set(this.#key, JSON.stringify(current))
      return current
    }
    log.warn(`The settings of room "${this.room}" cannot be read: it is off the air until "meshcore-room rf on"`)
    return { rf: false, blocked: [] }
  }

  #withoutOutdated(kept: Kept): Kept {
    const { admin, guest, ...rest } = kept
    const passwords = {
      ...(this.#isCurrent('admin', admin) && { admin }),
      ...(this.#isCurrent('guest', guest) && { guest }),
    }
    const { adminPassword, guestPassword } = this.#p.conf
    const isOne = (passwords.admin?.password ?? adminPassword) === (passwords.guest?.password ?? guestPassword)
    if (!isOne || Object.keys(passwords).length === 0) return { ...rest, ...passwords }
    this.#p.log.warn(`Room "${this.room}" has the passwords of the config again: both had become the same`)
    return rest
  }

  /** Who changes the config means it. */
  #isCurrent(kind: PasswordKind, kept: KeptPassword | undefined): boolean {
    if (kept === undefined) return false
    const isCurrent = digestOf(this.#inConf(kind), kept.salt) === kept.instead
    if (!isCurrent) this.#p.log.info(`Room "${this.room}" has the ${kind} password of the config again: it was changed`)
    return isCurrent
  }

  #inConf(kind: PasswordKind): string {
    const { adminPassword = '', guestPassword = '' } = this.#p.conf
    return kind === 'admin' ? adminPassword : guestPassword
  }

  get #key(): string {
    return `settings:${this.room}`
  }
}

function entryOf(written: string): string {
  const blockable = toBlockable(written)
  if ('fault' in blockable) throw new RequestError(400, 'bad_author', blockable.fault)
  return blockable.entry
}

/** Slow to guess from, for a password has 15 bytes at most. */
function digestOf(password: string, salt: string): string {
  return scryptSync(password, salt, 32).toString('hex')
}
