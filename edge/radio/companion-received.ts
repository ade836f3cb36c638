// Parts of replies whose layout depends on their own bytes: texts with and without an author, traces, lists of ranges.
import { CompanionError } from './companion-error.ts'
import { bytes, type Field, parts, snr, text, uint8, uint32 } from './companion-fields.ts'
import { frequency, tag } from './companion-parts.ts'
import { textType } from './texts.ts'

export interface ReceivedText {
  /** One of textType, or one that we do not know. */
  type: number
  /** Unix seconds of the sender's clock; of a push from a room server the room's second of the post. */
  timestamp: number
  /** First 4 bytes of the author's public key, with `signed` only. */
  authorPrefix?: Uint8Array
  /** UTF-8, if the sender keeps to it; the last character may be cut. */
  text: Uint8Array
}

const textHead = parts({ type: uint8, timestamp: uint32 })
const plainBody = parts({ text: text() })
const signedBody = parts({ authorPrefix: bytes(4), text: text() })

export const receivedText: Field<ReceivedText> = {
  bytesMin: textHead.bytesMin,
  read: reader => {
    const head = textHead.read(reader)
    return { ...head, ...(head.type === textType.signed ? signedBody : plainBody).read(reader) }
  },
  write: ({ type, timestamp, authorPrefix, text: words }) => {
    const isSigned = type === textType.signed
    if (isSigned !== (authorPrefix !== undefined))
      throw new CompanionError('a signed text, and no other, has an author')
    const body =
      authorPrefix === undefined ? plainBody.write({ text: words }) : signedBody.write({ authorPrefix, text: words })
    return Buffer.concat([textHead.write({ type, timestamp }), body])
  },
}

export interface TraceOutcome {
  /** Bits 0 and 1: a hop's hash has 1, 2, 4 or 8 bytes. */
  flags: number
  /** 4 bytes, as of the command. */
  tag: Uint8Array
  authCode: number
  /** Hashes of the hops. */
  hops: Uint8Array
  /** How each hop heard the one before it, dB. */
  snrsDb: number[]
  /** How this radio heard the last, dB. */
  snrDb: number
}

const traceHead = parts({ hopsLength: uint8, flags: uint8, tag, authCode: uint32 })

export const traceOutcome: Field<TraceOutcome> = {
  bytesMin: traceHead.bytesMin + snr.bytesMin,
  read: reader => {
    const { hopsLength, ...head } = traceHead.read(reader)
    const hops = reader.take(hopsLength)
    const snrsDb = Array.from({ length: hopsLength >> (head.flags & 3) }, () => snr.read(reader))
    return { ...head, hops, snrsDb, snrDb: snr.read(reader) }
  },
  write: ({ hops, snrsDb, snrDb, ...head }) => {
    if (snrsDb.length !== hops.length >> (head.flags & 3))
      throw new CompanionError('a trace with other than one SNR a hop')
    const bytesBefore = traceHead.write({ hopsLength: hops.length, ...head })
    return Buffer.concat([bytesBefore, hops, ...[...snrsDb, snrDb].map(db => snr.write(db))])
  },
}

export interface FrequencyRange {
  lowestHz: number
  highestHz: number
}

const range = parts({ lowestHz: frequency, highestHz: frequency })

/** To the end of the frame. */
export const repeatRanges: Field<FrequencyRange[]> = {
  bytesMin: 0,
  read: reader => {
    const ranges: FrequencyRange[] = []
    while (reader.left >= range.bytesMin) ranges.push(range.read(reader))
    return ranges
  },
  write: ranges => Buffer.concat(ranges.map(each => range.write(each))),
}
