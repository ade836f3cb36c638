// Server cards beside the posts in SQLite: the contract, and what it does when the database is not as it should be.
import assert from 'node:assert/strict'
import test from 'node:test'
import { keepCards } from '#common/kept-cards.ts'
import { createLog } from '#common/log.ts'
import { SqliteStore } from '#common/sqlite/sqlite-store.ts'
import { cardOf, knownOf, newDirectory, newIdentity } from '#test/support/cards.ts'
import { waitFor } from '#test/support/wait-for.ts'
import { keptCardsContract, self } from './kept-cards-contract.ts'
import { crash, newPath, openStore, quiet } from './sqlite-files.ts'

keptCardsContract('SQLite', async t => {
  const store = openStore(t, newPath(t))
  return async directory => {
    const kept = keepCards(directory, store.meta, quiet)
    return { close: async () => kept.stop() }
  }
})

test('SQLite: a card is on disk soon, also for who is killed', async t => {
  const path = newPath(t)
  const directory = newDirectory(self.id)
  const kept = keepCards(directory, openStore(t, path).meta, quiet)
  t.after(() => kept.stop())
  const other = newIdentity()
  directory.learn([knownOf(cardOf(other))])
  const isKept = () => crash(t, path).meta.get(`card:${other.id}`)
  await waitFor(isKept, { what: 'the card on disk' })
})

test('SQLite: a damaged card is left out, with one word; a database that is shut is no fault of ours', t => {
  const lines: string[] = []
  const log = createLog({ json: false, write: line => lines.push(line) })
  const store = SqliteStore.open({ path: newPath(t), retentionDays: 7, log: quiet })
  const [good, bad] = [newIdentity(), newIdentity()]
  const first = newDirectory(self.id)
  const writing = keepCards(first, store.meta, log)
  first.learn([good, bad].map(identity => knownOf(cardOf(identity))))
  writing.stop()
  store.meta.set(`card:${bad.id}`, '{"card":1}')
  const second = newDirectory(self.id)
  const kept = keepCards(second, store.meta, log)
  assert.deepEqual(second.ids(), [good.id])
  assert.deepEqual(
    lines.map(line => /^\[WARN\] 1 server cards in the database are damaged/.test(line)),
    [true],
  )
  second.learn([knownOf(cardOf(newIdentity()))])
  store.close()
  kept.stop()
  assert.equal(lines.length, 1)
})
