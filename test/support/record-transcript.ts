// Records how this version links, for all later versions: node test/support/record-transcript.ts
// What was recorded once is never recorded anew: a transcript is written for a version that has none.
import { existsSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { type Post, signPost } from '#common/post.ts'
import type { Side } from '#common/protocol/handshake.ts'
import type { SpokeReport } from '#common/spoke-report.ts'
import { version } from '#common/version.ts'
import { memoryConnection } from './memory-transport.ts'
import {
  factsOf,
  identityOf,
  ownPost,
  type Session,
  type SessionLine,
  type SessionSide,
  type Step,
  type Transcript,
  transcriptUrl,
} from './transcript.ts'
import { TranscriptServer } from './transcript-server.ts'

/** Longer than anything of a link waits before it says something, but for pings. */
const quietMs = 1500
/** Without the number that changes nothing on the wire. */
const release = version.replace(/\.\d+$/, '')
const clock = 1_767_225_660_000
const [current, previous] = ['000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f', '0f'.repeat(32)]
const room = 'frontrange'

type Doing = [Side, Step]
interface Plan {
  session: Omit<Session, 'lines'>
  /** One after the other, each when all is quiet. */
  doings: Doing[]
}

const byClose = (side: Side): Doing => [side, { do: 'close', code: 4503, reason: 'the room server stops' }]
const store = (by: string, ...posts: number[]): Step => ({ do: 'store', posts, by })
const part = (server: string, changes: Partial<SessionSide>): SessionSide => {
  return { server, secrets: [current], before: [], standby: false, after: [], ...changes }
}

/** Of what the edge has by then, with everything that a report may have. */
const report: SpokeReport = {
  rooms: [
    {
      room,
      stored: { epoch: 'EpochRecorded-22', offset: 6 },
      rf: true,
      members: 2,
      air: (['waiting', 'on-air', 'passed'] as const).map((state, n) => ({ guid: guidOf(n), state })),
    },
  ],
  self: {
    uptimeSeconds: 86_400,
    systemOffMs: -250,
    position: { latitude: 47.37, longitude: -8.54 },
    certificateDays: 3211,
    toStore: 1,
    radio: {
      state: 'ready',
      board: 'Heltec V3',
      budgetUsed: 0.412,
      budgetSeconds: 360,
      queued: 2,
      heard: 5210,
      sent: 1876,
      failed: 3,
      noiseFloorDbm: -117,
      lastSnrDb: 9.5,
      lastRssiDbm: -84,
      batteryMillivolts: null,
    },
    links: [
      {
        id: 'oJql9HpnWYAv-VX43C0qFKXJnSO-l_hkEn_5ODRVpPA',
        name: 'hub',
        role: 'hub',
        state: 'connected',
        latencyMs: 12,
        toSend: 0,
      },
    ],
  },
}

const plans: Plan[] = [
  {
    session: {
      name: 'an edge dials a hub that accepts two secrets; both have posts, and more come',
      dialler: part('edge', { before: [store(ownPost, 0, 1)], after: [0, 1, 3, 4, 6, 7] }),
      acceptor: part('hub', {
        secrets: [current, previous],
        before: [store('other', 3), { do: 'card', of: 'other' }],
        after: [0, 1, 3, 4, 6, 7],
      }),
    },
    doings: [
      ['dialler', store(ownPost, 6)],
      ['acceptor', store('other', 4)],
      ['acceptor', { do: 'refuse' }],
      ['dialler', store(ownPost, 7)],
      ['dialler', { do: 'report', report }],
      ['dialler', { do: 'ping', n: 1 }],
      ['acceptor', { do: 'ping', n: 2 }],
      byClose('dialler'),
    ],
  },
  {
    session: {
      name: 'an edge that has the previous secret only; what it has not read yet is no longer kept',
      dialler: part('edge', { secrets: [previous], before: [{ do: 'cursor', of: 'hub', offset: 1 }], after: [4] }),
      acceptor: part('hub', {
        secrets: [current, previous],
        before: [store('other', 2, 3, 5), { do: 'trim' }, store('other', 4)],
        after: [4],
      }),
    },
    doings: [byClose('acceptor')],
  },
  {
    session: {
      name: 'an edge dials an edge; both stand by for a hub, one loses it, and gets it back',
      dialler: part('edge', { before: [store('hub', 3), store(ownPost, 0)], standby: true, after: [0, 1, 2, 3] }),
      acceptor: part('other', { before: [store('hub', 3), store(ownPost, 2)], standby: true, after: [0, 1, 2, 3] }),
    },
    doings: [
      ['dialler', { do: 'standby', on: false }],
      ['dialler', store(ownPost, 1)],
      ['dialler', { do: 'standby', on: true }],
      byClose('acceptor'),
    ],
  },
]

async function main(): Promise<void> {
  const url = transcriptUrl(release)
  if (existsSync(url)) throw new Error(`${url.pathname} is there; a transcript is recorded once`)
  const transcript = emptyTranscript()
  for (const plan of plans) transcript.sessions.push(await record(plan, transcript))
  writeFileSync(url, `${JSON.stringify(transcript, undefined, 1)}\n`)
}

function emptyTranscript(): Transcript {
  const facts = (seed: string, name: string, role: 'hub' | 'edge', id: string) => {
    const program = role === 'hub' ? 'federation-hub' : 'meshcore-room'
    const nonce = Buffer.from(seed.replaceAll('1', 'a').replaceAll('2', 'b').replaceAll('3', 'c'), 'hex')
    const words = { software: `${program}/${version}`, boot: `boot-of-${role}-${seed.slice(0, 2)}` }
    return {
      seed,
      id,
      name,
      role,
      ...words,
      nonce: nonce.toString('base64url'),
      epoch: `EpochRecorded-${seed.slice(0, 2)}`,
    }
  }
  const transcript: Transcript = {
    protocol: 'mcfed.1',
    version: release,
    room,
    clock,
    exporter: Buffer.from(Array.from({ length: 32 }, (_, i) => 0x40 + i)).toString('hex'),
    servers: {
      edge: facts('11'.repeat(32), 'City A', 'edge', ''),
      hub: facts('22'.repeat(32), 'hub', 'hub', ''),
      other: facts('33'.repeat(32), 'Zürich "Süd"', 'edge', ''),
    },
    posts: [],
    sessions: [],
  }
  for (const server of Object.values(transcript.servers)) {
    server.id = identityOf(server).id
    if (server.role === 'edge') server.wanBytesPerDay = 50_000_000
  }
  transcript.posts = Array.from({ length: 8 }, (_, n) => JSON.stringify(postOf(n, transcript)))
  return transcript
}

/** 2 to 5 are of the other city. */
function postOf(n: number, transcript: Transcript): Post {
  const facts = factsOf(transcript, n >= 2 && n <= 5 ? 'other' : 'edge')
  const guid = guidOf(n)
  const author = n % 2 === 0 ? { name: 'Ada' } : { name: '陈', key: 'a1b2c3d4' }
  const text = `Post ${n}: "grüße"\n🛰`
  const post = { guid, room, origin: facts.id, at: clock - 60_000 + n, author, source: 'client' as const, text }
  return signPost(post, identityOf(facts))
}

function guidOf(n: number): string {
  return `8f14e45f-ceea-467f-a0e6-2b1c7b8d9e0${n}`
}

async function record({ session, doings }: Plan, transcript: Transcript): Promise<Session> {
  const lines: SessionLine[] = []
  const exporter = Buffer.from(transcript.exporter, 'hex')
  const connection = memoryConnection({ dialler: exporter, acceptor: exporter })
  const whole: Session = { ...session, lines }
  let movedAt = performance.now()
  for (const side of ['dialler', 'acceptor'] as const) {
    const transport = connection[side]
    const send = transport.send.bind(transport)
    transport.send = frame => {
      lines.push({ from: side, frame: frame.toString() })
      movedAt = performance.now()
      send(frame)
    }
  }
  const open = (side: Side) => TranscriptServer.open({ transcript, session: whole, side, transport: connection[side] })
  await using dialler = await open('dialler')
  await using acceptor = await open('acceptor')
  const servers = { dialler, acceptor }
  const linked = Promise.all([dialler.run(), acceptor.run()])
  const rest = async () => {
    movedAt = performance.now()
    while (performance.now() - movedAt < quietMs) {
      if (!connection.deliver('acceptor') && !connection.deliver('dialler')) await delay(1)
    }
  }
  await rest()
  const links = await linked
  for (const [at, step] of doings) {
    lines.push({ at, ...step })
    await servers[at].perform(step)
    await rest()
  }
  await Promise.all(links.map(link => link.ended))
  return whole
}

await main()
