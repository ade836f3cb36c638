// What is told of posts that were written at a console: waiting for the radio, on the air, or not sent any more.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { StoreUnavailableError } from '#common/errors.ts'
import { type Entry, LOCAL } from '#common/post-log.ts'
import { airTold } from '#common/spoke-report.ts'
import { ConsolePosts, type PostOnAir } from '#edge/room-server/console-posts.ts'
import { MemoryLog } from '#test/support/memory-log.ts'

const hourMs = 3_600_000

class Bench {
  now = 1_767_225_600_000
  readonly log = new MemoryLog('main', { now: () => this.now })
  saved: readonly string[] = []
  awaited = true
  full = false
  posts = this.newPosts()
  #count = 0

  newPosts(): ConsolePosts {
    return new ConsolePosts({
      log: this.log,
      aired: {
        load: () => [...this.saved],
        save: (_room, guids) => {
          if (this.full) throw new StoreUnavailableError('full')
          this.saved = guids
        },
      },
      isAwaited: () => this.awaited,
      now: () => this.now,
    })
  }

  async write(source: string, text = 'All well'): Promise<Pick<Entry, 'guid' | 'json'>> {
    this.#count += 1
    const guid = `00000000-0000-4000-8000-${String(this.#count).padStart(12, '0')}`
    const json = JSON.stringify({ guid, room: 'main', at: this.now, author: { name: 'Net' }, source, text })
    await this.log.append({ from: LOCAL, posts: [{ guid, at: this.now, json }] })
    return { guid, json }
  }
}

suite('posts of consoles', () => {
  test('wait, are on the air once they were sent, and have passed when nobody awaits them', async () => {
    const bench = new Bench()
    const [first, second] = [await bench.write('console'), await bench.write('console')]
    await bench.write('client')
    bench.posts.wasOnAir(second)
    const states = (one: PostOnAir['state'], two: PostOnAir['state']) => [
      { guid: first.guid, state: one },
      { guid: second.guid, state: two },
    ]
    assert.deepEqual(await bench.posts.states(), states('waiting', 'on-air'))
    bench.awaited = false
    assert.deepEqual(await bench.posts.states(), states('passed', 'on-air'))
    bench.posts.wasOnAir(first)
    assert.deepEqual(await bench.posts.states(), states('on-air', 'on-air'))
  })

  test('a text that only looks like a mark is none', async () => {
    const bench = new Bench()
    const post = await bench.write('client', '"source":"console"')
    bench.posts.wasOnAir(post)
    assert.deepEqual([await bench.posts.states(), bench.saved], [[], []])
  })

  test('who was on the air is known after a restart, and told once', async () => {
    const bench = new Bench()
    let rings = 0
    bench.posts.subscribe(() => (rings += 1))
    const post = await bench.write('console')
    bench.posts.wasOnAir(post)
    bench.posts.wasOnAir(post)
    assert.equal(rings, 1)
    bench.posts = bench.newPosts()
    assert.deepEqual(await bench.posts.states(), [{ guid: post.guid, state: 'on-air' }])
  })

  test('a disk that is full does not keep it from being told', async () => {
    const bench = new Bench()
    const post = await bench.write('console')
    bench.full = true
    bench.posts.wasOnAir(post)
    assert.deepEqual(await bench.posts.states(), [{ guid: post.guid, state: 'on-air' }])
  })

  test('the newest are told, those of the last hours', async () => {
    const bench = new Bench()
    await bench.write('console')
    bench.now += 7 * hourMs
    const guids = []
    for (let i = 0; i < airTold + 5; i++) guids.push((await bench.write('console')).guid)
    const told = async () => (await bench.posts.states()).map(({ guid }) => guid)
    assert.deepEqual(await told(), guids.slice(-airTold))
    const another = (await bench.write('console')).guid
    assert.deepEqual(await told(), [...guids.slice(1 - airTold), another])
    bench.now += 7 * hourMs
    assert.deepEqual(await told(), [])
  })

  test('a log that begins a new epoch is read anew', async () => {
    const bench = new Bench()
    const post = await bench.write('console')
    await bench.posts.states()
    bench.log.restore(bench.log.snapshot())
    assert.deepEqual(await bench.posts.states(), [{ guid: post.guid, state: 'waiting' }])
  })
})
