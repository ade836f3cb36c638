// A real redis-server for tests: own port and directory, may be killed, frozen, restarted and promoted; gone when the test ends.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { RedisConf } from '#common/config/redis-conf.ts'
import { freePort } from './free-port.ts'
import { killWithUs } from './kill-with-us.ts'
import { waitFor } from './wait-for.ts'

const run = promisify(execFile)
const startDeadlineMs = 30_000
const stopDeadlineMs = 30_000

export interface RedisServerOptions {
  /** Default yes, as in production. */
  appendonly?: 'yes' | 'no'
  /** Default always, as in production. */
  appendfsync?: 'always' | 'everysec' | 'no'
  /** Follow this server. */
  replicaof?: RedisServer
  /** Begin with what this server has on disk now, as restored from a backup. */
  copyOf?: RedisServer
  /** Further options, by name without the dashes. */
  config?: Readonly<Record<string, string>>
}

/** The context that node:test gives to a test, or anything else that calls back at the end. */
export interface Cleanup {
  after(callback: () => Promise<void>): unknown
}

/** Runs one command on this port of 127.0.0.1 and gives what redis-cli prints, without the last newline. */
export async function redisCli(port: number, ...command: string[]): Promise<string> {
  const { stdout } = await run('redis-cli', ['-p', String(port), ...command], { timeout: stopDeadlineMs })
  return stdout.replace(/\n$/, '')
}

export class RedisServer {
  readonly port: number
  readonly dir: string
  readonly #options: RedisServerOptions
  #child: ChildProcess | undefined

  private constructor(port: number, dir: string, options: RedisServerOptions) {
    this.port = port
    this.dir = dir
    this.#options = options
  }

  /** Starts a server and resolves when it answers; it ends with the test. */
  static async start(test: Cleanup, options: RedisServerOptions = {}): Promise<RedisServer> {
    const dir = await mkdtemp(join(tmpdir(), 'mcfed-redis-'))
    const server = new RedisServer(await freePort(), dir, options)
    test.after(() => server.#remove())
    if (options.copyOf !== undefined) await cp(options.copyOf.dir, dir, { recursive: true })
    await server.start()
    return server
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** The further options it was started with. */
  get config(): Readonly<Record<string, string>> {
    return this.#options.config ?? {}
  }

  /** False between its end and its next start; a frozen one runs. */
  get isRunning(): boolean {
    return this.#child !== undefined
  }

  /** As the config of a hub has it. */
  get conf(): RedisConf {
    return { layout: 'single', url: this.url }
  }

  /** Starts it again, on the same port and directory. Resolves when it has loaded its data. */
  async start(): Promise<void> {
    if (this.#child !== undefined) throw new Error('redis-server is already running')
    const child = spawn('redis-server', this.#arguments(), { stdio: 'ignore' })
    this.#child = child
    killWithUs(child)
    const isUp = async () => (await this.#ping()) === 'PONG'
    await waitFor(isUp, { what: 'redis-server to answer', deadlineMs: startDeadlineMs })
  }

  /** Ends it as an operator would: everything is saved. */
  stop(): Promise<void> {
    return this.#end('SIGTERM')
  }

  /** kill -9: what has not reached the disk is lost. */
  kill(): Promise<void> {
    return this.#end('SIGKILL')
  }

  /** SIGSTOP: connections stay open and nothing answers any more. */
  freeze(): void {
    this.#child?.kill('SIGSTOP')
  }

  /** SIGCONT. */
  thaw(): void {
    this.#child?.kill('SIGCONT')
  }

  /** As redisCli, on this server. */
  cli(...command: string[]): Promise<string> {
    return redisCli(this.port, ...command)
  }

  /** Resolves when this replica has everything its master has at the time of the call. */
  async caughtUpWith(master: RedisServer): Promise<void> {
    const field = async (server: RedisServer, name: string) =>
      new RegExp(`^${name}:(\\S+)`, 'm').exec(await server.cli('INFO', 'replication'))?.[1]
    const target = Number(await field(master, 'master_repl_offset'))
    const isCaughtUp = async () => {
      const isUp = (await field(this, 'master_link_status')) === 'up'
      return isUp && Number(await field(this, 'slave_repl_offset')) >= target
    }
    await waitFor(isCaughtUp, { what: 'the replica to catch up', deadlineMs: startDeadlineMs })
  }

  #arguments(): string[] {
    const { appendonly = 'yes', appendfsync = 'always', replicaof, config = {} } = this.#options
    const settings = {
      port: String(this.port),
      bind: '127.0.0.1',
      dir: this.dir,
      save: '',
      appendonly,
      appendfsync,
      'repl-diskless-sync-delay': '0',
      ...config,
    }
    const follow = replicaof === undefined ? [] : ['--replicaof', '127.0.0.1', String(replicaof.port)]
    return [...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]), ...follow]
  }

  async #ping(): Promise<string> {
    return this.cli('PING').catch(error => String(error))
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit', { signal: AbortSignal.timeout(stopDeadlineMs) })
    child.kill('SIGCONT')
    child.kill(signal)
    await ended
  }

  async #remove(): Promise<void> {
    await this.kill()
    await rm(this.dir, { recursive: true, force: true })
  }
}
