/** Bytes that are no frame of the companion protocol, or what does not go into one: all that its codec throws. */
export class CompanionError extends Error {
  override name = 'CompanionError'
}
