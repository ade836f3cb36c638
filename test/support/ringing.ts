// Somebody who is rung for at a console: its sounds are counted, its notifications kept.
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import type { Visit } from './browser.ts'
import { signIn } from './console.ts'
import { waitFor } from './wait-for.ts'

/** In the page: counts its tones, keeps what it shows outside of itself, and has somebody look at another window. */
const listen = `
  window.heard = { tones: 0, notes: [] }
  const { createOscillator } = AudioContext.prototype
  AudioContext.prototype.createOscillator = function () {
    heard.tones += 1
    return createOscillator.call(this)
  }
  window.Notification = class extends Notification {
    constructor(title, options) {
      super(title, options)
      heard.notes.push(title + ': ' + options.body)
    }
  }
  document.hasFocus = () => false
`

interface Heard {
  tones: number
  notes: string[]
}

export function heardBy(page: Page): Promise<Heard> {
  return page.evaluate('heard')
}

export function goTo(page: Page, view: 'Alerts' | 'Rooms' | 'Network'): Promise<void> {
  return page.getByRole('navigation').getByRole('link', { name: view }).click()
}

/** Signs in, where that is asked for, and wants to be rung for: two tones say how it sounds. */
export async function listenAt({ context, page }: Visit, token?: string): Promise<void> {
  await context.grantPermissions(['notifications'])
  await context.addInitScript({ content: listen })
  await page.reload()
  if (token !== undefined) await signIn(page, token)
  await goTo(page, 'Alerts')
  await page.getByText('Nothing, as far as').waitFor()
  await page.getByText('Sound off, notifications off').click()
  await page.getByLabel('by sound').check()
  await page.getByLabel('by notifications').check()
  await page.getByText('Sound on, notifications on').waitFor()
  await waitFor(async () => (await heardBy(page)).tones === 2, { what: 'the sound to be tried' })
}

/** Each was told outside of the page once, and every note with its two tones. Gives what was heard so far. */
export async function wasRungFor(page: Page, texts: readonly RegExp[]) {
  const hasRung = ({ tones, notes }: Heard) => tones === 2 + 2 * notes.length
  const heard = await waitFor(() => heardBy(page), { what: 'it to ring for each note', until: hasRung })
  const said = heard.notes.join('\n')
  for (const text of texts) assert.equal(said.split(text).length, 2, `${text} in ${said}`)
  return heard
}
