// The Debian programs that tests drive: missing ones are installed where that is allowed, and named where it is not.
import { execFileSync } from 'node:child_process'
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Program by program, the Debian package it comes in. */
const packageOf = {
  'redis-server': 'redis-server',
  'redis-cli': 'redis-tools',
  socat: 'socat',
  ip: 'iproute2',
  nft: 'nftables',
  faketime: 'faketime',
  openssl: 'openssl',
  haproxy: 'haproxy',
  caddy: 'caddy',
  shellcheck: 'shellcheck',
  'systemd-analyze': 'systemd',
  setpriv: 'util-linux',
  chromium: 'chromium',
} as const

export type Tool = keyof typeof packageOf

const aptDeadlineMs = 10 * 60_000
/** Asked by every package before it starts a service; 101 is "no". */
const servicePolicy = '/usr/sbin/policy-rc.d'

/**
 * Installs what is missing, as root on Debian; no service is started.
 * @throws Error that says what to install, where it cannot do so itself or apt-get fails
 */
export function requireTools(tools: readonly Tool[]): void {
  const missing = tools.filter(tool => !isInstalled(tool))
  if (missing.length === 0) return
  const packages = [...new Set(missing.map(tool => packageOf[tool]))]
  const command = `apt-get install -y --no-install-recommends ${packages.join(' ')}`
  const advice = `the tests need ${missing.join(', ')}; on Debian, as root: apt-get update && ${command}`
  if (process.getuid?.() !== 0 || !isInstalled('apt-get')) throw new Error(advice)
  process.stderr.write(`installing what the tests need: ${packages.join(', ')}\n`)
  try {
    withoutServices(() => {
      apt('update')
      apt('install', '-y', '--no-install-recommends', ...packages)
    })
  } catch (error) {
    throw new Error(advice, { cause: error })
  }
}

function isInstalled(program: string): boolean {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']
  return folders.some(folder => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** Tests start their own servers; those of the packages would stay behind on the default ports. */
function withoutServices(install: () => void): void {
  const isOurs = !existsSync(servicePolicy)
  if (isOurs) writeFileSync(servicePolicy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    install()
  } finally {
    if (isOurs) rmSync(servicePolicy)
  }
}

function apt(...args: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  // To standard error: standard output is the report of the tests.
  execFileSync('apt-get', ['-q', ...args], { stdio: ['ignore', 2, 2], env, timeout: aptDeadlineMs })
}
