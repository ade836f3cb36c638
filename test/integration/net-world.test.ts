// The small internet of the tests: what is cut is silent and stays half open, what is hidden cannot be dialled, and nothing stays behind.
import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { linksOf, waitForLinks } from '#test/support/link-status.ts'
import type { NetNode } from '#test/support/net-node.ts'
import { NetWorld } from '#test/support/net-world.ts'
import { startEdge, startHub } from '#test/support/programs.ts'
import { expectEverywhere } from '#test/support/traffic.ts'
import { waitFor } from '#test/support/wait-for.ts'

const port = 7000

/** One end of a TCP connection on a machine. */
class Talker implements AsyncDisposable {
  readonly #child: ChildProcess
  #heard = ''
  #complaint = ''

  constructor(node: NetNode, address: string) {
    const [program = '', ...args] = [...node.prefix, 'socat', '-dd', '-', address]
    this.#child = spawn(program, args)
    this.#child.stdout?.on('data', chunk => {
      this.#heard += chunk
    })
    this.#child.stderr?.on('data', chunk => {
      this.#complaint += chunk
    })
  }

  say(text: string): void {
    this.#child.stdin?.write(text)
  }

  get heard(): string {
    return this.#heard
  }

  hears(text: string): Promise<unknown> {
    return waitFor(() => this.#heard.includes(text), { what: `to hear "${text}"` })
  }

  complains(pattern: RegExp): Promise<unknown> {
    return waitFor(() => pattern.test(this.#complaint), { what: `${pattern}` })
  }

  get isOpen(): boolean {
    return this.#child.exitCode === null
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.isOpen) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }
}

async function talk(from: NetNode, to: NetNode): Promise<{ near: Talker; far: Talker }> {
  const far = new Talker(to, `TCP4-LISTEN:${port},reuseaddr`)
  await far.complains(/listening on/)
  const near = new Talker(from, `TCP4:${to.address}:${port}`)
  await near.complains(/starting data transfer/)
  await far.complains(/starting data transfer/)
  return { near, far }
}

test('where a way is cut packets vanish in both directions, connections stay half open, and go on when it is healed', async () => {
  await using world = await NetWorld.open(['a', 'b', 'c'])
  const [a, b, c] = [world.node('a'), world.node('b'), world.node('c')]
  await using stack = new AsyncDisposableStack()
  const cut = await talk(a, b)
  const whole = await talk(a, c)
  for (const talker of [cut.near, cut.far, whole.near, whole.far]) stack.use(talker)
  cut.near.say('hello')
  await cut.far.hears('hello')

  world.cut('a', 'b')
  cut.near.say(' there')
  cut.far.say('nobody hears')
  whole.near.say('a marker')
  await whole.far.hears('a marker')
  whole.far.say('another')
  await whole.near.hears('another')
  assert.equal(cut.far.heard, 'hello')
  assert.equal(cut.near.heard, '')
  assert.ok(cut.near.isOpen && cut.far.isOpen)

  world.heal('a', 'b')
  await cut.far.hears('hello there')
  await cut.near.hears('nobody hears')
})

test('where a way is cut in one direction the other still carries', async () => {
  await using world = await NetWorld.open(['a', 'b'])
  const { near, far } = await talk(world.node('a'), world.node('b'))
  await using stack = new AsyncDisposableStack()
  stack.use(near)
  stack.use(far)
  world.cutOneWay('b', 'a')
  near.say('a question')
  await far.hears('a question')
  far.say('an answer')
  near.say(', and one more')
  await far.hears('a question, and one more')
  assert.equal(near.heard, '')
  world.healAll()
  await near.hears('an answer')
})

test('groups are parted at one moment, and hear only their own', async () => {
  await using world = await NetWorld.open(['a', 'b', 'c', 'd'])
  world.partition(['a', 'b'], ['c', 'd'])
  await using stack = new AsyncDisposableStack()
  const { near, far } = await talk(world.node('a'), world.node('b'))
  stack.use(near)
  stack.use(far)
  const refused = stack.use(new Talker(world.node('c'), `TCP4:${world.node('a').address}:${port},connect-timeout=0.3`))
  await refused.complains(/Connection timed out/)
  world.healAll()
  world.isolate('d')
  for (const name of ['a', 'b', 'c']) {
    const alone = stack.use(new Talker(world.node('d'), `TCP4:${world.node(name).address}:${port},connect-timeout=0.3`))
    await alone.complains(/Connection timed out/)
  }
})

test('a machine behind NAT dials out under the address of its router, and nobody dials in', async () => {
  await using world = await NetWorld.open(['open', 'hidden'], { behindNat: ['hidden'] })
  const [open, hidden] = [world.node('open'), world.node('hidden')]
  await using stack = new AsyncDisposableStack()
  const { near, far } = await talk(hidden, open)
  stack.use(near)
  stack.use(far)
  await far.complains(new RegExp(`accepting connection from AF=2 ${hidden.address.replaceAll('.', '\\.')}:`))
  far.say('answers come through')
  await near.hears('answers come through')
  const listener = stack.use(new Talker(hidden, `TCP4-LISTEN:${port},reuseaddr`))
  await listener.complains(/listening on/)
  for (const address of [hidden.address, hidden.inner]) {
    const dialler = stack.use(new Talker(open, `TCP4:${address}:${port},connect-timeout=0.3`))
    await dialler.complains(/Connection timed out/)
  }
})

test('programs run on machines of their own, and the test reaches them whatever is cut', async () => {
  await using world = await NetWorld.open(['hub', 'City A', 'City B'])
  const conf = { federation: { ping_seconds: 1, reconnect_max_seconds: 1 } }
  await using hub = await startHub({ at: world.node('hub'), conf: { limits: { ping_seconds: 1 } } })
  await using cityA = await startEdge({ name: 'City A', at: world.node('City A'), hubs: [hub], conf })
  await using cityB = await startEdge({ name: 'City B', at: world.node('City B'), hubs: [hub], conf })
  await waitForLinks(hub, 2)
  world.cut('hub', 'City A')
  await cityA.post('alone')
  await waitForLinks(hub, 1)
  assert.deepEqual(Object.keys(await linksOf(hub)), ['City B'])
  world.heal('hub', 'City A')
  await expectEverywhere([hub, cityA, cityB], ['alone'])
  assert.equal(await cityA.stop(), 0)
})

test('nothing is left of a world, nor of one whose process was killed', async () => {
  const list = () => execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' })
  const script = `const { NetWorld } = await import('#test/support/net-world.ts')
    const world = await NetWorld.open(['left'])
    await world.node('left').door(1)
    console.log('ready')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  assert.match(list(), new RegExp(`^mcfed-test-${child.pid}-1-0`, 'm'))
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
  {
    await using world = await NetWorld.open(['next'])
    assert.ok(list().includes(world.node('next').namespace))
  }
  assert.deepEqual(
    readdirSync(tmpdir()).filter(name => name.startsWith(`mcfed-test-${child.pid}-`)),
    [],
  )
  assert.doesNotMatch(list(), new RegExp(`^mcfed-test-(${child.pid}|${process.pid})-`, 'm'))
})
