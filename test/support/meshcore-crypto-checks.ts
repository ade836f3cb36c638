// Holds the firmware's keys, secrets, signatures and codes against ours.
import assert from 'node:assert/strict'
import {
  channelHash,
  identityFromPrivateKey,
  identityFromSeed,
  isSigned,
  keyFromName,
  open,
  seal,
  sharedSecret,
  sign,
  transportCode,
} from '#edge/radio/crypto.ts'
import type { Check } from '#test/support/meshcore-payload-checks.ts'
import { fromHex, toHex } from '#test/support/meshcore-vectors.ts'

/** By the beginning of the vector's name. */
export const cryptoChecks: Readonly<Record<string, Check>> = {
  'identity.': ({ keys, hex }) => {
    const identity = identityFromSeed(fromHex(keys?.seed))
    assert.equal(toHex(identity.publicKey) + toHex(identity.privateKey), hex)
    assert.deepEqual(identityFromPrivateKey(fromHex(keys?.private), fromHex(keys?.public)), identity)
  },
  'ecdh.': ({ keys, hex }) => {
    const pairs = Object.values(keys ?? {}).filter(pair => typeof pair === 'object') as Record<string, unknown>[]
    const [a, b] = pairs.map(pair => identityFromPrivateKey(fromHex(pair.private)))
    assert.ok(a && b)
    for (const secret of [sharedSecret(a, b.publicKey), sharedSecret(b, a.publicKey)])
      assert.equal(secret && toHex(secret), hex)
  },
  'encryptThenMAC.': ({ keys, hex, decoded }) => {
    const secret = fromHex(keys?.shared_secret)
    assert.equal(toHex(seal(secret, fromHex(decoded.plaintext_hex_given))), hex)
    assert.equal(toHex(open(secret, fromHex(hex)) ?? Buffer.alloc(0)), decoded.MACThenDecrypt)
  },
  'MACThenDecrypt.': ({ keys, hex }) => assert.equal(open(fromHex(keys?.shared_secret), fromHex(hex)), undefined),
  'sign.': ({ keys, hex, decoded }) => {
    const identity = identityFromPrivateKey(fromHex(keys?.private))
    const text = fromHex(decoded.message_hex)
    assert.equal(toHex(sign(identity, text)), hex)
    assert.equal(isSigned(identity.publicKey, text, fromHex(hex)), true)
    assert.equal(isSigned(identity.publicKey, Buffer.from('else'), fromHex(hex)), false)
  },
  'channel.key.': ({ hex, decoded }) => {
    assert.equal(channelHash(fromHex(hex)), fromHex(decoded.channel_hash)[0])
    if (String(decoded.name).startsWith('#')) assert.equal(toHex(keyFromName(String(decoded.name))), hex)
  },
  'region.key.': ({ hex, decoded }) => assert.equal(toHex(keyFromName(String(decoded.name))), hex),
  'region.transport-code.': ({ keys, decoded }) => {
    const code = transportCode(fromHex(keys?.key), Number(decoded.payload_type), fromHex(decoded.payload_hex))
    assert.equal(code, decoded.code)
  },
}
