// All rooms of one link: finds the one that a frame is about, and hands on what concerns all of them.
import { LinkError } from '../errors.ts'
import { closeCodes } from './close-codes.ts'
import type { Inbox } from './inbox.ts'
import type { Outbox } from './outbox.ts'
import { type LinkOfRooms, type LinkRoom, RoomOnLink, type RoomProgress } from './room-on-link.ts'

export class LinkRooms {
  readonly #byName: ReadonlyMap<string, RoomOnLink>

  constructor(rooms: readonly LinkRoom[], link: LinkOfRooms) {
    this.#byName = new Map(rooms.map(room => [room.log.room, new RoomOnLink(room, link)]))
  }

  /** What the other end reads. @throws LinkError when it may not */
  outbox(room: string): Outbox {
    const outbox = this.#byName.get(room)?.outbox
    if (outbox === undefined) throw new LinkError(closeCodes.protocol, `room "${room}" was not granted for reading`)
    return outbox
  }

  /** What the other end writes. @throws LinkError when it may not */
  inbox(room: string): Inbox {
    const inbox = this.#byName.get(room)?.inbox
    if (inbox === undefined) throw new LinkError(closeCodes.protocol, `room "${room}" was not granted for writing`)
    return inbox
  }

  start(): void {
    for (const { inbox } of this.#byName.values()) inbox?.start()
  }

  standBy(on: boolean): void {
    for (const room of this.#byName.values()) room.standBy(on)
  }

  tellSkipped(): void {
    for (const { outbox } of this.#byName.values()) outbox?.tellSkipped()
  }

  progress(): RoomProgress[] {
    return [...this.#byName.values()].map(room => room.progress())
  }

  settledByRoom(): Map<string, number> {
    return new Map([...this.#byName].flatMap(([room, { outbox }]) => (outbox ? [[room, outbox.settled]] : [])))
  }

  stop(): void {
    for (const room of this.#byName.values()) room.stop()
  }
}
