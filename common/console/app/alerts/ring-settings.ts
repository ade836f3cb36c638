// How this browser tells of what is new: by sound, by notes outside of the page; off until a person wants it.
import { h } from 'preact'
import { useStores } from '../stores.ts'

export function RingSettings() {
  const { alerts } = useStores()
  const { ringer } = alerts
  const permission = ringer.permission.value
  const hasSound = ringer.hasSound.value
  const hasNotes = ringer.hasNotes.value && permission === 'granted'
  return h(
    'details',
    { class: 'ring-settings' },
    h('summary', {}, `Sound ${onOff(hasSound)}, notifications ${onOff(hasNotes)}`),
    h('p', { class: 'help' }, 'How this browser tells of new alerts and of priority notices:'),
    h(Switch, {
      name: 'by sound',
      isOn: hasSound,
      help: ringer.isMute.value ? 'Your browser keeps this page silent until you press something on it.' : '',
      change: on => void ringer.setSound(on),
    }),
    h(Switch, {
      name: 'by notifications, while this page is not in front',
      isOn: hasNotes,
      isPossible: permission === 'granted' || permission === 'default',
      help: helpByPermission[permission],
      change: on => void ringer.setNotes(on),
    }),
  )
}

const helpByPermission = {
  absent: 'This browser has none for this address: they need https, or a page on the machine itself.',
  denied: 'Forbidden for this address: allow notifications in the settings of your browser.',
  default: '',
  granted: '',
}

function onOff(isOn: boolean): string {
  return isOn ? 'on' : 'off'
}

interface SwitchProps {
  name: string
  isOn: boolean
  isPossible?: boolean
  help: string
  change: (on: boolean) => void
}

function Switch({ name, isOn, isPossible = true, help, change }: SwitchProps) {
  return h(
    'div',
    {},
    h(
      'label',
      {},
      h('input', {
        type: 'checkbox',
        checked: isOn,
        disabled: !isPossible,
        onChange: (event: Event & { currentTarget: HTMLInputElement }) => change(event.currentTarget.checked),
      }),
      name,
    ),
    help !== '' && h('p', { class: 'help' }, help),
  )
}
