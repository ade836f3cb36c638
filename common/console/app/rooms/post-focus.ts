// Keys in a feed: j and k, or the arrows once a post has the focus, go from post to post.
const steps: Readonly<Record<string, 1 | -1>> = { j: 1, k: -1, ArrowDown: 1, ArrowUp: -1 }

export function moveAmongPosts(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  const step = steps[event.key]
  if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return
  const posts = [...event.currentTarget.querySelectorAll<HTMLElement>('article')]
  const focused = posts.findIndex(post => post.contains(document.activeElement))
  if (focused === -1 && event.key.startsWith('Arrow')) return
  const next = focused === -1 ? lastInSight(posts, event.currentTarget) : posts[focused + step]
  if (next === undefined) return
  event.preventDefault()
  next.focus({ preventScroll: true })
  next.scrollIntoView({ block: 'nearest' })
}

function lastInSight(posts: readonly HTMLElement[], box: HTMLElement): HTMLElement | undefined {
  const { bottom } = box.getBoundingClientRect()
  return posts.findLast(post => post.getBoundingClientRect().bottom <= bottom + 1)
}
