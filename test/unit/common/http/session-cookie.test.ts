// The text of the cookie: whatever the token is, it comes back as it was, and can say nothing else.
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import type { FastifyRequest } from 'fastify'
import { cookieName, cookieText, cookieTokens } from '#common/http/session-cookie.ts'

const name = cookieName('Ab-_09xyRest')
const asked = (cookie: string | undefined) => ({ headers: { cookie } }) as FastifyRequest
const token = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 256 }).filter(text => text.isWellFormed())

test('any token comes back whole, among whatever other cookies', () => {
  const others = fc.array(fc.string({ maxLength: 30 }).filter(text => !/[;\r\n]/.test(text) && !text.includes(name)))
  fc.assert(
    fc.property(token, others, others, (given, before, after) => {
      const [pair = '', ...attributes] = cookieText(name, { token: given, isSecure: true }).split('; ')
      assert.deepEqual(attributes, ['Path=/', 'Max-Age=15552000', 'HttpOnly', 'SameSite=Strict', 'Secure'])
      assert.match(pair, /^mcfed-Ab-_09xy=[\x21-\x3a\x3c-\x7e]*$/)
      assert.deepEqual(cookieTokens(asked([...before, pair, ...after].join('; ')), name), [given])
    }),
  )
})

test('signing out leaves nothing, and without TLS nothing is said of it', () => {
  const text = cookieText(name, { isSecure: false })
  assert.equal(text, 'mcfed-Ab-_09xy=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict')
  assert.deepEqual(cookieTokens(asked(text), name), [])
  assert.deepEqual(cookieTokens(asked(undefined), name), [])
})

test('no header of a stranger is a fault of ours', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), text => cookieTokens(asked(`${name}=${text}`), name).length <= 4),
  )
})
