// Keys and ciphers beyond the firmware's own examples.
import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  channelHash,
  identityFromPrivateKey,
  identityFromSeed,
  isSigned,
  keyFromName,
  newIdentity,
  open,
  seal,
  sharedSecret,
  sign,
  transportCode,
} from '#edge/radio/crypto.ts'
import { fromHex, meshcoreIdentities, toHex } from '#test/support/meshcore-vectors.ts'

const room = identityFromPrivateKey(fromHex(meshcoreIdentities.room?.prv))
const alice = identityFromPrivateKey(fromHex(meshcoreIdentities.alice?.prv))

test('what is sealed is opened with the same secret, and with no other', () => {
  const secrets = fc.uint8Array({ minLength: 32, maxLength: 32 })
  fc.assert(
    fc.property(secrets, fc.uint8Array({ minLength: 1, maxLength: 160 }), (secret, plaintext) => {
      const sealed = seal(secret, plaintext)
      const opened = open(secret, sealed)
      assert.ok(opened)
      assert.equal(toHex(opened.subarray(0, plaintext.length)), toHex(plaintext))
      assert.ok(opened.subarray(plaintext.length).every(byte => byte === 0))
      for (const at of [0, 1, sealed.length - 1]) {
        const broken = Uint8Array.from(sealed)
        broken[at] = (broken[at] ?? 0) ^ 1
        // The MAC has two bytes only: a broken text may fit once in 65,536, a broken MAC never.
        if (at < 2) assert.equal(open(secret, broken), undefined)
        else assert.notEqual(toHex(open(secret, broken) ?? sealed), toHex(opened))
      }
    }),
  )
})

test('a channel is sealed with 16 bytes as with the same 16 and 16 zeros', () => {
  const key = keyFromName('#test')
  const text = Buffer.from('Bob: hello')
  assert.equal(toHex(seal(key, text)), toHex(seal(Buffer.concat([key, Buffer.alloc(16)]), text)))
  assert.equal(channelHash(key), 0xd9)
})

test('new identities sign and share secrets, and nodes accept their keys', () => {
  for (let i = 0; i < 5; i += 1) {
    const identity = newIdentity()
    assert.ok(identity.publicKey[0] !== 0 && identity.publicKey[0] !== 255)
    const text = Buffer.from(`text ${i}`)
    assert.ok(isSigned(identity.publicKey, text, sign(identity, text)))
    assert.deepEqual(sharedSecret(identity, room.publicKey), sharedSecret(room, identity.publicKey))
  }
})

test('signatures from the expanded key are what any Ed25519 accepts', () => {
  const key = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(alice.publicKey).toString('base64url') }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 140 }), bytes => {
      const signature = sign(alice, bytes)
      assert.equal(verify(null, bytes, createPublicKey({ key, format: 'jwk' }), signature), true)
      assert.equal(isSigned(room.publicKey, bytes, signature), false)
      signature[40] = (signature[40] ?? 0) ^ 1
      assert.equal(isSigned(alice.publicKey, bytes, signature), false)
    }),
    { numRuns: 20 },
  )
})

test('what is no private key, or not the expected one, is refused', () => {
  const unclamped = Uint8Array.from(room.privateKey)
  unclamped[0] = (unclamped[0] ?? 0) | 1
  for (const key of [new Uint8Array(64), room.privateKey.subarray(1), unclamped])
    assert.throws(() => identityFromPrivateKey(key), RangeError)
  assert.deepEqual(identityFromPrivateKey(room.privateKey, room.publicKey), room)
  for (const other of [alice.publicKey, room.publicKey.subarray(0, 31), new Uint8Array()])
    assert.throws(() => identityFromPrivateKey(room.privateKey, other), /another public key/)
})

test('keys that nodes refuse are refused', () => {
  // The first two seeds, counted in little-endian, whose public keys begin with 00 and with ff.
  for (const count of [355, 433]) {
    const seed = Buffer.alloc(32)
    seed.writeUInt32LE(count)
    assert.throws(() => identityFromSeed(seed), /00 or ff/)
  }
})

test('weak and broken public keys share no secret', () => {
  const weak = [`01${'00'.repeat(31)}`, '00'.repeat(32), 'ff'.repeat(32), 'aabb']
  for (const key of weak) assert.equal(sharedSecret(room, fromHex(key)), undefined, key)
})

test('a code of a region is never one of the two that say "no region"', () => {
  // Texts whose MAC begins with 0000 and with ffff.
  const codes = ['2056', '185410'].map(text => transportCode(keyFromName('#eu'), 3, Buffer.from(text)))
  assert.deepEqual(codes, [1, 0xfffe])
})
