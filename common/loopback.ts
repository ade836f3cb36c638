// Which addresses and host names stay inside this machine.

const ipv4Loopback = /^127(?:\.\d{1,3}){3}$/

/** True for 127.0.0.0/8, ::1 and 127.0.0.0/8 mapped into IPv6, as a socket gives its remote address. */
export function isLoopbackAddress(address: string | undefined): boolean {
  if (address === undefined) return false
  return address === '::1' || ipv4Loopback.test(address.replace(/^::ffff:/i, ''))
}

/** Where this machine itself reaches what listens on `host`. */
export function loopbackOf(host: string): string {
  return host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
}

/** True when `host`, as in a Host header with or without a port, names this machine by a loopback name. */
export function isLoopbackHost(host: string): boolean {
  const name = host.replace(/:\d{1,5}$/, '').toLowerCase()
  return name === 'localhost' || name === '[::1]' || ipv4Loopback.test(name)
}
