// Asks a server on this machine whether it is well; for containers and for what installs and upgrades. Words: URL [MS].
// Ends with 0 on status 200. The certificate is not checked: it names the public name, and the question stays here.
import { get as getHttp } from 'node:http'
import { get as getHttps } from 'node:https'

const [url = '', ms = '4000'] = process.argv.slice(2)
const get = url.startsWith('https:') ? getHttps : getHttp

get(url, { rejectUnauthorized: false, signal: AbortSignal.timeout(Number(ms)) }, ({ statusCode }) =>
  process.exit(statusCode === 200 ? 0 : 1),
).once('error', error => {
  process.stderr.write(`${url}: ${error.message}\n`)
  process.exit(1)
})
