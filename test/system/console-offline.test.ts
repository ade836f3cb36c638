// The console of a city that has lost its internet: from a laptop on its network, by plain http, with nothing from elsewhere.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { lanDomain, startBrowser, type TestBrowser } from '#test/support/browser.ts'
import { arrivalMs, openRoom, postOf, seesOnceInOrder, seesPost, send, signIn } from '#test/support/console.ts'
import { edgePage } from '#test/support/console-world.ts'
import { freePort } from '#test/support/free-port.ts'
import { testRoom } from '#test/support/programs.ts'
import { pushed, type RadioCity, startRadioCity } from '#test/support/radio-city.ts'

const operatorToken = randomBytes(24).toString('hex')
let city: RadioCity
let browser: TestBrowser
const shared = new AsyncDisposableStack()
after(() => shared.disposeAsync())
before(async () => {
  // Nobody listens there.
  const hubs = [{ port: await freePort() }]
  city = shared.use(
    await startRadioCity({ name: 'Denver', hubs, conf: { clients: { operator_token: operatorToken } } }),
  )
  browser = shared.use(await startBrowser())
})

test('a laptop on the local network signs in, and talks with the nodes of the city', async t => {
  const url = `http://denver.${lanDomain}:${city.edge.ports.status}/`
  const visit = await browser.visit(t, { url })
  const { page } = visit
  assert.equal(await page.evaluate('isSecureContext'), false)
  await signIn(page, operatorToken)
  const ana = await city.member('Ana')
  await openRoom(page, testRoom)
  await ana.post('Is anybody there?')
  await postOf(page, 'Is anybody there?').getByText('Ana', { exact: true }).waitFor({ timeout: arrivalMs })
  await send(page, 'The shelter is', { author: 'Shelter' })
  await pushed(ana, 1)
  await seesOnceInOrder(page, ['Is anybody there?', 'The shelter is'])
  await page.getByRole('link', { name: 'Network' }).click()
  await page.getByRole('heading', { name: 'Network' }).waitFor()
  assert.deepEqual(await visit.barriers(), [])
})

test('on the machine itself nobody needs a token', async t => {
  const { page } = await browser.visit(t, { url: edgePage(city.edge) })
  await openRoom(page, testRoom)
  await seesPost(page, 'The shelter is')
  assert.equal(await page.getByRole('button', { name: 'Sign out' }).count(), 0)
})
