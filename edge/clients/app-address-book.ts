// The contacts of one connected app, and which of them it has been told: an app asks for what is newer than it has.
import type { AirTextContext } from '#common/air-text.ts'
import type { CompanionReply } from '../radio/companion-replies.ts'
import { authorContact, type Contact, contactList } from './app-contacts.ts'
import type { AppLogins } from './app-logins.ts'
import type { AppRoom, AppUser } from './app-room.ts'

export interface AppAddressBookParts {
  user: AppUser
  rooms: readonly AppRoom[]
  logins: AppLogins
  context: AirTextContext
  /** Unix ms. */
  now: () => number
}

export class AppAddressBook {
  readonly #p: AppAddressBookParts
  /** By key, the name under which the app has the contact, or has heard that it is there. */
  readonly #told = new Map<string, string>()
  readonly #announced = new Map<string, string>()

  constructor(parts: AppAddressBookParts) {
    this.#p = parts
  }

  /** Whose key begins so, or is it. */
  room(key: Uint8Array): AppRoom | undefined {
    return this.#p.rooms.find(({ publicKey }) => beginsWith(publicKey, key))
  }

  contact(key: Uint8Array): Contact | undefined {
    return this.#contacts().find(({ publicKey }) => beginsWith(publicKey, key))
  }

  /**
   * All that changed after `since`, Unix seconds, and what this connection has not been told: an author is no secret any
   * more with the login, however long he has been silent. @throws StoreUnavailableError
   */
  async listSince(since: number): Promise<CompanionReply[]> {
    await Promise.all(this.#p.logins.rooms().map(({ authors }) => authors.catchUp()))
    const contacts = this.#contacts()
    const news = contacts.filter(contact => contact.lastModified > since || !this.#hasTold(contact))
    const lastModified = Math.max(0, ...news.map(contact => contact.lastModified))
    return [
      { kind: 'contacts-start', count: contacts.length },
      ...news.map(contact => this.tell(contact)),
      { kind: 'contacts-end', lastModified },
    ]
  }

  tell(contact: Contact): CompanionReply {
    this.#told.set(hex(contact.publicKey), contact.name)
    return { kind: 'contact', ...contact }
  }

  /** For an app that is about to read what this author wrote: it reads its contacts again when it hears of an advert. */
  announce(room: AppRoom, key: string): CompanionReply | undefined {
    const author = room.authors.get(key)
    if (author === undefined) return undefined
    const { publicKey, name } = authorContact(author, this.#p.context)
    if (this.#told.get(key) === name || this.#announced.get(key) === name) return undefined
    this.#announced.set(key, name)
    return { kind: 'advert', publicKey }
  }

  /** A room is told every time: its name may have changed since the app was here last. */
  #hasTold({ publicKey, name }: Contact): boolean {
    return this.room(publicKey) === undefined && this.#told.get(hex(publicKey)) === name
  }

  #contacts(): Contact[] {
    const { rooms, logins, user, now, context } = this.#p
    return contactList(rooms, { entered: logins.rooms(), hidden: user.key, now: Math.floor(now() / 1000), context })
  }
}

function beginsWith(key: Uint8Array, prefix: Uint8Array): boolean {
  return prefix.length > 0 && prefix.every((byte, at) => key[at] === byte)
}

function hex(key: Uint8Array): string {
  return Buffer.from(key).toString('hex')
}
