// Prints where the server of this machine says whether it is ready, for what installs and upgrades it; an empty line when it
// says so nowhere. Words: federation-hub|meshcore-room CONFIG.
import { hostPortText } from '#common/config/conf-values.ts'
import { readEdgeConf } from '#common/config/edge-conf.ts'
import { readHubConf } from '#common/config/hub-conf.ts'

const [program, file = ''] = process.argv.slice(2)
const everywhere: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }

process.stdout.write(`${program === 'federation-hub' ? ofHub() : ofEdge()}\n`)

function ofHub(): string {
  const { listen, tls } = readHubConf(file)
  return urlOf(tls ? 'https' : 'http', listen.host, listen.port)
}

function ofEdge(): string {
  const { status } = readEdgeConf(file)
  return status === undefined ? '' : urlOf('http', status.host, status.port)
}

function urlOf(scheme: string, host: string, port: number): string {
  return `${scheme}://${hostPortText({ host: everywhere[host] ?? host, port })}/readyz`
}
