// Whoever asks by radio asks again: what somebody else says may be on the air together with the question, or the answer.

/** The answer to what is asked up to three times. @throws Error when there was silence each time */
export async function answered<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 3; tries += 1) {
    const answer = await ask()
    if (answer !== undefined) return answer
  }
  throw new Error('nobody answered three times')
}
