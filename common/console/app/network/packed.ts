// Packages that come as scripts, fetched by the views that show them: nobody else pays for a map or a chart.
import { type BaseMap, unpackBaseMap } from './base-map.ts'
import type { Leaflet } from './leaflet.ts'
import type { UPlot } from './uplot.ts'

/** Under which the server has all files of this version: where the page's own style is. */
const style = document.querySelector<HTMLLinkElement>('link[rel=stylesheet]')
export const styleUrl = style?.href ?? location.href
const baseUrl = new URL('.', styleUrl)
const loading = new Map<string, Promise<unknown>>()

/** The map. */
export async function loadLeaflet(): Promise<Leaflet> {
  await once('map.js', addScript)
  return packed('leaflet')
}

/** Charts. */
export async function loadUplot(): Promise<UPlot> {
  await once('chart.js', addScript)
  return packed('uPlot')
}

/** Land and borders. */
export async function loadBaseMap(): Promise<BaseMap> {
  const map = await once('base-map.bin', async url => unpackBaseMap(await fetched(url)))
  return map as BaseMap
}

/** What fails is tried again when somebody asks again. */
function once(path: string, load: (url: string) => Promise<unknown>): Promise<unknown> {
  const known = loading.get(path) ?? load(new URL(path, baseUrl).href)
  loading.set(path, known)
  known.catch(() => loading.delete(path))
  return known
}

async function fetched(url: string): Promise<Uint8Array> {
  const response = await fetch(url, { signal: AbortSignal.timeout(30_000) })
  if (!response.ok) throw new Error(`the server has no ${url}`)
  return new Uint8Array(await response.arrayBuffer())
}

function addScript(url: string): Promise<void> {
  const script = Object.assign(document.createElement('script'), { src: url })
  return new Promise((resolve, reject) => {
    script.addEventListener('load', () => resolve())
    script.addEventListener('error', () => {
      script.remove()
      reject(new Error(`${url} cannot be loaded`))
    })
    document.head.append(script)
  })
}

/** Such scripts give their only value to the window, unless they fail while they run. */
function packed<T>(name: string): T {
  const value = (window as unknown as Record<string, T | undefined>)[name]
  if (value === undefined) throw new Error(`this browser cannot run ${name}`)
  return value
}
