// Rooms and authors as contacts of an app.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { authorContact, contactsMax } from '#edge/clients/app-contacts.ts'

const context = {
  origin: 'here',
  cityOf: (origin: string) => (origin === 'there' ? 'Sankt Peter-Ording an der See' : undefined),
}
const nameOf = (name: string, origin: string) =>
  authorContact({ key: 'ab'.repeat(32), name, origin, seenAt: 7 }, context).name

test('a name of another city bears the city, and what does not fit leaves room for both', () => {
  assert.equal(nameOf('Ada', 'here'), 'Ada')
  assert.equal(nameOf('Ada', 'unknown'), 'Ada')
  assert.equal(nameOf('Ada', 'there'), 'Ada@Sankt Peter-Ording an der S')
  assert.equal(nameOf('Augusta Ada King Lovelace', 'there'), 'Augusta Ada King@Sankt Peter-Or')
  assert.equal(nameOf('ÄÖÜäöüßÄÖÜ', 'there'), 'ÄÖÜäöüßÄ@Sankt Peter-Or')
  assert.equal(nameOf('x'.repeat(32), 'here'), 'x'.repeat(31))
})

test('as many contacts as the protocol can say', () => {
  assert.equal(contactsMax % 2, 0)
  assert.ok(contactsMax / 2 <= 255)
})
