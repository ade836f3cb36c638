// People at screens: Debian's Chromium, driven by Playwright. Whatever a page did wrong fails the test: a breach of its own content
// security policy, a script error, a request to anybody but its server.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import type { Cleanup } from './redis-server.ts'

export interface VisitOptions {
  /** Of the page to open, as `https://127.0.0.1:8443`. */
  url: string
  /** A small screen that is touched. */
  phone?: boolean
  dark?: boolean
  /** A screen of another size, in CSS pixels. */
  size?: { width: number; height: number }
}

/** Longest wait of a step on a page; and for a page to be there, which a browser that has just started takes its time for. */
const stepDeadlineMs = 30_000
const loadDeadlineMs = 60_000
const desk = { width: 1280, height: 800 }
const pocket = { width: 390, height: 780 }
/** Names that end so lead to this machine, as those of a local network would: no loopback for the server, no secure context for the page. */
export const lanDomain = 'test.lan'
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
/** Nobody is signed in before the sign-in: the page asks whether somebody is. */
const asksWhoIsThere = /status of 401 .*\/api\/v1\/session$/

export class TestBrowser implements AsyncDisposable {
  readonly #browser: Browser

  private constructor(browser: Browser) {
    this.#browser = browser
  }

  static async start(): Promise<TestBrowser> {
    const args = [`--host-resolver-rules=MAP *.${lanDomain} 127.0.0.1`]
    return new TestBrowser(await chromium.launch({ executablePath: '/usr/bin/chromium', args }))
  }

  /** Opens a page, with cookies and storage of its own. It ends with the test, which fails when the page did wrong. */
  async visit(
    test: Cleanup & { readonly passed?: boolean },
    { url, phone = false, dark = false, size }: VisitOptions,
  ): Promise<Visit> {
    const context = await this.#browser.newContext({
      viewport: size ?? (phone ? pocket : desk),
      isMobile: phone,
      hasTouch: phone,
      colorScheme: dark ? 'dark' : 'light',
      reducedMotion: 'reduce',
      // The tests' own authority is not that of browsers.
      ignoreHTTPSErrors: true,
      locale: 'en-GB',
      timezoneId: 'UTC',
    })
    context.setDefaultTimeout(stepDeadlineMs)
    context.setDefaultNavigationTimeout(loadDeadlineMs)
    const visit = new Visit(context, new URL(url))
    test.after(() => visit.end(test.passed !== false))
    visit.page = await visit.tab()
    return visit
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close()
  }
}

/** One person's browser: what is open in it shares a sign-in and what is kept locally. */
export class Visit {
  /** The tab that was opened first. */
  declare page: Page
  readonly context: BrowserContext
  readonly #url: URL
  readonly #faults: string[] = []
  readonly #expected: RegExp[] = [asksWhoIsThere]

  constructor(context: BrowserContext, url: URL) {
    this.context = context
    this.#url = url
    context.on('weberror', error => this.#faults.push(`script error: ${error.error().stack ?? error.error()}`))
    context.on('console', message => {
      if (message.type() === 'error') this.#faults.push(`${message.text()} ${message.location().url}`)
    })
    context.on('request', request => {
      if (!this.#isOurs(request.url())) this.#faults.push(`a request to elsewhere: ${request.url()}`)
    })
  }

  /** One more tab on the same page. */
  async tab(hash = ''): Promise<Page> {
    const page = await this.context.newPage()
    await page.goto(new URL(hash, this.#url).href)
    return page
  }

  /** What the browser says of an outage that the test makes is no fault of the page. */
  expect(...patterns: readonly RegExp[]): void {
    this.#expected.push(...patterns)
  }

  /** What the page did wrong so far. */
  get faults(): readonly string[] {
    return this.#faults.filter(fault => !this.#expected.some(pattern => pattern.test(fault)))
  }

  /** What hinders people with a disability on the page as it is now, by WCAG 2.2 AA and good practice; empty when nothing does. */
  async barriers(page = this.page): Promise<string[]> {
    await page.evaluate(axeSource)
    const { violations } = await page.evaluate(runAxe)
    return violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} (${help}) at ${target.join(' ')}: ${failureSummary}`),
    )
  }

  /** @throws Error that says what the page did wrong; of a test that has failed anyway it is shown, with what is on the page */
  async end(isGood = true): Promise<void> {
    const { faults } = this
    const words = faults.length === 0 ? '' : `the page did wrong:\n${faults.slice(0, 10).join('\n')}\n`
    if (!isGood) process.stderr.write(`${words}on the page:\n${await this.#shown()}\n`)
    // What the page asks for just now is answered by a test that has ended.
    for (const page of this.context.pages()) await page.unrouteAll({ behavior: 'ignoreErrors' })
    await this.context.close()
    if (isGood && words !== '') throw new Error(words)
  }

  async #shown(): Promise<string> {
    const pages = this.context.pages().map(page => page.locator('body').ariaSnapshot({ timeout: 2000 }))
    return (await Promise.allSettled(pages))
      .map(seen => (seen.status === 'fulfilled' ? seen.value : String(seen.reason)))
      .join('\n---\n')
  }

  #isOurs(url: string): boolean {
    const { protocol, host } = new URL(url)
    return host === this.#url.host || ['data:', 'blob:'].includes(protocol)
  }
}

/** Runs in the page. */
function runAxe(): Promise<AxeResults> {
  const { axe } = globalThis as unknown as { axe: typeof import('axe-core') }
  return axe.run({ rules: { 'target-size': { enabled: true } }, resultTypes: ['violations'], preload: false })
}

/** A browser; ends with `await using`. */
export function startBrowser(): Promise<TestBrowser> {
  return TestBrowser.start()
}
