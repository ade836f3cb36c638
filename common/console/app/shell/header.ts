// The bar above every view: where one is, where one can go, and who one is.
import { h } from 'preact'
import type { Session } from '#common/network.ts'
import { AlertsBadge } from '../alerts/alerts-badge.ts'
import { useStores } from '../stores.ts'
import { leavingQuestion } from './leave.ts'
import { hrefOf, type Route } from './router.ts'
import { ThemeButton } from './theme-button.ts'

const places: readonly { name: string; route: Route; views: readonly Route['view'][] }[] = [
  { name: 'Rooms', route: { view: 'rooms' }, views: ['rooms', 'room', 'log'] },
  { name: 'Network', route: { view: 'network', form: 'table' }, views: ['network', 'city'] },
  { name: 'Alerts', route: { view: 'alerts' }, views: ['alerts'] },
]

export function Header({ session: { who, role, signedIn, server } }: { session: Session }) {
  const { route } = useStores()
  return h(
    'header',
    { class: 'bar' },
    h('strong', { class: 'server', title: `${server.role} ${server.version}` }, server.name),
    h(
      'nav',
      { 'aria-label': 'Views' },
      places.map(place =>
        h(
          'a',
          { href: hrefOf(place.route), 'aria-current': place.views.includes(route.value.view) ? 'page' : undefined },
          place.name,
          place.name === 'Alerts' && h(AlertsBadge, {}),
          place.name === 'Network' && h(AskingBadge, {}),
        ),
      ),
    ),
    h(
      'div',
      { class: 'who' },
      h('span', { title: `signed in as ${role}` }, `${who} · ${role}`),
      h(ThemeButton, {}),
      signedIn && h(SignOut, {}),
    ),
  )
}

function SignOut() {
  const { session, compose } = useStores()
  const leave = () => {
    const { unsent, isKept } = compose.outbox
    const question = leavingQuestion(unsent, isKept)
    if (question !== undefined && !confirm(question)) return
    session.signOut().catch((error: Error) => alert(`You are still signed in: ${error.message}. Try again.`))
  }
  return h('button', { type: 'button', class: 'quiet', onClick: leave }, 'Sign out')
}

/** How many cities wait until somebody lets them in. */
function AskingBadge() {
  const { network } = useStores()
  const count = network.cities.value.filter(({ standing }) => standing === 'pending').length
  return count === 0
    ? null
    : h(
        'span',
        { class: 'badge', title: 'cities that ask to join' },
        count,
        h('span', { class: 'hidden-visually' }, ' ask to join'),
      )
}
