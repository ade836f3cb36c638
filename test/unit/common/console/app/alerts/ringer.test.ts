// A browser rings as its person wants: not at all at first, in one tab of many, and it says when it cannot be heard.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Desktop, type NotificationClass } from '#common/console/app/alerts/desktop.ts'
import { Ringer } from '#common/console/app/alerts/ringer.ts'
import { keptItems } from '#test/support/kept-items.ts'

const call = {
  ...{ sound: 'alert' as const, tag: 'alert 1', title: 'Radio gone', body: 'the radio is away' },
  ...{ isUrgent: false, href: '#/alerts' },
}

interface Shown {
  title: string
  tag: string | undefined
  note: { onclick: unknown; close: () => void }
}

/** A browser's Notification that asks as told. */
function notifications(answer: NotificationPermission) {
  const shown: Shown[] = []
  class Note {
    static permission: NotificationPermission = 'default'
    static async requestPermission() {
      Note.permission = answer
      return answer
    }
    onclick: unknown = null
    close() {}
    constructor(title: string, options: NotificationOptions) {
      shown.push({ title, tag: options.tag, note: this })
    }
  }
  return { shown, Note: Note as unknown as NotificationClass }
}

/** Of tabs that take turns. */
function turns() {
  let turn: Promise<unknown> = Promise.resolve()
  return async (job: () => Promise<unknown>) => {
    turn = turn.then(job)
    await turn
  }
}

function begin({
  storage = keptItems(),
  canSound = true,
  answer = 'granted' as NotificationPermission,
  alone = turns(),
} = {}) {
  const { shown, Note } = notifications(answer)
  const page = { canSound, isHidden: true, rung: [] as string[], went: [] as string[], now: 0 }
  const ring = async (sound: string) => {
    if (page.canSound) page.rung.push(sound)
    return page.canSound
  }
  const ringer = new Ringer({
    bell: { ready: async () => page.canSound, ring },
    desktop: new Desktop(Note),
    storage,
    isHidden: () => page.isHidden,
    go: href => void page.went.push(href),
    wait: async () => {},
    alone,
    now: () => page.now,
  })
  return { ringer, page, shown, storage }
}

test('nothing rings until somebody wants it', async () => {
  const { ringer, page, shown } = begin()
  await ringer.ring(call)
  assert.deepEqual([page.rung, shown], [[], []])
})

test('sound is tried at once, is kept, and rings in one tab only', async () => {
  const { ringer, page, storage } = begin()
  await ringer.setSound(true)
  assert.deepEqual(page.rung, ['alert'])
  const other = begin({ storage })
  assert.equal(other.ringer.hasSound.value, true)
  await ringer.ring(call)
  await other.ringer.ring(call)
  other.page.now += 3000
  await other.ringer.ring({ ...call, tag: 'alert 2' })
  assert.deepEqual([page.rung, other.page.rung], [['alert', 'alert'], ['alert']])
  await ringer.setSound(false)
  other.ringer.read()
  assert.equal(other.ringer.hasSound.value, false)
})

test('tabs that come to it in the same moment ring once: what one has kept the next one sees', async () => {
  const [storage, alone] = [keptItems(), turns()]
  /** As browsers have it: what is kept in one tab is there for the others a moment later. */
  const later = { ...storage, setItem: (name: string, value: string) => void kept.push([name, value]) }
  const kept: [name: string, value: string][] = []
  const settled = async (job: () => Promise<unknown>) =>
    alone(async () => {
      await job()
      for (const [name, value] of kept.splice(0)) storage.setItem(name, value)
    })
  const tabs = [1, 2].map(() => begin({ storage: later, alone: settled }))
  for (const { ringer } of tabs) ringer.hasSound.value = true
  await Promise.all(tabs.map(({ ringer }) => ringer.ring(call)))
  assert.equal(tabs.flatMap(({ page }) => page.rung).length, 1)
})

test('a page that nobody has touched says that it is not heard, and leaves the ringing to another', async () => {
  const { ringer, storage } = begin()
  await ringer.setSound(true)
  const mute = begin({ storage, canSound: false })
  await mute.ringer.look()
  assert.equal(mute.ringer.isMute.value, true)
  await mute.ringer.ring({ ...call, tag: 'alert 3' })
  const third = begin({ storage })
  await third.ringer.ring({ ...call, tag: 'alert 3' })
  assert.deepEqual(third.page.rung, ['alert'])
  mute.page.canSound = true
  await mute.ringer.look()
  assert.equal(mute.ringer.isMute.value, false)
})

test('notes of the browser, while nobody looks at the page; a click on one leads there', async () => {
  const { ringer, page, shown } = begin()
  await ringer.setNotes(true)
  assert.equal(ringer.hasNotes.value, true)
  await ringer.ring(call)
  page.isHidden = false
  await ringer.ring({ ...call, tag: 'alert 2' })
  const [first, ...rest] = shown
  assert.deepEqual([first?.title, first?.tag, rest.length], ['Radio gone', 'alert 1', 0])
  if (typeof first?.note.onclick === 'function') first.note.onclick()
  assert.deepEqual(page.went, ['#/alerts'])
})

test('a flood of calls is one sound in a while and few notes; another kind of call sounds all the same', async () => {
  const { ringer, page, shown, storage } = begin()
  for (const set of [ringer.setNotes(true), ringer.setSound(true)]) await set
  const flood = (from: number) =>
    Array.from({ length: 20 }, (_, n) => ringer.ring({ ...call, tag: `alert ${from + n}` }))
  await Promise.all(flood(0))
  assert.deepEqual([page.rung.length, new Set(shown.map(({ tag }) => tag)).size], [2, 2])
  await ringer.ring({ ...call, sound: 'priority', tag: 'post a' })
  assert.deepEqual([page.rung.at(-1), shown.at(-1)?.tag], ['priority', 'post a'])
  const other = begin({ storage })
  await other.ringer.ring({ ...call, tag: 'alert 7' })
  assert.deepEqual(other.page.rung, [], 'it was told in the sound before')
  page.now += 3000
  await Promise.all(flood(20))
  assert.deepEqual(page.rung, ['alert', 'alert', 'priority', 'alert'])
})

test('what could not sound holds nothing up', async () => {
  const { ringer, page } = begin()
  await ringer.setSound(true)
  page.canSound = false
  await ringer.ring(call)
  page.canSound = true
  await ringer.ring({ ...call, tag: 'alert 2' })
  assert.deepEqual(page.rung, ['alert', 'alert'])
})

test('notes that are forbidden stay off, and where there are none that is said', async () => {
  const { ringer, shown } = begin({ answer: 'denied' })
  await ringer.setNotes(true)
  assert.deepEqual([ringer.hasNotes.value, ringer.permission.value], [false, 'denied'])
  await ringer.ring(call)
  assert.deepEqual(shown, [])
  const none = new Desktop(undefined)
  assert.equal(none.permission, 'absent')
  assert.equal(await none.ask(), 'absent')
})

test('a browser that takes notes of service workers only has none', () => {
  class Refusing {
    static permission = 'granted'
    constructor() {
      throw new TypeError('Illegal constructor')
    }
  }
  const desktop = new Desktop(Refusing as unknown as NotificationClass)
  desktop.show({ ...call, onClick: () => {} })
  assert.equal(desktop.permission, 'absent')
})
