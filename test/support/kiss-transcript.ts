// What went over the serial port of the firmware's own KISS modem, both ways.
import { readFileSync } from 'node:fs'
import { z } from 'zod'

const fileSchema = z.object({
  sessions: z.array(
    z.object({
      section: z.string(),
      frames: z.array(z.object({ dir: z.enum(['host->modem', 'modem->host']), hex: z.string(), meaning: z.string() })),
    }),
  ),
})

export const kissTranscript = fileSchema.parse(
  JSON.parse(readFileSync(new URL('../vectors/meshcore/kiss-transcript.json', import.meta.url), 'utf8')),
).sessions
