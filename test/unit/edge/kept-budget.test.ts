// The duty cycle over restarts and crashes: whatever happens, nobody has air a second time.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StoreUnavailableError } from '#common/errors.ts'
import type { Meta } from '#common/sqlite/sqlite-store.ts'
import { KeptBudget } from '#edge/kept-budget.ts'

const hourMs = 3_600_000

class Disk {
  readonly values = new Map<string, string>()
  isFull = false
  readonly lines: string[] = []
  readonly meta: Meta = {
    get: key => this.values.get(key),
    set: (key, value) => {
      if (this.isFull) throw new StoreUnavailableError('disk full')
      this.values.set(key, value)
    },
    delete: key => void this.values.delete(key),
    change: () => assert.fail('one key at a time'),
    entries: () => [],
  }

  budget(now: () => number): KeptBudget {
    const tell = (line: string) => void this.lines.push(line)
    return new KeptBudget({ meta: this.meta, dutyCycle: 0.1, ticks: now, log: { info: tell, warn: tell } })
  }
}

test('who is killed has no more air than before, who ends in order no less', () => {
  const disk = new Disk()
  let now = 0
  const first = disk.budget(() => now)
  assert.equal(first.keep(1000), true)
  first.budget.spend(1000, now)
  // Killed here.
  const second = disk.budget(() => now)
  assert.equal(second.budget.usedMs(now), 0.02 * 0.1 * hourMs)
  now += 10
  second.close()
  assert.equal(disk.budget(() => now).budget.usedMs(now), 0.02 * 0.1 * hourMs)
  now += hourMs
  assert.equal(second.budget.usedMs(now), 0)
})

test('a disk that takes nothing is told once, and covers nothing that was saved before', () => {
  const disk = new Disk()
  const kept = disk.budget(() => 0)
  assert.equal(kept.keep(1000), true)
  assert.equal(kept.budget.covers(1000), true)
  disk.isFull = true
  assert.deepEqual([kept.keep(8000), kept.keep(8000)], [false, false])
  assert.equal(kept.budget.covers(1000), false)
  disk.isFull = false
  assert.equal(kept.keep(8000), true)
  assert.deepEqual(
    disk.lines.map(line => line.replace(/:.*/, '')),
    [
      'The airtime used cannot be saved, so the radio sends nothing until it can',
      'The airtime used can be saved again',
    ],
  )
})

test('what cannot be read may have been all of it', () => {
  for (const text of ['', '{', '{}', '[[1]]', '[[0,null]]']) {
    const disk = new Disk()
    disk.values.set('air-budget', text)
    const { budget } = disk.budget(() => 0)
    assert.equal(budget.freeAt(1000, 0), hourMs - 1000, text)
  }
  assert.equal(new Disk().budget(() => 0).budget.freeAt(1000, 0), 0)
})
