// A process of its own that outlives the demo by a moment: when the demo is gone, however it went, this ends the
// programs it left behind and removes its folder. It is told what there is, line by line, on its standard input.
import { rmSync } from 'node:fs'
import { createInterface } from 'node:readline'

const pids = new Set<number>()
const folders = new Set<string>()

const duties: Readonly<Record<string, (value: string) => void>> = {
  started: pid => pids.add(Number(pid)),
  ended: pid => pids.delete(Number(pid)),
  folder: path => folders.add(path),
}

for await (const line of createInterface({ input: process.stdin })) {
  const [word = '', ...rest] = line.split(' ')
  duties[word]?.(rest.join(' '))
}
for (const pid of pids) endProcess(pid)
for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
