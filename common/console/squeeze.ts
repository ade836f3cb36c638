// Takes out of JavaScript what only those who read it need, comments and most blanks: the same words and signs are left, in the same order.

/** What may begin at a place, tried in this order; the notice of a licence stays. */
const forms = {
  blank: /\s+|\/\/.*|\/\*(?!!)[\s\S]*?\*\//y,
  notice: /\/\*![\s\S]*?\*\//y,
  word: /[#A-Za-z_$\u0080-\uffff][\w$\u0080-\uffff]*/y,
  text: /'(?:\\[\s\S]|[^'\\\n])*'|"(?:\\[\s\S]|[^"\\\n])*"/y,
  regex: /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/\w*/y,
  number: /\.?\d[\w.]*/y,
  sign: /\+\+|--|./y,
}
const ordered = Object.entries(forms) as [keyof typeof forms, RegExp][]
/** Of a template: from its begin, or the end of a value in it, to the next value or its end. */
const templatePart = /[`}](?:\\[\s\S]|\$(?!\{)|[^\\`$])*(?:`|\$\{)/y
/** Behind other words, and behind what ends a value, a slash divides. */
const wordsBeforeRegex = /^(?:return|typeof|case|in|of|do|else|void|delete|throw|new|instanceof|yield|await)$/
const endsValue = /^(?:[)\]}]|\+\+|--)$/
/** No statement ends with one of these, and none begins with one of those. */
const neverLast = /^[([{,;.:?&|=<>!~^*/%+-]$/
const neverFirst = /^[)\]},;.:?&|=<>%]$/

interface Token {
  kind: keyof typeof forms | 'template'
  text: string
}

/** A source that is no JavaScript becomes no JavaScript. */
export function squeezed(source: string): string {
  let [result, gap] = ['', '']
  let before: Token = { kind: 'sign', text: ';' }
  for (const token of tokensOf(source)) {
    if (token.kind === 'blank') gap += token.text
    else {
      result += (gap === '' ? '' : blankFor(before, gap, token)) + token.text
      before = token
      gap = ''
    }
  }
  return result
}

/** Instead of all that is between two tokens. */
function blankFor(before: Token, gap: string, after: Token): string {
  const mayEndStatement = !(before.kind === 'sign' && neverLast.test(before.text))
  const mayBeginOne = !(after.kind === 'sign' && neverFirst.test(after.text))
  if (gap.includes('\n') && mayEndStatement && mayBeginOne) return '\n'
  return wouldJoin(before, after) ? ' ' : ''
}

function wouldJoin(before: Token, after: Token): boolean {
  if (before.kind === 'sign') return '+-/'.includes(before.text) && before.text === after.text[0]
  if (after.kind === 'sign') return before.kind === 'number' && after.text === '.'
  return isWord(before.kind) && isWord(after.kind)
}

/** A regular expression ends with words, and cannot begin behind one that it would join. */
function isWord(kind: Token['kind']): boolean {
  return kind === 'word' || kind === 'number' || kind === 'regex'
}

function* tokensOf(source: string): Generator<Token> {
  let before: Token = { kind: 'sign', text: ';' }
  /** What is open: braces, and the values of templates. */
  const open: Token['kind'][] = []
  for (let at = 0; at < source.length; ) {
    const token = tokenAt({ source, at, before, isInTemplate: open.at(-1) === 'template' })
    at += token.text.length
    yield token
    if (token.kind === 'blank' || token.kind === 'notice') continue
    before = token
    if (token.kind !== 'sign' && token.kind !== 'template') continue
    if (token.text.startsWith('}')) open.pop()
    if (token.text.endsWith('{')) open.push(token.kind)
  }
}

interface Place {
  source: string
  at: number
  before: Token
  /** The value of a template may end here. */
  isInTemplate: boolean
}

function tokenAt({ source, at, before, isInTemplate }: Place): Token {
  const first = source[at]
  if (first === '`' || (first === '}' && isInTemplate)) {
    const text = matchAt(templatePart, source, at)
    if (text !== undefined) return { kind: 'template', text }
  }
  for (const [kind, form] of ordered) {
    const text = kind === 'regex' && divides(before) ? undefined : matchAt(form, source, at)
    if (text !== undefined) return { kind, text }
  }
  throw new Error('a sign may be anything but the end of a line, and that is blank')
}

function matchAt(form: RegExp, source: string, at: number): string | undefined {
  form.lastIndex = at
  return form.exec(source)?.[0]
}

/** A slash behind it. */
function divides({ kind, text }: Token): boolean {
  if (kind === 'sign') return endsValue.test(text)
  if (kind === 'template') return text.endsWith('`')
  return !(kind === 'word' && wordsBeforeRegex.test(text))
}
