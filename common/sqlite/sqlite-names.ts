// Ids of servers and names of epochs as small numbers: a post's row tells where it came from in two bytes.
import type { SqliteDb } from './sqlite-db.ts'

const knownNamesMax = 4_096

export interface NameNumbers {
  /** 0 when the name is not known, and for ''. */
  number: (name: string) => number
  /** Makes it known. Not to be called in a transaction, which might take it back. @throws StoreUnavailableError */
  intern: (name: string) => number
  name: (number: number) => string
}

/** Numbers given out by table `name`, the ones in use kept in memory. */
export function sqliteNames(db: SqliteDb): NameNumbers {
  const find = db.prepare('SELECT id FROM name WHERE text = ?')
  const findName = db.prepare('SELECT text FROM name WHERE id = ?')
  const add = db.prepare('INSERT INTO name (text) VALUES (?)')
  const numbers = new Map<string, number>()
  const names = new Map<number, string>()
  const remember = (name: string, number: number) => {
    if (numbers.size >= knownNamesMax) {
      numbers.clear()
      names.clear()
    }
    numbers.set(name, number)
    names.set(number, name)
    return number
  }
  const lookUp = (name: string) => {
    const row = find.get(name)
    return row === undefined ? 0 : remember(name, Number(row.id))
  }
  return {
    number: name => numbers.get(name) ?? lookUp(name),
    name: number => {
      if (number === 0) return ''
      const known = names.get(number) ?? String(findName.get(number)?.text)
      if (!names.has(number)) remember(known, number)
      return known
    },
    intern: name => {
      const known = numbers.get(name) ?? db.read(() => lookUp(name))
      return known > 0 ? known : remember(name, Number(db.write('NORMAL', () => add.run(name)).lastInsertRowid))
    },
  }
}
