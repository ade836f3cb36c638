// The hub's limits on what links bring in a second, as its config has them.
import { type LinkRates, usualFramesPerSpoke } from '../protocol/link-limits.ts'
import { whole } from './conf-values.ts'

const perSecond = (usual: number) => whole(0, 1_000_000).default(usual)

/** Of [limits]; 0: none. */
export const rateKeys = {
  posts_per_second_spoke: perSecond(500),
  posts_per_second_room: perSecond(2000),
  posts_per_second_address: perSecond(1000),
  frames_per_second_spoke: perSecond(usualFramesPerSpoke),
}

type RateValues = Record<keyof typeof rateKeys, number>

export function ratesOf(values: RateValues): LinkRates {
  return {
    postsPerSpoke: values.posts_per_second_spoke,
    postsPerRoom: values.posts_per_second_room,
    postsPerAddress: values.posts_per_second_address,
    framesPerSpoke: values.frames_per_second_spoke,
  }
}
