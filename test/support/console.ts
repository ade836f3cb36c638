// What people do at a console, by what they see of it: names of fields, buttons and views.
import assert from 'node:assert/strict'
import type { Locator, Page } from 'playwright-core'
import type { Network } from '#common/network.ts'
import type { Visit } from './browser.ts'
import { testRoom } from './programs.ts'

/** For what comes over a link, or back after an outage. */
export const arrivalMs = 45_000

/** From the page for who is not signed in to the rooms. */
export async function signIn(page: Page, token: string): Promise<void> {
  await page.getByLabel('Token').fill(token)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('navigation', { name: 'Views' }).waitFor()
}

/** Shows a view by its address, without loading the page again. */
export async function go(page: Page, hash: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(hash)}`)
}

/** From any view. An edge calls a room by the name that it has there. */
export async function openRoom(page: Page, room: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Rooms' }).click()
  await page.getByRole('main').getByRole('link', { name: room }).click()
  await page.getByRole('main').getByRole('heading', { name: room, level: 1 }).waitFor()
}

export interface Writing {
  room?: string
  /** Default "Net control". */
  author?: string
  isPriority?: boolean
}

/** Writes into a room that is open. */
export async function send(
  page: Page,
  text: string,
  { room = testRoom, author = 'Net control', isPriority }: Writing = {},
): Promise<void> {
  const form = page.getByRole('region', { name: `Post in ${room}` })
  await form.getByLabel('As', { exact: true }).fill(author)
  if (isPriority) await form.getByLabel('Priority notice').check()
  await form.getByRole('textbox', { name: `Text of a post in ${room}` }).fill(text)
  await form.getByRole('button', { name: /^Send/ }).click()
}

/** A post in the feed, with author, city, times and marks. */
export function postOf(page: Page, text: string): Locator {
  return page.getByRole('article').filter({ has: page.getByText(text, { exact: true }) })
}

export async function wordsOf(found: Locator): Promise<string> {
  return (await found.textContent()) ?? ''
}

export async function seesPost(page: Page, text: string): Promise<void> {
  await postOf(page, text).waitFor({ timeout: arrivalMs })
}

/** The last of these has come; then all of them are there once, in this order, as far as the feed is drawn. */
export async function seesOnceInOrder(page: Page, texts: readonly string[]): Promise<void> {
  await seesPost(page, texts.at(-1) ?? '')
  const shown = (await page.getByRole('article').allInnerTexts()).map(article =>
    texts.find(text => article.includes(text)),
  )
  assert.deepEqual(
    shown.filter(text => text !== undefined),
    texts,
  )
}

/** What a browser says of an outage that the test makes is no fault of the page. */
export function expectOutage(visit: Visit): void {
  visit.expect(/net::ERR_/, /WebSocket connection to .* failed/, /status of 50\d/)
}

/** Shows this net in place of the server's. To a page another server would be another net: who it is stays as it is. */
export async function showNet(page: Page, net: () => Network): Promise<void> {
  await page.route('**/api/v1/network*', async route => {
    const real: Network = await (await route.fetch()).json()
    const { server, ...shown } = net()
    await route.fulfill({ json: { ...shown, server: { ...server, id: real.server.id } } })
  })
}
