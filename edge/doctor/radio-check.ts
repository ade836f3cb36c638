// Is the radio there? By the running server's word, or else by a look at its port.
import type { RadioConf } from '#common/config/radio-conf.ts'
import type { RadioStatus } from '#common/status.ts'
import { usedUpAir } from '#common/trouble-limits.ts'
import { type Finding, sayer } from './finding.ts'

/** What a look at the port gave; `modem` is what a KISS modem says of itself. */
export type PortSeen =
  | { kind: 'missing' }
  | { kind: 'no-device' }
  | { kind: 'forbidden' }
  | { kind: 'held'; by: string }
  | { kind: 'silent'; reason: string }
  | { kind: 'open'; modem?: string }

const list = 'ls -l /dev/serial/by-id'

export function runningRadioFindings({ port }: RadioConf, status: RadioStatus | undefined): Finding[] {
  const say = sayer('radio', `radio "${port}": `)
  if (status === undefined || status.port !== port)
    return [say.warn('the running server has no such radio', 'the config was changed: systemctl restart meshcore-room')]
  const { state, modem, budgetUsed, budgetSeconds, companion } = status
  const findings: Finding[] = []
  if (state === 'ready') {
    const board = modem === null ? '' : ` (${modem.board ?? 'unknown board'}, firmware ${modem.version})`
    const used = `${Math.round(budgetUsed * budgetSeconds)} s of ${Math.round(budgetSeconds)} s`
    findings.push(say.ok(`ready${board}, ${used} on the air in the last hour`))
  } else {
    const advice = `unplug it and plug it in again; is the port right? ${list}; then: journalctl -u meshcore-room -n 50`
    findings.push(say.fault('does not answer', advice))
  }
  if (budgetUsed >= usedUpAir(budgetSeconds)) {
    const advice = 'nothing is broken: posts wait; duty_cycle in [radio] may be more where the law allows it'
    findings.push(say.warn('the air that the duty cycle allows is used up', advice))
  }
  const room = companion?.room ?? undefined
  if (room !== undefined && room.login !== 'in') {
    const text = `is not logged in to the room "${room.name}" to write (${room.login})`
    findings.push(say.warn(text, 'is the password in [radio.room] right, and that room server in reach?'))
  }
  return findings
}

/** While the server does not run. `user` is who the doctor is run by. */
export function portSeenFindings({ port, driver }: RadioConf, seen: PortSeen, user: string): Finding[] {
  const say = sayer('radio', `radio "${port}": `)
  if (seen.kind === 'missing')
    return [say.fault('there is no such port', `plug the radio in; see which port it has: ${list}`)]
  if (seen.kind === 'no-device') return [say.fault('is no serial port', `set port in [radio] to one of: ${list}`)]
  if (seen.kind === 'forbidden')
    return [say.fault(`may not be opened by ${user}`, `usermod -aG dialout ${user}, and restart the room server`)]
  if (seen.kind === 'held') {
    return [say.fault(`${seen.by} holds the port`, 'end that program, or tell it to leave this port alone')]
  }
  if (seen.kind === 'silent') {
    const firmware = driver === 'kiss' ? "has it MeshCore's KISS modem firmware, not another?" : 'is it switched on?'
    return [say.fault(seen.reason, `${firmware} Unplug it and plug it in again`)]
  }
  return [say.ok(seen.modem === undefined ? 'the port can be opened' : `answers: ${seen.modem}`)]
}
