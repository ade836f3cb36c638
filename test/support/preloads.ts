// What is loaded into a program of ours before it begins, each as an environment.

/**
 * It looks for troubles ten times a second, and finds its usual time gone by each time. `hasTicks`: by the monotonic clock, too,
 * which ends the links of a server that has any.
 */
export function quickLooks({ hasTicks = false } = {}): Record<string, string> {
  return { ...preloaded('quick-looks.ts'), ...(hasTicks && { QUICK_TICKS: '1' }) }
}

/** A server that was upgraded: its console is another version. */
export function newerConsole(): Record<string, string> {
  return preloaded('newer-console.ts')
}

function preloaded(file: string): Record<string, string> {
  return { NODE_OPTIONS: `--import=${new URL(file, import.meta.url).href}` }
}
