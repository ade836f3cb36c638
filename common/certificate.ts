// Makes X.509 certificates (EC P-256, SHA-256) without openssl: for `keygen`, the demo and tests. DER as in RFC 5280.
import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto'
import { isIPv4, isIPv6 } from 'node:net'
import { domainToASCII } from 'node:url'

/** PEM texts: the certificate, and its private key in PKCS#8. */
export interface CertificatePair {
  cert: string
  key: string
}

export interface CertificateOptions {
  /** Shown to people; programs look at `names`. 1 to 64 characters. */
  commonName: string
  /** DNS names and IP addresses the certificate is good for. */
  names: readonly string[]
  /** Valid from yesterday (clocks of small computers are late) until this many days from now. */
  days: number
  /** Signs the certificate; without it the certificate signs itself. Its key must be EC. */
  ca?: CertificatePair
  /** May sign other certificates; and serves no connection. */
  authority?: boolean
  /** Unix ms; default the system's clock. */
  now?: number
}

const dayMs = 86_400_000

const tags = { boolean: 0x01, integer: 0x02, bits: 0x03, octets: 0x04, utf8: 0x0c, sequence: 0x30, set: 0x31 } as const
const oids = {
  ecdsaWithSha256: Buffer.from('06082a8648ce3d040302', 'hex'),
  commonName: Buffer.from('0603550403', 'hex'),
  subjectKeyId: Buffer.from('0603551d0e', 'hex'),
  keyUsage: Buffer.from('0603551d0f', 'hex'),
  subjectAltName: Buffer.from('0603551d11', 'hex'),
  basicConstraints: Buffer.from('0603551d13', 'hex'),
  authorityKeyId: Buffer.from('0603551d23', 'hex'),
  extendedKeyUsage: Buffer.from('0603551d25', 'hex'),
  serverAuth: Buffer.from('06082b06010505070301', 'hex'),
  clientAuth: Buffer.from('06082b06010505070302', 'hex'),
} as const

interface Issuer {
  /** The distinguished name as it stands in the issuer's own certificate. */
  name: Buffer
  key: KeyObject
  /** Left out when the issuer's certificate does not carry the usual SHA-1 key id. */
  keyId?: Buffer
}

/**
 * A new key with a certificate for it, signed by itself or by `ca`.
 * @throws RangeError for a name, common name or number of days no certificate can carry; TypeError for a CA key that is not EC.
 */
