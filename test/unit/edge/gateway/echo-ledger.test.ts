// What is an echo of a post and what is not, whoever says it and however it was cut.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { quotedText } from '#common/air-text.ts'
import { EchoLedger } from '#edge/gateway/echo-ledger.ts'

const keepMs = 600_000
const post = { guid: 'g1', room: 'main', name: 'Ana', text: 'Chains on at the pass' }

function ledgerWith(...posts: (typeof post)[]): EchoLedger {
  const ledger = new EchoLedger({ keepMs })
  for (const one of posts) ledger.remember(one, 0)
  return ledger
}

const echoes: [string, string][] = [
  ['as it is quoted', 'Ana: Chains on at the pass'],
  ['with its city', 'Ana@City A: Chains on at the pass'],
  ['with a city that has an @', 'Ana@Camp @ 5: Chains on at the pass'],
  ['a part of it', 'Ana@City A: Chains on (1/2)'],
  ['a part that another gateway cut elsewhere', 'Ana@City A: on at the pass (3/3)'],
  ['said on by a bridge that knows nothing of us', 'Bot: Ana@City A: Chains on at the pass'],
]
for (const [name, words] of echoes) {
  test(`an echo: ${name}`, () => assert.equal(ledgerWith(post).find({ room: 'main', words }, 1), 'g1'))
}

const others: [string, string][] = [
  ['the same words of somebody else', 'Ben: Chains on at the pass'],
  ['the words alone', 'Chains on at the pass'],
  ['other words', 'Ana@City A: Chains off'],
  ['a longer name', 'Anabel: Chains on'],
  ['no words at all', 'Ana@City A: '],
  ['no form at all', 'hello'],
]
for (const [name, words] of others) {
  test(`no echo: ${name}`, () => assert.equal(ledgerWith(post).find({ room: 'main', words }, 1), undefined))
}

test('another room has no echoes of this one, and an echo is one for ten minutes', () => {
  const ledger = ledgerWith(post)
  const words = 'Ana: Chains on'
  assert.equal(ledger.find({ room: 'other', words }, 1), undefined)
  assert.equal(ledger.find({ room: 'main', words }, keepMs), 'g1')
  assert.equal(ledger.find({ room: 'main', words }, keepMs + 1), undefined)
  ledger.remember(post, keepMs)
  assert.equal(ledger.find({ room: 'main', words }, keepMs + 1), 'g1')
})

test('line breaks that a command line has made spaces change nothing', () => {
  const ledger = ledgerWith({ ...post, text: 'one\ntwo  three' })
  assert.equal(ledger.find({ room: 'main', words: 'Ana: one two three' }, 1), 'g1')
})

test('of too many posts the newest stay', () => {
  const ledger = new EchoLedger({ keepMs, postsMax: 2 })
  for (const n of [1, 2, 3]) ledger.remember({ ...post, guid: `g${n}`, text: `number ${n}` }, n)
  assert.deepEqual(
    [1, 2, 3].map(n => ledger.find({ room: 'main', words: `Ana: number ${n}` }, 4)),
    [undefined, 'g2', 'g3'],
  )
})

test('whatever a gateway quotes, in parts of whatever size, is found again', () => {
  const word = fc.stringMatching(/^[a-zé]{1,12}$/)
  fc.assert(
    fc.property(
      word,
      fc.array(word, { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 120, max: 150 }),
      (name, words, bytes) => {
        const text = words.join(' ')
        const quoted = quotedText(
          { ...{ guid: 'g', room: 'main', origin: 'a', at: 1, source: 'client', sig: '' }, author: { name }, text },
          { origin: 'b', cityOf: () => 'City A' },
          bytes,
        )
        const ledger = ledgerWith({ guid: 'g', room: 'main', name, text })
        for (const part of quoted.parts) {
          assert.ok(Buffer.byteLength(part) <= bytes)
          assert.equal(ledger.find({ room: 'main', words: part }, 1), 'g')
        }
      },
    ),
  )
})
