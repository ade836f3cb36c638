// The radio of an edge as metrics: what it heard and sent, whose the airtime was, and what a companion radio read.
import { type Family, familiesOf, type Labels, type Metric, type Sample } from '#common/metrics/family.ts'
import type { CompanionStatus, RadioStatus } from '#common/status.ts'

const radioMetrics: readonly Metric<RadioStatus>[] = [
  ['mcfed_radio_ready', '1 while the radio answers and is set', radio => Number(radio.state === 'ready')],
  ['mcfed_radio_heard_total', 'Packets heard', radio => radio.heard],
  ['mcfed_radio_sent_total', 'Packets on the air', radio => radio.sent],
  ['mcfed_radio_failed_total', 'Packets that the radio could not send', radio => radio.failed],
  ['mcfed_radio_damaged_total', 'Packets heard and damaged', radio => radio.damaged ?? Number.NaN],
  ['mcfed_radio_reopened_total', 'How often the port was opened anew', radio => radio.reopened],
  ['mcfed_radio_queued', 'Packets that wait for the air', radio => radio.queued],
  ['mcfed_radio_noise_floor_dbm', 'Noise floor', radio => radio.noiseFloorDbm ?? Number.NaN],
  ['mcfed_radio_last_snr_db', 'Signal to noise of the last packet heard', radio => radio.lastSnrDb ?? Number.NaN],
  ['mcfed_radio_last_rssi_dbm', 'Strength of the last packet heard', radio => radio.lastRssiDbm ?? Number.NaN],
  ['mcfed_radio_budget_seconds', 'The duty cycle of one hour', radio => radio.budgetSeconds],
  ['mcfed_radio_budget_used_ratio', 'Share of the duty cycle used in the last hour', radio => radio.budgetUsed],
]

export function radioFamilies(radio: RadioStatus): Family[] {
  const { byKind, byRoom } = radio.airtime.sinceStart
  return [
    ...familiesOf(radioMetrics, [radio], () => ({})),
    family(
      'mcfed_radio_airtime_seconds_total',
      'Time on the air, by what for',
      counted(byKind, kind => ({ kind })),
    ),
    family(
      'mcfed_radio_room_airtime_seconds_total',
      'Time on the air, by room',
      counted(byRoom, room => ({ room })),
    ),
    ...(radio.companion === undefined ? [] : companionFamilies(radio.companion)),
    family('mcfed_radio_modem_info', 'The board and its firmware, while it is ready', modemSamples(radio)),
  ]
}

function companionFamilies({ heard, room, channels }: CompanionStatus): Family[] {
  const waiting = channels.map(({ name, room: id, toSay }): Sample => [{ place: name, room: id }, toSay])
  if (room !== null) waiting.push([{ place: room.name, room: room.room }, room.toSay])
  const loggedIn: Sample[] = room === null ? [] : [[{ place: room.name }, Number(room.login === 'in')]]
  return [
    family(
      'mcfed_companion_texts_total',
      'Texts read from the companion radio, by what they were',
      counted(heard, outcome => ({ outcome })),
    ),
    family('mcfed_companion_posts_to_say', 'Posts not looked at yet, by room server or channel', waiting),
    family('mcfed_companion_logged_in', '1 while the room server lets us write', loggedIn),
  ]
}

function modemSamples({ modem }: RadioStatus): Sample[] {
  return modem === null ? [] : [[{ board: modem.board ?? '', version: String(modem.version) }, 1]]
}

function counted(values: Readonly<Record<string, number>>, labelsOf: (key: string) => Labels): Sample[] {
  return Object.entries(values).map(([key, value]) => [labelsOf(key), value])
}

function family(name: string, help: string, samples: readonly Sample[]): Family {
  return { name, help, samples }
}
