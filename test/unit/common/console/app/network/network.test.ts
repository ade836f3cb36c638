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
  let ticks = 70
  const api = { ask } as unknown as ConstructorParameters<typeof Network>[0]['api']
  const network = new Network({ api, clock: () => 86_400_000, ticks: () => ticks })
  const load = async (answer: NetworkAnswer | Error) => {
    const loading = network.refresh()
    answers.shift()?.(answer)
    await loading
  }
  const pass = (ms: number) => {
    ticks += ms
  }
  return { network, asked, answers, load, pass }
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
  assert.deepEqual(
    ['Z'.repeat(43), 'constructor', idOf(2)].map(id => network.nameOf(id)),
    ['ZZZZZZZZ', 'construc', 'Cedar Falls 1'],
  )
})

test('its time is that of the server, however wrong the clock of the browser is, and goes back with it', async () => {
  const { network, load, pass } = setUp()
  assert.equal(network.now(), 86_400_000)
  await load(net)
  pass(30)
  assert.equal(network.now(), net.at + 30)
  // The ticks of a browser have fractions, and no search by time takes them.
  pass(0.4)
  assert.equal(network.now(), net.at + 30)
  await load({ ...net, at: net.at - 3_600_000, cities: [], ids: [] })
  assert.deepEqual([network.now(), network.cities.value], [net.at - 3_600_000, []])
})
