// Priority notices of net control: how they are marked in the text, so that every city and every radio can read the mark.
import type { Post } from './post.ts'

export const priorityPrefix = 'PRIORITY: '

/** Only a console may mark one: what a node or an app writes so is a post like any other. */
export function isPriority({ source, text }: Pick<Post, 'source' | 'text'>): boolean {
  return source === 'console' && text.startsWith(priorityPrefix)
}

/** The same of a post as encodePost() writes it: parsed only where it may be one. */
export function isPriorityJson(json: string): boolean {
  return json.includes(`"text":"${priorityPrefix}`) && isPriority(JSON.parse(json) as Post)
}
