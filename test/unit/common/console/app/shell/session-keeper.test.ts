// Whoever is signed out without having asked for it is told so.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Api } from '#common/console/app/server/api.ts'
import { ApiError } from '#common/console/app/server/api.ts'
import { SessionKeeper } from '#common/console/app/shell/session-keeper.ts'

function keeperOf(answer: () => Promise<unknown>): { keeper: SessionKeeper; signedOut: () => void } {
  let signedOut = () => {}
  const api: Pick<Api, 'ask' | 'onSignedOut'> = {
    ask: <T>() => answer() as Promise<T>,
    onSignedOut: tell => {
      signedOut = tell
    },
  }
  return { keeper: new SessionKeeper(api, { mayEnter: () => true, left: () => {} }), signedOut: () => signedOut() }
}

test('a token that holds no more is a surprise, signing out here is none', async () => {
  const { keeper, signedOut } = keeperOf(async () => ({ who: 'Ada' }))
  signedOut()
  assert.equal(keeper.state.value.state, 'unknown')
  await keeper.signIn('mcf_a')
  signedOut()
  assert.deepEqual(keeper.state.value, { state: 'out', isSurprise: true })
  await keeper.signIn('mcf_a')
  await keeper.signOut()
  assert.deepEqual(keeper.state.value, { state: 'out', isSurprise: false })
})

test('who was never in is not told that he is out', async () => {
  const { keeper } = keeperOf(() => Promise.reject(new ApiError('sign in', { status: 401, code: 'unauthorized' })))
  await keeper.load()
  assert.deepEqual(keeper.state.value, { state: 'out', isSurprise: false })
})
