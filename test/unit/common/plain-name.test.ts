import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plainName } from '#common/plain-name.ts'

test('a name says what it seems to say', () => {
  assert.equal(plainName('Boulder\u202egpj.exe\u202c'), 'Bouldergpj.exe')
  assert.equal(plainName(' Bou\u200bl\u00adder\u2028\ufeff '), 'Boulder')
  assert.equal(plainName('lone \ud800'), 'lone \ufffd')
})

test('a name that nobody would see is none', () => {
  for (const name of ['\u200b\u2060', ' ', '\u200d', '\u2066\u2069']) assert.equal(plainName(name), '')
})

test('what scripts and signs are written with stays', () => {
  for (const name of ['Zürich', 'می‌خواهم', '👩‍🚒 Aspen', '東京 1']) assert.equal(plainName(name), name)
})
