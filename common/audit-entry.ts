// A decision about spokes and tokens, as the hub keeps it, answers with it, and a console shows it.
import { z } from 'zod'

export const auditEntrySchema = z.object({
  /** Unix ms. */
  at: z.int().min(0),
  /** `token:<name>` or `cli:<user>`. */
  who: z.string(),
  action: z.enum(['approve', 'revoke', 'grant', 'forget', 'token-create', 'token-revoke']),
  /** Id of the spoke, and its name at that time. */
  spoke: z.string().optional(),
  name: z.string().optional(),
  room: z.string().optional(),
  /** What was granted, why it was revoked, which token. */
  detail: z.string().optional(),
})

export type AuditEntry = z.infer<typeof auditEntrySchema>
