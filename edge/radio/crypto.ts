// MeshCore's keys and ciphers. Sources: the firmware's src/Identity.cpp, src/Utils.cpp, src/helpers/TransportKeyStore.cpp.
import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { ed25519, x25519 } from '@noble/curves/ed25519.js'

const blockBytes = 16
const macBytes = 2
const { Point } = ed25519
const order = Point.Fn.ORDER

/** A key pair as nodes have it: the private key is the expanded form of Ed25519, scalar and prefix, 64 bytes. */
export interface RadioIdentity {
  publicKey: Uint8Array
  privateKey: Uint8Array
}

/** From a seed of 32 bytes. @throws RangeError for a key that nodes refuse: about 1 of 128 */
export function identityFromSeed(seed: Uint8Array): RadioIdentity {
  const expanded = createHash('sha512').update(seed).digest()
  expanded[0] = (expanded[0] ?? 0) & 248
  expanded[31] = ((expanded[31] ?? 0) & 63) | 64
  return identityFromPrivateKey(expanded)
}

/** A new identity that every node accepts. */
export function newIdentity(): RadioIdentity {
  for (;;) {
    try {
      return identityFromSeed(randomBytes(32))
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
    }
  }
}

/**
 * From the 64 bytes that a room server shows for `get prv.key`.
 * @param expected the public key that members know, where the operator gave it: a mistyped private key makes another one
 * @throws RangeError when it is no such key, not that of `expected`, or one that nodes refuse (LocalIdentity::validatePrivateKey)
 */
export function identityFromPrivateKey(privateKey: Uint8Array, expected?: Uint8Array): RadioIdentity {
  const [first = 0, last = 0] = [privateKey[0], privateKey[31]]
  if (privateKey.length !== 64 || (first & 7) !== 0 || (last & 192) !== 64)
    throw new RangeError('not a private key of MeshCore: 64 bytes, a clamped scalar first')
  const publicKey = Point.BASE.multiply(scalarOf(privateKey)).toBytes()
  if (publicKey[0] === 0 || publicKey[0] === 255)
    throw new RangeError('nodes refuse public keys that begin with 00 or ff')
  if (expected !== undefined && !Buffer.from(publicKey).equals(expected))
    throw new RangeError('the private key belongs to another public key')
  return { publicKey, privateKey: Uint8Array.from(privateKey) }
}

/**
 * 64 bytes. RFC 8032, section 5.1.6, from the expanded key: Node signs from a seed only, which an imported identity has not.
 * The nonce comes from the key's second half and the bytes, never from chance: the same bytes get the same signature, as
 * on a node, and a weak random source gives nothing away. The public key in the challenge is the identity's own, always
 * derived from the scalar: signing for a foreign one would lay the scalar open. `multiply` takes the same steps for every
 * scalar (`multiplyUnsafe` does not); BigInt itself is not constant in time, which is enough for a few adverts an hour.
 */
export function sign({ publicKey, privateKey }: RadioIdentity, bytes: Uint8Array): Uint8Array {
  const r = numberFrom(sha512(privateKey.subarray(32), bytes)) % order
  const point = r === 0n ? Point.ZERO : Point.BASE.multiply(r)
  const commitment = point.toBytes()
  const k = numberFrom(sha512(commitment, publicKey, bytes)) % order
  return Buffer.concat([commitment, bytesFrom((r + k * scalarOf(privateKey)) % order)])
}

/** False also for what is no key or no signature. */
export function isSigned(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
  try {
    return ed25519.verify(signature, bytes, publicKey)
  } catch {
    return false
  }
}

/** 32 bytes, the same for both; undefined when their key is no point of the curve, or a weak one. */
export function sharedSecret({ privateKey }: RadioIdentity, theirPublicKey: Uint8Array): Uint8Array | undefined {
  try {
    return x25519.getSharedSecret(privateKey.subarray(0, 32), ed25519.utils.toMontgomery(theirPublicKey))
  } catch {
    return undefined
  }
}

/** Two bytes of MAC, and the text in AES-128-ECB, padded with zeros. `secret`: 32 bytes, or the 16 of a channel. */
export function seal(secret: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-128-ecb', secret.subarray(0, 16), null).setAutoPadding(false)
  const padded = Buffer.alloc(Math.ceil(plaintext.length / blockBytes) * blockBytes)
  padded.set(plaintext)
  const sealed = Buffer.concat([cipher.update(padded), cipher.final()])
  return Buffer.concat([macOf(secret, sealed), sealed])
}

/** The padded text; undefined when the MAC is another. One wrong key in 65,536 fits: what comes out must be looked at. */
export function open(secret: Uint8Array, bytes: Uint8Array): Uint8Array | undefined {
  const sealed = bytes.subarray(macBytes)
  if (sealed.length === 0 || sealed.length % blockBytes !== 0) return undefined
  if (!timingSafeEqual(macOf(secret, sealed), bytes.subarray(0, macBytes))) return undefined
  const decipher = createDecipheriv('aes-128-ecb', secret.subarray(0, 16), null).setAutoPadding(false)
  return Buffer.concat([decipher.update(sealed), decipher.final()])
}

/** The key of a channel or region that is known by its name, "#" included: 16 bytes. */
export function keyFromName(name: string): Uint8Array {
  return createHash('sha256').update(name).digest().subarray(0, 16)
}

/** The byte by which a channel is known in packets. */
export function channelHash(secret: Uint8Array): number {
  return createHash('sha256').update(secret).digest().readUInt8(0)
}

/** Shows that the sender knows the region: repeaters outside it let the packet be. */
export function transportCode(regionKey: Uint8Array, type: number, payload: Uint8Array): number {
  const mac = createHmac('sha256', regionKey).update(Uint8Array.of(type)).update(payload).digest()
  const code = mac.readUInt16LE(0)
  // Neither value is a code: they say "no region" (src/helpers/TransportKeyStore.cpp).
  if (code === 0) return 1
  return code === 0xffff ? 0xfffe : code
}

function macOf(secret: Uint8Array, sealed: Uint8Array): Uint8Array {
  return createHmac('sha256', secret).update(sealed).digest().subarray(0, macBytes)
}

function sha512(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha512')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

function scalarOf(privateKey: Uint8Array): bigint {
  return numberFrom(privateKey.subarray(0, 32)) % order
}

function numberFrom(littleEndian: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(littleEndian).reverse().toString('hex')}`)
}

/** 32 bytes, little-endian. */
function bytesFrom(number: bigint): Uint8Array {
  return Buffer.from(number.toString(16).padStart(64, '0'), 'hex').reverse()
}
