// The programs the bench drives: checked before anything is measured, installed where that is allowed.
import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'

const packageOf: Record<string, string> = {
  mosquitto: 'mosquitto',
  'nats-server': 'nats-server',
  'redis-server': 'redis-server',
  taskset: 'util-linux',
  openssl: 'openssl',
}
const folders = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/bin', '/usr/local/sbin']

/** Installs Debian packages for missing programs when run as root. @throws Error that names what to install. */
export function requirePrograms(programs: readonly string[]): void {
  const missing = programs.filter(p => !isInstalled(p)).map(p => packageOf[p] ?? p)
  if (missing.length === 0) return
  const command = ['apt-get', 'install', '-y', '--no-install-recommends', ...missing]
  if (process.getuid?.() !== 0) throw new Error(`missing programs; run: sudo ${command.join(' ')}`)
  // The packages may start services of their own, on default ports and idle: the bench uses none of these ports.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  execFileSync('apt-get', command.slice(1), { stdio: ['ignore', 2, 2], env })
}

function isInstalled(program: string): boolean {
  return folders.some(folder => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
