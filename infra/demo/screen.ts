// What the demo writes on the screen: colour on a terminal only, and columns that stand below one another.
import { styleText } from 'node:util'

type Style = Parameters<typeof styleText>[0]

const margin = '   '

/** The text in a style; plain when standard output is no terminal, or NO_COLOR is set. */
export function styled(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout })
}

export function say(text = ''): void {
  process.stdout.write(`${text === '' ? '' : margin + text}\n`)
}

/** The title of a part of the demo. */
export function heading(text: string): void {
  process.stdout.write(`\n${styled('bold', text)}\n`)
}

/** A log line of a program, as it wrote it. */
export function quote(name: string, line: string): void {
  say(`${name.padEnd(8)} ${styled('dim', line)}`)
}

/** Rows below one another, the first column to the left, the others to the right. The first row is the head. */
export function table(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0))) ?? []
  for (const [index, row] of rows.entries()) {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0
      return column === 0 ? cell.padEnd(width) : cell.padStart(width)
    })
    const line = cells.join('   ')
    say(index === 0 ? styled('dim', line) : line)
  }
}

/** As "4 ms" or "1.2 s". */
export function duration(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}

export function number(value: number): string {
  return value.toLocaleString('en-US')
}
