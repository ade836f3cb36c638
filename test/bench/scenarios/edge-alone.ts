// Row 10: one edge with very many posts stored. Its memory, its start, a post acknowledged to a program beside it, the wear of its card.
import { closeSync, fsyncSync, openSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { createLog } from '#common/log.ts'
import { LOCAL } from '#common/post-log.ts'
import { SqliteStore } from '#common/sqlite/sqlite-store.ts'
import { EdgeHttp } from '../clients/edge-http.ts'
import type { Figures, Params } from '../control.ts'
import { Tally, within } from '../deadline.ts'
import { headOf, isCaughtUp, statusWhen } from '../edge-status.ts'
import { makePosts, textBytes } from '../posts.ts'
import { newIdentity, quantile, roomNames, type Scenario, type Stage } from '../stage.ts'

const rooms = roomNames(1)
const room = rooms[0] ?? ''
const startMs = 60_000
const lookMs = 2
const shippingMs = 180_000
const storedMs = 10_000
const pagePosts = 100
const batchPosts = 512
const postsPerHour = 3000
const linkShare = 0.9
/** Linux writes a page to the disk when it has been dirty for 30 s: at 3,000 posts an hour that is 25 posts. */
const postsPerWriteBack = 25

export const edgeAlone: Scenario = async (stage, params) => {
  const edge = new EdgeHttp(stage.edge.port, room)
  await startEdge(stage, edge, 'edge-start-alone')
  // Ends in order: only then does node write its compile cache.
  await stage.order('edge-end')
  await fill(stage.edge.database, params.posts)
  const readyMs = await startEdge(stage, edge, 'edge-start-alone')
  await useALittle(edge, params)
  const residentMegabytes = await resident(stage)
  const { cardBytesPerLocalPost, ...local } = await writeLocally(stage, edge, params.singlePosts)
  await stage.order('edge-stop')
  const readyAfterKillMs = await startEdge(stage, edge, 'edge-start')
  await statusWhen(edge, { ms: shippingMs, lookMs: 50 }, isCaughtUp)
  const cardBytesPerLinkPost = await writeFromLink(stage, edge, params.singlePosts)
  const cardBytesPerPost = linkShare * cardBytesPerLinkPost + (1 - linkShare) * cardBytesPerLocalPost
  return {
    residentMegabytes,
    residentMegabytesWithLink: await resident(stage),
    readyMs,
    readyAfterKillMs,
    ...local,
    cardBytesPerLocalPost,
    cardBytesPerLinkPost,
    cardMegabytesPerDay: (cardBytesPerPost * postsPerHour * 24) / 1e6,
  }
}

/** Gives the time from the start of the process to its first "ready", in ms. */
async function startEdge(stage: Stage, edge: EdgeHttp, order: 'edge-start' | 'edge-start-alone'): Promise<number> {
  const startAt = performance.now()
  const started = stage.order(order)
  const ready = (async () => {
    while (!(await edge.isReady())) {
      if (performance.now() - startAt > startMs) throw new Error(`the edge is not ready after ${startMs} ms`)
      await delay(lookMs)
    }
    return performance.now() - startAt
  })()
  const [ms] = await Promise.all([ready, started])
  return ms
}

/** Puts posts into the edge's database while the edge does not run. */
async function fill(path: string, count: number): Promise<void> {
  const store = SqliteStore.open({ path, retentionDays: 30, log: createLog({ json: false, level: 'error' }) })
  try {
    const log = store.log(room)
    const at = Date.now()
    const posts = makePosts({ identity: newIdentity(), rooms, count, firstSeq: 0 })
    const rows = posts.map(({ guid, payload }) => ({ guid, at, json: payload.toString() }))
    for (let i = 0; i < count; i += batchPosts) {
      const result = await log.append({ from: LOCAL, posts: rows.slice(i, i + batchPosts) })
      if (result.conflict || result.verdicts.some(verdict => verdict !== 'stored')) throw new Error('posts not stored')
    }
  } finally {
    store.close()
  }
}

/** Memory of a process that has done nothing yet says little. */
async function useALittle(edge: EdgeHttp, { posts, warmUpPosts }: Params): Promise<void> {
  for (let after = 0; after + pagePosts <= posts; after += posts / 10) await edge.read(Math.floor(after), pagePosts)
  for (let i = 0; i < warmUpPosts; i += 1) await edge.post(textOf(i))
}

async function writeLocally(stage: Stage, edge: EdgeHttp, count: number): Promise<Figures & CardBytes> {
  const samples = new Float64Array(count)
  const cardBytesPerLocalPost = await cardBytesPerPost(stage, count, async i => {
    const startAt = performance.now()
    await edge.post(textOf(i))
    samples[i] = performance.now() - startAt
  })
  return { localPostP50Ms: quantile(samples, 0.5), localPostP99Ms: quantile(samples, 0.99), cardBytesPerLocalPost }
}

interface CardBytes {
  cardBytesPerLocalPost: number
}

/** Every post is stored at the edge before the next is written at the hub: each is a commit of its own. */
async function writeFromLink(stage: Stage, edge: EdgeHttp, count: number): Promise<number> {
  const identity = newIdentity()
  const acks = new Tally()
  const onAck = (_seq: number, at: number) => acks.add(at)
  const spoke = stage.spoke({ name: 'author', identity, rooms, follows: false, onDelivery: () => {}, onAck })
  await spoke.connect()
  const posts = makePosts({ identity, rooms, count, firstSeq: 1 << 24 })
  const first = headOf(await statusWhen(edge, { ms: storedMs, lookMs }, isCaughtUp))
  const wal = openSync(`${stage.edge.database}-wal`, 'r')
  try {
    return await cardBytesPerPost(stage, count, async i => {
      const post = posts[i]
      if (post !== undefined) spoke.publish(post)
      await statusWhen(edge, { ms: storedMs, lookMs: 0 }, status => headOf(status) > first + i)
      if ((i + 1) % postsPerWriteBack === 0) fsyncSync(wal)
    })
  } finally {
    closeSync(wal)
    await within(storedMs, 'end of the author', spoke.disconnect())
  }
}

/** Has `count` posts written, and gives what the edge wrote to its disk for each, in bytes. */
async function cardBytesPerPost(stage: Stage, count: number, write: (i: number) => Promise<void>): Promise<number> {
  const before = await stage.order('edge-usage')
  for (let i = 0; i < count; i += 1) await write(i)
  const bytes = (await stage.order('edge-usage')).writtenBytes - before.writtenBytes
  if (bytes === 0) throw new Error('nothing was written to a disk: choose a folder on one with --dir')
  return bytes / count
}

async function resident(stage: Stage): Promise<number> {
  return (await stage.order('edge-usage')).rssBytes / 1e6
}

function textOf(i: number): string {
  return `local post ${i} `.padEnd(textBytes, 'the quick brown fox jumps over the lazy dog ')
}
