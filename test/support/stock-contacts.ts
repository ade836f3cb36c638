// The contacts of a stock radio, and what it answers about them.
import { nodeType } from '#edge/radio/adverts.ts'
import type { CompanionCommand } from '#edge/radio/companion-commands.ts'
import { type CompanionReply, refusal } from '#edge/radio/companion-replies.ts'

type Contact = Extract<CompanionReply, { kind: 'contact' }>

export class StockContacts {
  readonly #contacts = new Map<string, Contact>()
  readonly #seconds: () => number

  /** Unix seconds of the radio's clock. */
  constructor(seconds: () => number) {
    this.#seconds = seconds
  }

  /** The newest of those that are room servers. */
  get room(): Contact | undefined {
    return [...this.#contacts.values()].findLast(({ type }) => type === nodeType.room)
  }

  get(publicKey: Uint8Array): Contact | undefined {
    return this.#contacts.get(hex(publicKey))
  }

  add(contact: Pick<Contact, 'publicKey' | 'type' | 'flags' | 'name' | 'lastAdvert'>): void {
    const position = { latitude: 0, longitude: 0 }
    const path = this.get(contact.publicKey)?.path ?? null
    const known: Contact = { kind: 'contact', ...contact, path, position, lastModified: this.#seconds() }
    this.#contacts.set(hex(contact.publicKey), known)
  }

  remove(publicKey: Uint8Array): boolean {
    return this.#contacts.delete(hex(publicKey))
  }

  /** Undefined for what is not about contacts. */
  answer(command: CompanionCommand): CompanionReply[] | undefined {
    switch (command.kind) {
      case 'get-contacts': {
        const all = [...this.#contacts.values()]
        const newer = all.filter(({ lastModified }) => lastModified > (command.since ?? 0))
        const lastModified = Math.max(0, ...newer.map(contact => contact.lastModified))
        return [{ kind: 'contacts-start', count: all.length }, ...newer, { kind: 'contacts-end', lastModified }]
      }
      case 'get-contact':
        return [this.get(command.publicKey) ?? notFound]
      case 'remove-contact':
        return [this.remove(command.publicKey) ? { kind: 'ok' } : notFound]
      case 'reset-path': {
        const contact = this.get(command.publicKey)
        if (contact !== undefined) contact.path = null
        return [contact === undefined ? notFound : { kind: 'ok' }]
      }
      case 'put-contact':
        return [{ kind: 'ok' }]
    }
    return undefined
  }
}

const notFound: CompanionReply = { kind: 'error', reason: refusal.notFound }

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
