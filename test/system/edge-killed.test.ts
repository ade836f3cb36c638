// A room server loses its power while people write, again and again.
import { test } from 'node:test'
import { startEdge, startHub } from '#test/support/programs.ts'
import { expectEverywhere, linesWriterTo, startStream, writerTo } from '#test/support/traffic.ts'

const conf = { federation: { reconnect_max_seconds: 1 } }
const kills = 3
const postsBetween = 60

test('what an edge has acknowledged survives its sudden death, and reaches everybody once', async () => {
  await using hub = await startHub()
  await using cityA = await startEdge({ name: 'City A', hubs: [hub], conf })
  await using cityB = await startEdge({ name: 'City B', hubs: [hub], conf })
  await using linesWriter = linesWriterTo(cityA)
  const streams = [
    startStream(writerTo(cityA), 'over HTTP'),
    startStream(linesWriter, 'over TCP'),
    startStream(writerTo(cityB), 'elsewhere', 1),
  ]
  for (let kill = 0; kill < kills; kill += 1) {
    await Promise.all(streams.map(stream => stream.flows(postsBetween)))
    await cityA.restart('SIGKILL')
  }
  await Promise.all(streams.map(stream => stream.flows(postsBetween)))
  await Promise.all(streams.map(stream => stream.stop()))
  await expectEverywhere(
    [hub, cityA, cityB],
    streams.flatMap(({ acked }) => acked),
  )
})
