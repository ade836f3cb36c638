// npm run pictures: makes the pictures of the README anew, in infra/pictures/.
import { fileURLToPath } from 'node:url'
import { startBrowser } from '#test/support/browser.ts'
import { startConsoleWorld } from '#test/support/console-world.ts'
import { hubConf, takePictures } from './scenes.ts'

const folder = fileURLToPath(new URL('../../infra/pictures/', import.meta.url))

await using world = await startConsoleWorld({ hubConf })
await using browser = await startBrowser()
await using visits = new AsyncDisposableStack()
for (const path of await takePictures({ after: end => visits.defer(end) }, { world, browser, folder }))
  process.stdout.write(`${path}\n`)