export function selfSignedCertificate(options: CertificateOptions): CertificatePair {
  const { commonName, days, now = Date.now() } = options
  if (commonName.length < 1 || commonName.length > 64) throw new RangeError('commonName must be 1 to 64 characters')
  if (!Number.isFinite(days) || days <= 0) throw new RangeError('days must be above 0')
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const name = distinguishedName(commonName)
  const issuer =
    options.ca === undefined ? { name, key: privateKey, keyId: keyIdOf(spki) } : issuerFromAuthority(options.ca)
  const algorithm = der(tags.sequence, oids.ecdsaWithSha256)
  const body = der(
    tags.sequence,
    der(0xa0, der(tags.integer, Buffer.of(2))),
    der(tags.integer, serialNumber()),
    algorithm,
    issuer.name,
    der(tags.sequence, timeToDer(now - dayMs), timeToDer(now + days * dayMs)),
    name,
    spki,
    der(0xa3, der(tags.sequence, ...extensions(options, spki, issuer))),
  )
  const signature = der(tags.bits, Buffer.of(0), sign('sha256', body, issuer.key))
  return {
    cert: derToPem(der(tags.sequence, body, algorithm, signature)),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

function extensions({ names, authority = false }: CertificateOptions, spki: Buffer, issuer: Issuer): Buffer[] {
  // Named bits, first bit highest: digitalSignature; keyCertSign and cRLSign.
  const usage = authority ? Buffer.of(1, 0x06) : Buffer.of(7, 0x80)
  const constraints = authority ? [der(tags.boolean, Buffer.of(0xff))] : []
  const list = [
    extension(oids.basicConstraints, der(tags.sequence, ...constraints), true),
    extension(oids.keyUsage, der(tags.bits, usage), true),
    extension(oids.subjectKeyId, der(tags.octets, keyIdOf(spki))),
  ]
  if (issuer.keyId) list.push(extension(oids.authorityKeyId, der(tags.sequence, der(0x80, issuer.keyId))))
  if (!authority) list.push(extension(oids.extendedKeyUsage, der(tags.sequence, oids.serverAuth, oids.clientAuth)))
  if (names.length > 0) list.push(extension(oids.subjectAltName, der(tags.sequence, ...names.map(generalName))))
  return list
}

function extension(oid: Buffer, value: Buffer, critical = false): Buffer {
  return der(tags.sequence, oid, ...(critical ? [der(tags.boolean, Buffer.of(0xff))] : []), der(tags.octets, value))
}

/** dNSName or iPAddress of a subjectAltName. */
function generalName(name: string): Buffer {
  if (isIPv4(name)) return der(0x87, Buffer.from(name.split('.').map(Number)))
  if (isIPv6(name)) return der(0x87, ipv6ToBytes(name))
  const ascii = domainToASCII(name)
  if (ascii === '') throw new RangeError(`"${name}" is neither a DNS name nor an IP address`)
  return der(0x82, Buffer.from(ascii, 'latin1'))
}

function ipv6ToBytes(address: string): Buffer {
  // The URL parser writes every form (embedded IPv4 included) as hex groups with at most one "::".
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array<string>(8 - left.length - right.length).fill('0')
  return Buffer.from([...left, ...zeros, ...right].map(group => group.padStart(4, '0')).join(''), 'hex')
}

function distinguishedName(commonName: string): Buffer {
  const attribute = der(tags.sequence, oids.commonName, der(tags.utf8, Buffer.from(commonName)))
  return der(tags.sequence, der(tags.set, attribute))
}

function issuerFromAuthority({ cert, key }: CertificatePair): Issuer {
  const privateKey = createPrivateKey(key)
  if (privateKey.asymmetricKeyType !== 'ec') throw new TypeError('the key of the CA must be an EC key')
  const certificate = new X509Certificate(cert)
  const keyId = keyIdOf(certificate.publicKey.export({ type: 'spki', format: 'der' }))
  const name = subjectOf(certificate.raw)
  return certificate.raw.includes(keyId) ? { name, key: privateKey, keyId } : { name, key: privateKey }
}

/** The subject of a certificate, byte for byte: chains are built by comparing these bytes. */
function subjectOf(certificate: Buffer): Buffer {
  const body = childrenOf(childrenOf(certificate)[0] ?? Buffer.alloc(0))
  // version, serialNumber, signature, issuer, validity, subject
  const subject = body[5]
  if (subject === undefined) throw new RangeError('the certificate of the CA is not version 3')
  return subject
}

/** The elements inside a constructed one, each with its own tag and length. */
function childrenOf(parent: Buffer): Buffer[] {
  const { start, end } = contentRange(parent, 0)
  const children: Buffer[] = []
  for (let at = start; at < end; ) {
    const child = parent.subarray(at, contentRange(parent, at).end)
    children.push(child)
    at += child.length
  }
  return children
}

function contentRange(buffer: Buffer, at: number): { start: number; end: number } {
  const first = buffer.readUInt8(at + 1)
  if (first < 0x80) return { start: at + 2, end: at + 2 + first }
  const lengthBytes = first & 0x7f
  const start = at + 2 + lengthBytes
  return { start, end: start + buffer.readUIntBE(at + 2, lengthBytes) }
}

/** RFC 5280, section 4.2.1.2, method 1: SHA-1 of the key bits. An identifier, no protection. */
function keyIdOf(spki: Buffer): Buffer {
  const bits = childrenOf(spki)[1] ?? Buffer.alloc(0)
  const { start, end } = contentRange(bits, 0)
  return createHash('sha1')
    .update(bits.subarray(start + 1, end))
    .digest()
}

/** 16 random bytes, positive and without a leading zero. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16)
  bytes.writeUInt8((bytes.readUInt8(0) & 0x3f) | 0x40, 0)
  return bytes
}

/** UTCTime until 2049, GeneralizedTime after (RFC 5280, section 4.1.2.5). */
function timeToDer(at: number): Buffer {
  const digits = new Date(at).toISOString().replace(/\.\d+/, '').replace(/[-:T]/g, '')
  return digits < '2050' ? der(0x17, Buffer.from(digits.slice(2))) : der(0x18, Buffer.from(digits))
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  if (content.length < 0x80) return Buffer.concat([Buffer.of(tag, content.length), content])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(content.length)
  const significant = length.subarray(length.findIndex(byte => byte !== 0))
  return Buffer.concat([Buffer.of(tag, 0x80 | significant.length), significant, content])
}

function derToPem(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
