// Preloaded into a server: one that was upgraded, with a console that differs in one file.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const { readFileSync } = fs
fs.readFileSync = ((...args: Parameters<typeof readFileSync>) => {
  const content = readFileSync(...args)
  return String(args[0]).endsWith('/console/app/style/icon.svg') ? Buffer.from(`${content}\n`) : content
}) as typeof readFileSync
syncBuiltinESMExports()
