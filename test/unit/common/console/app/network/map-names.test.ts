import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type NameOfMark, type Side, sidesOf } from '#common/console/app/network/map-names.ts'

const frame = { left: 0, top: 0, right: 400, bottom: 300 }
const rightLeft: readonly Side[] = ['right', 'left']
const all: readonly Side[] = ['right', 'left', 'below']
const at = (x: number, y: number, width = 80, sides = rightLeft): NameOfMark => ({ x, y, width, sides })

suite('names on the map', () => {
  test('a name stands at its first side, and at the other where the map ends', () => {
    assert.deepEqual(sidesOf([at(200, 100)], [], frame), ['right'])
    assert.deepEqual(sidesOf([at(350, 100)], [], frame), ['left'])
    assert.deepEqual(sidesOf([at(200, 100, 80, ['left', 'right'])], [], frame), ['left'])
  })

  test('it goes around what lies on the map, and around marks of others', () => {
    const buttons = { left: 340, top: 0, right: 400, bottom: 200 }
    assert.deepEqual(sidesOf([at(280, 100)], [buttons], frame), ['left'])
    assert.deepEqual(sidesOf([at(280, 280)], [buttons], frame), ['right'])
    assert.deepEqual(sidesOf([at(200, 100), at(230, 104)], [], frame), ['left', 'right'])
  })

  test('of names at one place the first stands, and who has no place has no side', () => {
    assert.deepEqual(sidesOf([at(200, 100), at(200, 112), at(200, 106)], [], frame), ['right', 'left', undefined])
    assert.deepEqual(sidesOf([at(200, 100, 390)], [], frame), [undefined])
  })

  test('a long name stands below its mark', () => {
    assert.deepEqual(sidesOf([at(200, 100, 390, all)], [], frame), ['below'])
    assert.deepEqual(sidesOf([at(200, 290, 390, all)], [], frame), [undefined])
  })
})
