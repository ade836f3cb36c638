// Lengths of time, sizes and shares as people read them.

/** Like `40 s`, `15 min`, `3 h 20 min`, `2 days`. */
export function durationWords(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`
}

/** Like `1 day`, `9 days`. */
export function daysWords(days: number): string {
  return days === 1 ? '1 day' : `${days} days`
}

/** Like `850 B`, `35 kB`, `1.2 MB`, `2.4 GB`: a kB is 1,000 bytes. */
export function sizeWords(bytes: number): string {
  const tenths = (one: number) => Math.round((bytes / one) * 10) / 10
  if (bytes >= 1e9) return `${tenths(1e9)} GB`
  if (bytes >= 1e6) return `${tenths(1e6)} MB`
  return bytes >= 1000 ? `${Math.round(bytes / 1000)} kB` : `${bytes} B`
}

/** Like `75 %`, of a share from 0 to 1, or above. */
export function percentWords(share: number): string {
  return `${Math.round(share * 100)} %`
}
