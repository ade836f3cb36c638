// ACKs are short, and lost all the same: what was stored is not stored again, and what was pushed is not pushed for ever.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { payloadType } from '#edge/radio/packet.ts'
import { pushed, startRadioCity, textsAt, textsHeardBy } from '#test/support/radio-city.ts'
import { waitFor } from '#test/support/wait-for.ts'

suite('an ACK is lost on the air', { concurrency: true }, () => {
  test('to a node: it says its post again, and the post is stored and pushed once', async () => {
    await using city = await startRadioCity()
    const [ana, ben] = [await city.member('Ana'), await city.member('Ben')]
    let lost = 0
    city.island.air.loses = ({ packet }, to) => {
      const isAck = to === 'Ana' && (packet[0] ?? 0) >> 2 === payloadType.ack && lost < 2
      if (isAck) lost += 1
      return isAck
    }
    const { isAcked, tries } = await ana.post('only once')
    assert.ok(isAcked && tries > 1, `${tries} tries`)
    assert.deepEqual(await textsAt(city.edge), ['only once'])
    assert.ok((await ana.post('the end')).isAcked)
    await pushed(ben, 2)
    assert.deepEqual(textsHeardBy(ben), ['only once', 'the end'])
  })

  test('from a node: it is pushed the post once more, in another packet, and then what follows', async () => {
    await using city = await startRadioCity()
    const [ana, ben] = [await city.member('Ana'), await city.member('Ben')]
    const isAckOfBen = (from: string, packet: Uint8Array) =>
      from === 'Ben' && (packet[0] ?? 0) >> 2 === payloadType.ack && ben.pushes.length === 1
    city.island.air.loses = ({ from, packet }) => isAckOfBen(from, packet)
    assert.ok((await ana.post('twice')).isAcked)
    assert.ok((await ana.post('the end')).isAcked)
    await pushed(ben, 2)
    assert.deepEqual(textsHeardBy(ben), ['twice', 'the end'])
    const [first, second] = ben.pushes
    assert.equal(first?.second, second?.second, 'by its second an app knows that it has the post')
    assert.notEqual(first?.attempt, second?.attempt, 'the same packet would be dropped by the radio')
    await waitFor(() => ben.keepAlive(), { what: 'a count of what is left for Ben', until: count => count === 0 })
  })
})
