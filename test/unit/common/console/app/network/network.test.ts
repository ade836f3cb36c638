// The picture of the net as it is asked for: with what has changed only, and never with less than is known.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Network } from '#common/console/app/network/network.ts'
import type { Network as NetworkAnswer } from '#common/network.ts'
import { cityOf, idOf, netOf } from '#test/support/network-sample.ts'

const net = netOf(3)

function setUp() {
  const asked: string[] = []
  const answers: ((answer: NetworkAnswer | Error) => void)[] = []
  const ask = (path: string) => {
    asked.push(path)
    return new Promise((resolve, reject) => {
      answers.push(answer => (answer instanceof Error ? reject(answer) : resolve(answer)))
    })
  }
  const network = new Network({ ask } as unknown as ConstructorParameters<typeof Network>[0])
  const load = async (answer: NetworkAnswer | Error) => {
    const loading = network.refresh()
    answers.shift()?.(answer)
    await loading
  }
  return { network, asked, answers, load }
}

test('a fault leaves the picture, says so, and is over with the next answer', async () => {
  const { network, load } = setUp()
  await load(net)
  await load(new Error('the server does not answer'))
  assert.deepEqual([network.cities.value.length, network.fault.value], [3, 'the server does not answer'])
  await load({ ...net, at: net.at + 1 })
  assert.equal(network.fault.value, '')
})

test('after a decision all is asked for, and an older answer that comes later changes nothing', async () => {
  const { network, asked, answers, load } = setUp()
  await load(net)
  const [slow, quick] = [network.refresh(), network.refresh()]
  const decided = cityOf(1, { standing: 'revoked' })
  answers[1]?.({ ...net, at: net.at + 2, cities: [decided, ...net.cities.slice(1)] })
  await quick
  answers[0]?.({ ...net, at: net.at + 1 })
  await slow
  assert.deepEqual(asked, Array(3).fill('/api/v1/network'))
  assert.equal(network.byId.value.get(idOf(1))?.standing, 'revoked')
})

test('servers without a name that is known are called by the begin of their id', async () => {
  const { network, load } = setUp()
  await load(net)
  assert.deepEqual([network.nameOf(idOf(2)), network.nameOf('Z'.repeat(43))], ['Cedar Falls 1', 'ZZZZZZZZ'])
})
