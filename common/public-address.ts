// Which IP addresses lie on the public internet: where a server may be told to connect to by a name that others control.
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** What has been given out of IPv6 (IANA, "IPv6 Global Unicast Address Assignments"). */
const given = ipaddr.IPv6.parse('2000::')
/** RFC 6052: the prefix of NAT64; the IPv4 address is in the last 4 bytes. */
const nat64 = ipaddr.IPv6.parse('64:ff9b::')

/**
 * False for loopback, private, shared (CGNAT), link-local (there clouds have their metadata), unique-local, multicast and
 * reserved addresses, for every IPv6 form of such an IPv4 address, and for what is no address.
 */
export function isPublicAddress(text: string): boolean {
  if (isIP(text) === 0) return false
  const address = ipaddr.parse(text)
  if (!('isIPv4MappedAddress' in address)) return address.range() === 'unicast'
  const inner = innerAddress(address)
  return inner === undefined ? address.match(given, 3) && address.range() === 'unicast' : inner.range() === 'unicast'
}

/** The IPv4 address that an IPv6 address leads to; those of 6to4 and Teredo are refused as they are. */
function innerAddress(address: ipaddr.IPv6): ipaddr.IPv4 | undefined {
  const bytes = address.toByteArray()
  if (address.isIPv4MappedAddress() || address.match(nat64, 96)) return new ipaddr.IPv4(bytes.slice(12))
  return undefined
}
