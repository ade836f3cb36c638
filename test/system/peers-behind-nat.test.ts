// A city behind a NAT router: nobody can dial it, so its own link serves both ways.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectAlike, Mesh, postFromAll } from '#test/support/mesh.ts'

// The others have it in their config too, with an address at which nobody answers.
const graph = { Hidden: ['Open 1'], 'Open 1': ['Hidden', 'Open 2'], 'Open 2': ['Open 1'] }

test('a city that only dials out is linked, through restarts of both ends and an outage', async () => {
  await using mesh = await Mesh.start({ graph, behindNat: ['Hidden'] })
  const { cities, world } = mesh
  const [hidden, open] = [mesh.city('Hidden'), mesh.city('Open 1')]
  let texts = await expectAlike(cities, await postFromAll(cities, 'first'))
  const peer = (await open.status()).peers.find(({ name }) => name === 'Hidden')
  assert.equal(peer?.direction, 'in')
  assert.ok(peer.address.startsWith(`${world.node('Hidden').address}:`), peer.address)
  assert.equal((await hidden.status()).peers.find(({ name }) => name === 'Open 1')?.direction, 'out')

  await open.restart()
  texts = await expectAlike(cities, [...texts, ...(await postFromAll(cities, 'after a restart of Open 1'))])
  await hidden.restart('SIGKILL')
  texts = await expectAlike(cities, [...texts, ...(await postFromAll(cities, 'after the death of Hidden'))])

  world.cut('Hidden', 'Open 1')
  texts.push(...(await postFromAll(cities, 'apart')))
  await mesh.linked({ without: ['Hidden'] })
  world.healAll()
  await mesh.linked()
  await expectAlike(cities, texts)
})
