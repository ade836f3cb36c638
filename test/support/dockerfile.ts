// Reads the project's Dockerfile and .dockerignore: as much of their language as is used in them.
import { readFileSync } from 'node:fs'
import { join, matchesGlob } from 'node:path'
import { fileURLToPath } from 'node:url'

export const projectDir = fileURLToPath(new URL('../../', import.meta.url))

export interface Instruction {
  word: string
  /** What stands behind it, in one line. */
  rest: string
}

export interface Stage {
  /** Of the image or stage it begins with. */
  from: string
  name: string
  instructions: Instruction[]
}

export function readDockerfile(): Stage[] {
  const lines = readFileSync(join(projectDir, 'Dockerfile'), 'utf8')
    .split('\n')
    .filter(line => !/^\s*(#|$)/.test(line))
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
  const stages: Stage[] = []
  for (const line of lines) {
    const [, word = '', rest = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? []
    const [, from = '', name = ''] = /^(\S+) AS (\S+)$/.exec(rest) ?? []
    if (word === 'FROM') stages.push({ from, name, instructions: [] })
    else stages.at(-1)?.instructions.push({ word, rest })
  }
  return stages
}

/** A stage's instructions behind those of the stages it is built on. */
export function allInstructions(stages: readonly Stage[], name: string): Instruction[] {
  const stage = stages.find(stage => stage.name === name)
  return stage === undefined ? [] : [...allInstructions(stages, stage.from), ...stage.instructions]
}

/** What `COPY` instructions without options copy: pairs of a path in the project and one in the image. */
export function copies(instructions: readonly Instruction[]): [from: string, to: string][] {
  return instructions
    .filter(({ word }) => word === 'COPY')
    .flatMap(({ rest }) => {
      const words = rest.split(' ')
      const to = words.pop() ?? ''
      return words.map((from): [string, string] => [from, to.endsWith('/') ? join(to, from) : to])
    })
}

/** Whether a file of the project is kept from the build by .dockerignore: the last line that fits decides. */
export function isIgnored(path: string): boolean {
  const lines = readFileSync(join(projectDir, '.dockerignore'), 'utf8').split('\n')
  // Docker's * also takes names that begin with a dot.
  const parts = path.replaceAll(/(^|\/)\./g, '$1_').split('/')
  const upwards = parts.map((_, i) => parts.slice(0, i + 1).join('/'))
  let ignored = false
  for (const line of lines.filter(line => !/^(#|$)/.test(line))) {
    const pattern = line.replace(/^!/, '')
    if (upwards.some(each => matchesGlob(each, pattern))) ignored = !line.startsWith('!')
  }
  return ignored
}
