// What is a trouble still, out of a list of alerts.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTroubles } from '#common/alerts/kinds.ts'

test('a trouble is open until its good news, of the same server', () => {
  const alerts = [
    { n: 1, kind: 'spoke-silent', spoke: 'A' },
    { n: 2, kind: 'spoke-silent', spoke: 'B' },
    { n: 3, kind: 'gap', spoke: 'A' },
    { n: 4, kind: 'radio-gone', spoke: 'A' },
    { n: 5, kind: 'spoke-back', spoke: 'A' },
    { n: 6, kind: 'certificate' },
    { n: 7, kind: 'certificate' },
    { n: 8, kind: 'clock-right', spoke: 'B' },
  ]
  assert.deepEqual(
    openTroubles(alerts).map(({ n }) => n),
    [2, 4, 7],
  )
  assert.deepEqual(openTroubles([]), [])
})
