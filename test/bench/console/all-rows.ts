// The list that the console does not have: all rows in the page at once, each like those that the console has drawn.
import type { Page } from 'playwright-core'

export interface AllRows {
  /** CSS selectors of what scrolls and of a row in it. */
  box: string
  row: string
  rows: number
  /** Scrolled to its end at first. */
  atEnd: boolean
}

/** Replaces the list by `#all-rows`; resolves to the ms until it is drawn. */
export async function drawAllRows(page: Page, { box, row, rows, atEnd }: AllRows): Promise<number> {
  const drawing = `(async () => {
    const box = document.querySelector(${JSON.stringify(box)})
    const samples = [...box.querySelectorAll(${JSON.stringify(row)})]
    const all = box.cloneNode(false)
    all.id = 'all-rows'
    const begin = performance.now()
    for (let n = 0; n < ${rows}; n += 1) all.append(samples[n % samples.length].cloneNode(true))
    box.replaceWith(all)
    all.scrollTop = ${atEnd} ? all.scrollHeight : 0
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
    return performance.now() - begin
  })()`
  return Number(await page.evaluate(drawing))
}
