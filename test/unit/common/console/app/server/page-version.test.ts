// A page is old when the server has its files no longer; a server that is away has said nothing.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PageVersion } from '#common/console/app/server/page-version.ts'

test('a page is old while the server that answers does not know its files', async () => {
  let status: number | undefined = 200
  const asked: unknown[] = []
  const fetch = async (url: string, { method, cache }: RequestInit) => {
    asked.push([url, method, cache])
    if (status === undefined) throw new TypeError('Failed to fetch')
    return { status, ok: status === 200 }
  }
  const version = new PageVersion({ fetch, file: 'https://hub/console/abc/style.css' })
  const isOldAfter = async (next: number | undefined) => {
    status = next
    await version.look()
    return version.isOld.value
  }
  const seen = [await isOldAfter(200), await isOldAfter(503), await isOldAfter(undefined), await isOldAfter(404)]
  assert.deepEqual(seen, [false, false, false, true])
  // What a proxy says while the server is away changes nothing.
  assert.deepEqual([await isOldAfter(undefined), await isOldAfter(502), await isOldAfter(200)], [true, true, false])
  assert.deepEqual(asked[0], ['https://hub/console/abc/style.css', 'HEAD', 'no-store'])
})
