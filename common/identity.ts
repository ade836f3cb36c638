// A server's Ed25519 identity: its public key is its id, on links and as the origin of posts.
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'

export interface Identity {
  /** Public key, 32 bytes in base64url. */
  readonly id: string
  readonly privateKey: KeyObject
}

/** Fixed head of an Ed25519 public key in DER (RFC 8410, section 4). */
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex')
const knownKeysMax = 4096
const keysById = new Map<string, KeyObject>()

/** A PKCS#8 PEM text for a new identity. */
export function newIdentityPem(): string {
  const { privateKey } = generateKeyPairSync('ed25519')
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** Reads a PKCS#8 PEM text; throws when it is no Ed25519 private key. */
export function identityFromPem(pem: string): Identity {
  const privateKey = createPrivateKey(pem)
  if (privateKey.asymmetricKeyType !== 'ed25519')
    throw new Error(`not an Ed25519 key but ${privateKey.asymmetricKeyType}`)
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  return { id: spki.subarray(spkiPrefix.length).toString('base64url'), privateKey }
}

/** Ed25519 signature, 64 bytes in base64url. */
export function signBytes(identity: Identity, bytes: Uint8Array): string {
  return sign(null, bytes, identity.privateKey).toString('base64url')
}

/** True when `signature` (base64url) over `bytes` was made by `id` (base64url). Never throws on bad input. */
export function verifyBytes(id: string, bytes: Uint8Array, signature: string): boolean {
  const key = publicKeyOf(id)
  return key !== undefined && verify(null, bytes, key, Buffer.from(signature, 'base64url'))
}

/** As `verifyBytes`, on the thread pool: for many signatures at a time. */
export function verifyBytesAsync(id: string, bytes: Uint8Array, signature: string): Promise<boolean> {
  const key = publicKeyOf(id)
  if (key === undefined) return Promise.resolve(false)
  return new Promise(resolve =>
    verify(null, bytes, key, Buffer.from(signature, 'base64url'), (error, valid) => resolve(error === null && valid)),
  )
}

function publicKeyOf(id: string): KeyObject | undefined {
  const known = keysById.get(id)
  if (known !== undefined) return known
  const raw = Buffer.from(id, 'base64url')
  if (raw.length !== 32) return undefined
  const key = createPublicKey({ key: Buffer.concat([spkiPrefix, raw]), format: 'der', type: 'spki' })
  if (keysById.size >= knownKeysMax) keysById.clear()
  keysById.set(id, key)
  return key
}
