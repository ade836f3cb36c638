// The demo stays, to be tried out: says what can be done, and shows every post that somebody writes, until Ctrl-C.
import { aborted } from '#common/program.ts'
import { deskRoom, airRoom as room } from './conf.ts'
import type { City } from './federation.ts'
import { duration, heading, say, styled } from './screen.ts'
import type { Stage } from './story.ts'

/** Resolves when the signal aborts: at Ctrl-C, or when a program has ended by itself. */
export async function keepRunning({ federation, people, signal }: Stage): Promise<void> {
  const { cities, hubs, cable } = federation
  const [first, , last] = cities
  if (first === undefined || last === undefined) return
  heading('It keeps running: try it out, and end it with Ctrl-C')
  for (const { name, url, conf } of [...hubs, ...cities]) say(`${name.padEnd(8)} ${url}/   config ${conf}`)
  say()
  say(
    'The console of net control is at these addresses: at the hub for all cities, in a city for its own, there without a',
  )
  say("token on this machine. Your browser does not know the demo's certificate and warns of it: go on all the same.")
  say(`The room ${room} is on the air in all cities; ${deskRoom} is for programs alone. At the hub, sign in with`)
  say()
  say(styled('cyan', await federation.token('admin')))
  say()
  say(`Post in ${first.name}, by HTTP or over TCP, and read in ${last.name}; the nodes hear it a second or more later:`)
  say()
  for (const line of examples(first, last)) say(styled('cyan', line))
  say()
  if (process.stdin.isTTY) {
    say(`Enter cuts ${last.name} off, and mends it again.`)
    process.stdin.on('data', () => {
      if (cable.isCut) cable.mend()
      else cable.cut()
      say(styled('yellow', `${last.name}'s cable is ${cable.isCut ? 'cut' : 'whole again'}.`))
    })
  }
  people.onHeard = ({ author, text }, city, ms) =>
    say(
      ms === 0
        ? `${author}: ${text}${styled('dim', `  first in ${city.name}`)}`
        : styled('dim', `  heard in ${city.name} ${duration(ms)} later`),
    )
  await aborted(signal)
  process.stdin.destroy()
}

function examples(near: City, far: City): string[] {
  const posts = `/api/v1/rooms/${room}/posts`
  return [
    `curl -sS -H 'content-type: application/json' -d '{"author":"you","text":"Hello from ${near.name}"}' ${near.url}${posts}`,
    `printf '%s\\n' '{"t":"join","room":"${room}","name":"you"}' '{"t":"send","text":"Hello again"}' '{"t":"leave"}' > /dev/tcp/127.0.0.1/${near.ports.lines}`,
    `curl -sS '${far.url}${posts}?limit=2'`,
  ]
}
