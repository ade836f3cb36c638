// What an admin may decide about a city: let it in, keep it out, forget it. Each is asked before it is done.
import { h } from 'preact'
import { useState } from 'preact/hooks'
import type { City } from '#common/network.ts'
import { useStores } from '../stores.ts'
import { Dialog } from './dialog.ts'

type Decision = 'approve' | 'revoke' | 'forget'

const facts: Readonly<Record<Decision, { verb: string; title: string; text: string }>> = {
  approve: {
    verb: 'Approve',
    title: 'Let this city in?',
    text: 'Anybody with the secret can call itself by this name. Compare the id with the one its operator reads to you from meshcore-room peers.',
  },
  revoke: {
    verb: 'Revoke',
    title: 'Keep this city out?',
    text: 'Its link ends at once, and it is refused from then on. Its posts here stay. It still knows the secret: other cities may link with it.',
  },
  forget: {
    verb: 'Forget',
    title: 'Forget what was decided about this city?',
    text: 'It is treated like one that has never been here. When it comes again, it is listed again.',
  },
}

export function CityDecisions({ city, onDecided }: { city: City; onDecided: () => void }) {
  const [asked, setAsked] = useState<Decision | undefined>(undefined)
  const possible: Decision[] = [
    ...(city.standing === 'approved' ? [] : (['approve'] as const)),
    ...(city.standing === 'revoked' ? [] : (['revoke'] as const)),
    'forget',
  ]
  const button = (name: Decision) =>
    h(
      'button',
      {
        key: name,
        type: 'button',
        class: name !== 'approve' ? 'danger' : city.standing === 'open' ? '' : 'primary',
        onClick: () => setAsked(name),
      },
      `${facts[name].verb}…`,
    )
  return h(
    'div',
    { class: 'decision-buttons' },
    possible.map(button),
    asked !== undefined && h(Asked, { city, decision: asked, onDecided, onClose: () => setAsked(undefined) }),
  )
}

interface AskedOptions {
  city: City
  decision: Decision
  onDecided: () => void
  onClose: () => void
}

function Asked({ city, decision, onDecided, onClose }: AskedOptions) {
  const { api } = useStores()
  const [why, setWhy] = useState('')
  const { verb, title, text } = facts[decision]
  const path = `/api/v1/spokes/${encodeURIComponent(city.id)}`
  const decide = async () => {
    if (decision === 'forget') await api.ask(path, { method: 'DELETE' })
    else
      await api.ask(`${path}/${decision}`, { method: 'POST', body: decision === 'revoke' && why !== '' ? { why } : {} })
    onDecided()
  }
  return h(
    Dialog,
    { title, verb: `${verb} ${city.name}`, isDanger: decision !== 'approve', decide, onClose },
    h('p', {}, h('b', {}, city.name), ' ', h('code', {}, city.id)),
    h('p', {}, text),
    decision === 'revoke' &&
      h(
        'label',
        { class: 'field' },
        'Why (the city is told)',
        h('input', { type: 'text', maxLength: 200, value: why, onInput: event => setWhy(event.currentTarget.value) }),
      ),
  )
}
