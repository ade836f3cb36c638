// Why a server that can be reached is not linked with: every reason has its own words and its own advice.
import assert from 'node:assert/strict'
import test from 'node:test'
import { LinkError } from '#common/errors.ts'
import { closeCodes } from '#common/protocol/close-codes.ts'
import { refusalTrouble } from '#edge/doctor/refusal-words.ts'
import type { Target } from '#edge/doctor/targets.ts'

const hub: Target = {
  kind: 'hub',
  label: 'hub "hub.example.com"',
  key: 'url of [[federation.hubs]]',
  host: 'hub.example.com',
  port: 443,
  url: 'wss://hub.example.com/federation',
}
const peer: Target = { ...hub, kind: 'peer', key: 'addr of the peer "City B"', port: 5001 }
const said = (code: number, reason: string, target = hub) =>
  refusalTrouble(new LinkError(code, reason), target).join(' | ')
const refused = (fault: string, target = hub) =>
  said(closeCodes.proof, `certificate refused: ${fault}; set ca or pin for ${hub.url}`, target)

test('certificates', () => {
  assert.match(
    refused('DEPTH_ZERO_SELF_SIGNED_CERT'),
    /of no authority that this machine trusts \| copy its certificate/,
  )
  assert.match(refused('SELF_SIGNED_CERT_IN_CHAIN', { ...hub, ca: 'PEM' }), /does not come from the one in ca \|/)
  assert.match(refused('CERT_HAS_EXPIRED'), /has ended \| there: make a new one/)
  assert.match(refused('CERT_NOT_YET_VALID'), /not yet valid \| look at the clock/)
  const misnamed = `it is made for "DNS:vm", not for "hub.example.com"; dial it by a name that it has`
  assert.match(refused(misnamed), /is not made for "hub\.example\.com", but for "DNS:vm" \| write the name/)
  const pin = said(closeCodes.proof, 'certificate has pin sha256/AAAA=, expected sha256/BBBB=')
  assert.match(pin, /another one than the pin says: sha256\/AAAA= \| ask who runs it/)
})

test('versions: who is to be upgraded is known', () => {
  const reason = 'no version of the protocol in common: "City A" speaks 1, "hub" speaks 2; upgrade "City A"'
  assert.equal(said(closeCodes.protocol, reason), `${reason.replace(/; upgrade.*/, '')} | upgrade "City A"`)
})

test('secrets, other programs, and silence', () => {
  assert.match(said(closeCodes.proof, 'wrong federation secret, or somebody between'), /secret there is another one \|/)
  assert.match(
    said(1006, 'cannot reach wss://x: Unexpected server response: 404'),
    /a web server answers at wss.* no hub \|/,
  )
  assert.match(
    said(1006, 'cannot reach wss://x: what listens there speaks no TLS 1.3 (wrong version number)', peer),
    /port 5001 does not speak TLS 1\.3/,
  )
  assert.match(said(1006, 'cannot reach wss://x: socket hang up'), /ends the connection at once/)
  assert.match(
    said(1006, 'cannot reach wss://x: no answer in 5 s'),
    /the port is open, but no federation server speaks/,
  )
  assert.match(said(closeCodes.dead, 'nothing heard for 10 s while linking'), /the port is open, but/)
})

test('what the other end says itself', () => {
  const stranger = said(closeCodes.revoked, 'is not among the peers of this server', peer)
  assert.match(stranger, /^it refuses: is not among the peers of this server \| ask who runs it to let this server in/)
  assert.match(said(closeCodes.replaced, 'two servers share one key file'), /identity\.pem was copied/)
  assert.match(said(closeCodes.draining, 'the hub restarts'), /wait a minute/)
  assert.match(
    said(1011, 'internal error: x', peer),
    /it refuses: internal error: x \| look at the log there: .*meshcore-room/,
  )
})
