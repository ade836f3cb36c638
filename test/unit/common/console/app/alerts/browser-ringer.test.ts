// A tab sounds while no other one does; one that hangs while it sounds silences none.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { soundAlone } from '#common/console/app/alerts/browser-ringer.ts'

const { locks } = navigator
const never = new AbortController().signal

test('a tab waits for the one that sounds', async () => {
  const heard: string[] = []
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const sound = (name: string, end: Promise<void>) => async () => {
    heard.push(`${name} begins`)
    await end
    heard.push(`${name} ends`)
    return false
  }
  const tabs = [
    soundAlone(locks, sound('first', first.promise), never),
    soundAlone(locks, sound('second', second.promise), never),
  ]
  second.resolve()
  first.resolve()
  await Promise.all(tabs)
  assert.deepEqual(heard, ['first begins', 'first ends', 'second begins', 'second ends'])
})

test('behind a tab that hangs it sounds when the deadline is over, once', async () => {
  const [hanging, deadline] = [Promise.withResolvers<boolean>(), new AbortController()]
  const hung = soundAlone(locks, () => hanging.promise, never)
  let sounds = 0
  const job = async () => {
    sounds += 1
    return true
  }
  const late = soundAlone(locks, job, deadline.signal)
  deadline.abort()
  await late
  assert.equal(sounds, 1)
  hanging.resolve(false)
  await hung
  assert.equal(sounds, 1)
})

test('without locks it sounds at once, and what it says of a fault is not lost', async () => {
  let sounds = 0
  await soundAlone(undefined, async () => ++sounds > 0, never)
  assert.equal(sounds, 1)
  const fails = async () => {
    throw new Error('no sound')
  }
  await assert.rejects(soundAlone(locks, fails, never), /no sound/)
})
