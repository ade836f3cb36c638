// What a companion radio keeps over a restart: its contacts and its channels.
import type { Advert } from '#edge/radio/adverts.ts'
import type { CompanionCommand } from '#edge/radio/companion-commands.ts'
import { type CompanionReply, refusal } from '#edge/radio/companion-replies.ts'

export type Contact = Extract<CompanionReply, { kind: 'contact' }>
export type Channel = Extract<CompanionReply, { kind: 'channel' }>
type CommandOf<K extends CompanionCommand['kind']> = Extract<CompanionCommand, { kind: K }>

export const channelsMax = 40
export const contactsMax = 350

export const notFound: CompanionReply = { kind: 'error', reason: refusal.notFound }
const nowhere = { latitude: 0, longitude: 0 }

export class CompanionBook {
  readonly #contacts = new Map<string, Contact>()
  readonly #channels: Channel[] = Array.from({ length: channelsMax }, (_, channel) => ({
    kind: 'channel',
    channel,
    name: '',
    secret: new Uint8Array(16),
  }))

  contact(publicKey: Uint8Array): Contact | undefined {
    return this.#contacts.get(hex(publicKey))
  }

  /** By the first bytes of its key. */
  contactWith(prefix: Uint8Array): Contact | undefined {
    return [...this.#contacts].find(([key]) => key.startsWith(hex(prefix)))?.[1]
  }

  /** The answers to get-contacts: those that were changed after `since`. */
  listContacts(since: number): CompanionReply[] {
    const changed = [...this.#contacts.values()].filter(({ lastModified }) => lastModified > since)
    const lastModified = Math.max(0, ...changed.map(contact => contact.lastModified))
    return [{ kind: 'contacts-start', count: this.#contacts.size }, ...changed, { kind: 'contacts-end', lastModified }]
  }

  put(
    { kind: _, position = nowhere, lastModified, ...contact }: CommandOf<'put-contact'>,
    now: number,
  ): CompanionReply {
    if (this.#isFull(contact.publicKey)) return { kind: 'error', reason: refusal.tableFull }
    const publicKey = Uint8Array.from(contact.publicKey)
    const kept: Contact = { kind: 'contact', ...contact, publicKey, position, lastModified: lastModified ?? now }
    this.#contacts.set(hex(publicKey), kept)
    return { kind: 'ok' }
  }

  remove(publicKey: Uint8Array): CompanionReply {
    return this.#contacts.delete(hex(publicKey)) ? { kind: 'ok' } : notFound
  }

  /** Who makes himself known becomes a contact, if there is room. What the app is told of it. */
  hearAdvert({ publicKey, type, name, timestamp, position = nowhere }: Advert, now: number): CompanionReply {
    const { flags = 0, path = null } = this.contact(publicKey) ?? {}
    const about = { publicKey, type, flags, path, name, lastAdvert: timestamp, position, lastModified: now }
    if (this.#isFull(publicKey)) return { kind: 'new-advert', ...about }
    this.#contacts.set(hex(publicKey), { kind: 'contact', ...about })
    return { kind: 'advert', publicKey }
  }

  /** By its number; undefined when there is no such place. */
  channel(number: number): Channel | undefined {
    return this.#channels[number]
  }

  channelWith(secret: Uint8Array): Channel | undefined {
    return this.#channels.find(channel => channel.name !== '' && hex(channel.secret) === hex(secret))
  }

  #isFull(publicKey: Uint8Array): boolean {
    return this.contact(publicKey) === undefined && this.#contacts.size >= contactsMax
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
