// How findings are shown: a line each, the advice below it, nothing that steers a terminal, and a sentence at the end.
import assert from 'node:assert/strict'
import test from 'node:test'
import { describe, sayer } from '#edge/doctor/finding.ts'

const say = sayer('disk', 'disk: ')

test('a line for each, and a sentence', () => {
  assert.equal(describe([say.ok('fine')]), 'ok    disk: fine\n\nAll is well.\n')
  const warning = say.warn('small', 'make room')
  assert.equal(
    describe([warning]),
    'warn  disk: small\n      do: make room\n\nNothing is broken; 1 warning to look at.\n',
  )
  const shown = describe([say.fault('full\u001b[2J', 'make room'), say.fault('gone'), warning])
  assert.match(shown, /^FAULT disk: full\\u001b\[2J\n {6}do: make room\nFAULT disk: gone\n/)
  assert.match(shown, /\n\n2 faults and 1 warning\. Begin with the first FAULT: those below it often come from it\.\n$/)
})
