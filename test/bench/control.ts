// What the generator and the conductor say to each other over the IPC channel between them.
import type { Access, BrokerName, Usage } from './broker.ts'

/** One broker in one row of one round. */
export interface Job {
  broker: BrokerName
  scenario: ScenarioName
  access: Access
  params: Params
}

export type ScenarioName =
  | 'ingest'
  | 'paced'
  | 'fan-out'
  | 'catch-up'
  | 'edge-catch-up'
  | 'edge-alone'
  | 'edge-on-air'
  | 'crash'
  | 'idle-links'
  | 'redis-use'

/** The numbers of a scenario; each reads those it knows. */
export interface Params {
  posts: number
  /** Written before the measured ones: a broker runs for months, and its first second says little. */
  warmUpPosts: number
  spokes: number
  rooms: number
  postsPerSecond: number
  links: number
  powerCut: boolean
  /** Written to an edge one after the other, each with a commit of its own. */
  singlePosts: number
}

/** What a scenario measured, by name. Every generator adds `generatorCpuPercent` and `brokerCpuPercent`. */
export type Figures = Record<string, number>

export type Order =
  | ('usage' | 'kill' | 'start' | 'sync' | 'power-cut')
  | ('edge-start' | 'edge-start-alone' | 'edge-start-on-air' | 'edge-stop' | 'edge-end' | 'edge-usage')

export type FromGenerator = { ask: Order } | { figures: Figures } | { failed: string }
export type FromConductor = { job: Job } | { answer: Usage | null } | { refused: string }
