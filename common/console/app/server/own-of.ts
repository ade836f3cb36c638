// Looks up what others have named: a room may be called `constructor`.

/** Undefined for what every object has. */
export function ownOf<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined
}
