// Which addresses a name that others control may lead to.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPublicAddress } from '#common/public-address.ts'

const publicOnes = ['8.8.8.8', '1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450:4001::1']
const others: Readonly<Record<string, readonly string[]>> = {
  'this machine': ['127.0.0.1', '127.255.255.254', '0.0.0.0', '0.1.2.3', '::1', '::'],
  'private networks': ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fc00::1', 'fd12:3456::1', 'fec0::1'],
  'the network of a provider': ['100.64.0.1', '100.127.255.255'],
  'this link, where clouds have their metadata': ['169.254.169.254', '169.254.0.1', 'fe80::1', 'fe80::1%eth0'],
  'metadata on IPv6': ['fd00:ec2::254'],
  'many at once': ['224.0.0.1', '239.255.255.250', 'ff02::1', '255.255.255.255'],
  'reserved ones': ['192.0.2.1', '198.18.0.1', '198.51.100.1', '203.0.113.1', '240.0.0.1', '2001:db8::1', '100::1'],
  'IPv4 within IPv6': ['::ffff:10.0.0.1', '::ffff:7f00:1', '::ffff:169.254.169.254', '::127.0.0.1', '::10.0.0.1'],
  'what a URL makes of them': ['::7f00:1', '::a00:1', '::a9fe:a9fe', '::ffff:a9fe:a9fe'],
  'not given to anybody': ['::1:0:0:1', '1::1', '4000::1', 'fe00::1'],
  NAT64: ['64:ff9b::10.0.0.1', '64:ff9b::7f00:1', '64:ff9b::a9fe:a9fe', '64:ff9b:1::1'],
  '6to4 and Teredo': ['2002:7f00:1::1', '2002:a00:1::', '2002:808:808::1', '2001::1'],
  'no address': ['', 'localhost', 'example.com', '8.8.8', '8.8.8.8:443', '[2606:4700::1111]'],
}

test('addresses of the public internet', () => {
  for (const address of publicOnes) assert.equal(isPublicAddress(address), true, address)
  // Where a network has only IPv6, a public IPv4 address looks like this.
  assert.equal(isPublicAddress('64:ff9b::8.8.8.8'), true)
  assert.equal(isPublicAddress('::ffff:8.8.8.8'), true)
})

for (const [what, addresses] of Object.entries(others)) {
  test(`not public: ${what}`, () => {
    for (const address of addresses) assert.equal(isPublicAddress(address), false, address)
  })
}
