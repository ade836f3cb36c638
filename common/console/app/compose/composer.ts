// Where net control writes: who, what, how the radios will carry it, who gets it, and what became of what was sent.
import { useSignal } from '@preact/signals'
import { h, type RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Session } from '#common/network.ts'
import { textBytesMax } from '#common/post-text.ts'
import { useStores } from '../stores.ts'
import { audienceOf, audienceWords } from './audience.ts'
import { unsentMax } from './outbox.ts'
import { OwnPosts } from './own-posts.ts'
import { faultOf, type Preview, previewOf } from './preview.ts'
import { PushList } from './push-list.ts'

/** Without the number, which is at the field: it would be said anew at every key. */
const tooLong = 'Too long: shorten it, or send it as two posts.'

export interface ComposerProps {
  room: string
  session: Session
}

export function Composer({ room, session }: ComposerProps) {
  const { compose } = useStores()
  useEffect(() => compose.suggestAuthor(session), [compose, session])
  const form = useComposer(room)
  const { author, text, isPriority } = form.written()
  const preview = previewOf({ author, text, isPriority }, session.server.name)
  const isLong = preview.bytes > textBytesMax
  return h(
    'section',
    { class: 'compose', 'aria-label': `Post in ${room}` },
    h(OwnPosts, { room }),
    h(
      'form',
      { onSubmit: form.submit, class: isPriority ? 'priority' : undefined },
      h(TextField, { form, room, isLong }),
      h('button', { type: 'submit', class: 'primary', title: 'Ctrl+Enter' }, isPriority ? 'Send priority' : 'Send'),
      h(Options, { form, preview }),
      h(
        'p',
        { class: 'fault', id: 'compose-fault', role: 'alert' },
        form.fault.value?.message ?? (isLong ? tooLong : ''),
      ),
      preview.pushes.length > 0 && h(PushList, { pushes: preview.pushes }),
      h(AudienceLine, { room, role: session.server.role, isWriting: preview.text !== '' }),
    ),
  )
}

type Form = ReturnType<typeof useComposer>
type FieldEvent<T> = Event & { currentTarget: T }

/** The state of the form, and what it does. */
function useComposer(room: string) {
  const { compose } = useStores()
  const text = compose.draftOf(room)
  const isPriority = compose.isUrgentIn(room)
  const fault = useSignal<ReturnType<typeof faultOf>>(undefined)
  const fields = { author: useRef<HTMLInputElement>(null), text: useRef<HTMLTextAreaElement>(null) }
  const written = () => ({ author: compose.author.value, text: text.value, isPriority: isPriority.value })
  const submit = (event: Event) => {
    event.preventDefault()
    fault.value = faultOf(written())
    if (fault.value !== undefined) return fields[fault.value.field].current?.focus()
    const sent = previewOf(written(), '').text
    if (!compose.post({ room, author: compose.author.value.trim(), text: sent })) {
      fault.value = { field: 'text', message: `${unsentMax} posts wait already: wait for the server, or discard some.` }
      return
    }
    fields.text.current?.focus()
  }
  const write = (value: string) => {
    fault.value = undefined
    compose.saveDraft(room, value)
  }
  const sign = (name: string) => {
    fault.value = undefined
    compose.saveAuthor(name)
  }
  const urge = (isUrgent: boolean) => compose.saveUrgent(room, isUrgent)
  return { author: compose.author, text, isPriority, fault, fields, written, submit, write, sign, urge }
}

function TextField({ form, room, isLong }: { form: Form; room: string; isLong: boolean }) {
  const { text, fault, fields, write, submit } = form
  useGrowing(fields.text, text.value)
  return h('textarea', {
    ...{ ref: fields.text, id: 'compose-text', rows: 2, value: text.value },
    placeholder: 'Write to the room',
    'aria-label': `Text of a post in ${room}`,
    'aria-describedby': 'compose-count compose-fault',
    'aria-invalid': isLong || fault.value?.field === 'text',
    'aria-keyshortcuts': 'Control+Enter',
    onInput: (event: FieldEvent<HTMLTextAreaElement>) => write(event.currentTarget.value),
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit(event)
    },
  })
}

/** As high as its text, up to what the style allows. */
function useGrowing(field: RefObject<HTMLTextAreaElement | null>, text: string): void {
  useEffect(() => {
    const { current } = field
    const form = current?.form
    if (!form) return
    // While it is measured nothing around it may move: a feed that became larger for a moment would lose its end.
    form.style.minHeight = `${form.offsetHeight}px`
    current.style.height = 'auto'
    current.style.height = `${current.scrollHeight + current.offsetHeight - current.clientHeight}px`
    form.style.minHeight = ''
  }, [field, text])
}

function Options({ form, preview }: { form: Form; preview: Preview }) {
  const { author, isPriority, fault, fields, sign, urge } = form
  return h(
    'div',
    { class: 'options' },
    h('label', { for: 'compose-author' }, 'As'),
    h('input', {
      ...{ ref: fields.author, id: 'compose-author', value: author.value, size: 14, autocomplete: 'nickname' },
      placeholder: 'Net control',
      'aria-invalid': fault.value?.field === 'author',
      'aria-describedby': 'compose-fault',
      onInput: (event: FieldEvent<HTMLInputElement>) => sign(event.currentTarget.value),
    }),
    h(
      'label',
      {
        class: 'tick',
        title: 'Its text begins with “PRIORITY: ”. It goes on the air before other posts, and rings at other consoles.',
      },
      h('input', {
        type: 'checkbox',
        checked: isPriority.value,
        onChange: (event: FieldEvent<HTMLInputElement>) => urge(event.currentTarget.checked),
      }),
      'Priority notice',
    ),
    h(Count, { preview }),
  )
}

function Count({ preview: { bytes, pushes } }: { preview: Preview }) {
  const air = pushes.length === 1 ? ' · 1 radio push' : ` · ${pushes.length} radio pushes`
  return h(
    'p',
    { class: bytes > textBytesMax ? 'count over' : 'count', id: 'compose-count' },
    `${bytes} of ${textBytesMax} bytes${pushes.length === 0 ? '' : air}`,
  )
}

interface AudienceLineProps {
  room: string
  role: Session['server']['role']
  isWriting: boolean
}

/** What is as expected is told to who writes; what is not, to everybody who looks. */
function AudienceLine({ room, role, isWriting }: AudienceLineProps) {
  const { network } = useStores()
  const server = network.server.value
  if (server === undefined) return null
  // An edge is a city itself.
  const others = network.cities.value.filter(({ id }) => id !== server.id)
  const { text, isWarning } = audienceWords(audienceOf(others, room), role)
  if (!isWarning && !isWriting) return null
  return h('p', { class: isWarning ? 'audience warning' : 'audience' }, text)
}
