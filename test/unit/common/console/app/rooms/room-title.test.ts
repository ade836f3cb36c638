// A room has the same name on all screens, but where its own server says another.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { roomTitle } from '#common/console/app/rooms/room-title.ts'

test('the name of the city is none of its room: that is called by its id, as at the hub', () => {
  const titles = [
    roomTitle({ room: 'frontrange' }, 'hub'),
    roomTitle({ room: 'frontrange', name: 'City A' }, 'City A'),
    roomTitle({ room: 'frontrange', name: 'City A' }, undefined),
    roomTitle({ room: 'medics', name: 'Doctors and nurses' }, 'City A'),
  ]
  assert.deepEqual(titles, ['frontrange', 'frontrange', 'frontrange', 'Doctors and nurses'])
})
