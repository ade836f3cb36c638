// What browsers load of the console, made from its sources by esbuild: of each entry one small file with all that it imports.
import { fileURLToPath } from 'node:url'
import { build, stop } from 'esbuild'

/** Paths in the project, by the name that the file gets. */
const consoleEntries = {
  app: 'common/console/app/main.ts',
  chart: 'common/console/app/network/uplot.ts',
  map: 'common/console/app/network/leaflet.ts',
  style: 'common/console/app/style/style.css',
}
/** What a Raspberry Pi had three years ago, and phones since. */
const target = ['es2022', 'chrome111', 'firefox119', 'safari16.4']
const deadlineMs = 60_000

let running = 0

/**
 * Contents by file name, as `app.js`. It runs in a process of its own, which takes some 40 MB for a second and then is gone.
 * @throws Error that names file and line of what no browser can load, as an import of `node:fs`
 */
export async function bundle(
  entryPoints: Readonly<Record<string, string>> = consoleEntries,
): Promise<Map<string, Buffer>> {
  const deadline = setTimeout(() => void stop(), deadlineMs)
  running += 1
  try {
    const { outputFiles } = await build({
      absWorkingDir: fileURLToPath(new URL('../../', import.meta.url)),
      entryPoints,
      outdir: '.',
      write: false,
      bundle: true,
      minify: true,
      format: 'iife',
      target,
      legalComments: 'inline',
      logLevel: 'silent',
      // A tsconfig is for editors and tests: a server may have none.
      tsconfigRaw: {},
    })
    return new Map(
      outputFiles.map(({ path, contents }) => [path.slice(path.lastIndexOf('/') + 1), Buffer.from(contents)]),
    )
  } finally {
    clearTimeout(deadline)
    running -= 1
    if (running === 0) await stop()
  }
}
