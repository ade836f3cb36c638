// A memory card was copied: two machines with one identity among peers. One of them is linked, the other hears why it is not.
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { cityNames, expectAlike, fullMesh, Mesh, waitForLinksWith } from '#test/support/mesh.ts'
import { type EdgeProgram, placeOfEdge } from '#test/support/programs.ts'
import { waitFor } from '#test/support/wait-for.ts'

const inUse = /identity in use at \S+:\d+ and at \S+:\d+: was a memory card copied\?/
/** Lines of a link that comes, at one city, in all the test: a pair of machines that take turns would make many more. */
const comingsMax = 8

/** All that makes a server, as on a copied card: its identity, and the key that its peers have pinned. */
async function copyCard(from: EdgeProgram, to: EdgeProgram): Promise<void> {
  await to.stop()
  for (const file of ['data/identity.pem', 'server.key', 'server.crt'])
    await writeFile(join(to.dir, file), await readFile(join(from.dir, file)), { mode: 0o600 })
}

async function addPeer(
  { dir }: EdgeProgram,
  name: string,
  { host, port }: { host: string; port: number },
): Promise<void> {
  const path = join(dir, 'program.conf')
  const peer = `\n[[federation.peers]]\nname = "${name}"\naddr = "${host}:${port}"\n`
  await writeFile(path, (await readFile(path, 'utf8')) + peer)
}

test('of two peers with one identity one is linked, both logs say why the other is not, and the rest of the mesh is quiet', async t => {
  await using mesh = await Mesh.start({ graph: { ...fullMesh(cityNames(3)), Copy: [] } })
  const { world } = mesh
  const [one, two, original, copy] = [mesh.city('City 1'), mesh.city('City 2'), mesh.city('City 3'), mesh.city('Copy')]
  await copyCard(original, copy)
  for (const city of [one, two]) await addPeer(copy, city.name, placeOfEdge(world.node(city.name)))
  await copy.run()

  await Promise.race([one, two].map(city => city.waitForLine(inUse, 60_000)))
  await Promise.race([original, copy].map(city => city.waitForLine(inUse, 60_000)))
  // Whoever of them each of the others serves: its posts come to all who are not kept out.
  const served = await waitFor(
    async () => {
      const ours = async (city: EdgeProgram) =>
        Object.keys(
          Object.groupBy(
            (await city.status()).peers.filter(({ state }) => state === 'connected'),
            ({ name }) => name,
          ),
        ).length
      const [ofCopy, ofOriginal] = [await ours(copy), await ours(original)]
      if (ofCopy === 0 && ofOriginal === 0) return undefined
      return ofCopy > ofOriginal ? copy : original
    },
    { what: 'one of the two to be linked' },
  )
  const texts = ['from the served one', 'from City 1', 'from City 2']
  await served.post('from the served one')
  await one.post('from City 1')
  await two.post('from City 2')
  await expectAlike([one, two], texts)

  for (const city of [one, two]) {
    const comings = city.lines.filter(text => /Federation peer "(City 3|Copy)" connected/.test(text)).length
    const refusals = city.lines.filter(text => inUse.test(text)).length
    t.diagnostic(`${city.name}: ${comings} links of that identity came, ${refusals} refusals in the log`)
    assert.ok(comings <= comingsMax, `${comings} links at ${city.name}`)
  }
  await waitForLinksWith(one, [...new Set(['City 2', ...(await namesAt(one))])])
})

async function namesAt(city: EdgeProgram): Promise<string[]> {
  return (await city.status()).peers.filter(({ state }) => state === 'connected').map(({ name }) => name)
}
