// The pictures of the README can be made of the console as it is now.
import assert from 'node:assert/strict'
import { mkdtempDisposable, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { hubConf, takePictures } from '#test/pictures/scenes.ts'
import { startBrowser } from '#test/support/browser.ts'
import { startConsoleWorld } from '#test/support/console-world.ts'

/** An empty page is some 10 kB. */
const bytesMin = 20_000
const bytesMax = 400_000

test('every picture is made, and shows something', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'mcfed-pictures-'))
  await using world = await startConsoleWorld({ hubConf })
  await using browser = await startBrowser()
  // They end before their server does.
  await using visits = new AsyncDisposableStack()
  const paths = await takePictures({ after: end => visits.defer(end) }, { world, browser, folder: folder.path })
  assert.deepEqual(paths.map(path => basename(path)).toSorted(), ['map.png', 'network.png', 'phone.png', 'room.png'])
  for (const path of paths) {
    const { size } = await stat(path)
    assert.ok(size > bytesMin && size < bytesMax, `${path} has ${size} bytes`)
  }
})
