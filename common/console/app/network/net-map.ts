// The map itself, by Leaflet: land, cities and lines, of which only what has changed is drawn again.
import type { LatLngBoundsExpression, LatLngTuple, Map as LeafletMap, Marker, Polyline } from 'leaflet'
import type { NetworkServer, Position } from '#common/network.ts'
import type { BaseMap, Place } from './base-map.ts'
import type { Leaflet } from './leaflet.ts'
import { placeNames, type Side } from './map-names.ts'
import { asideOf, besideOthers, gridLines, gridStep, placeOf } from './map-places.ts'
import { shapes } from './mark.ts'
import { type Bounds, boundsOf, linesOf, longitudeFrom, type MapLine } from './places.ts'
import type { Row } from './rows.ts'
import { type Level, levelWords, urgency } from './state.ts'

/** `own`: with the server that answers. */
type LineKind = 'own' | 'up' | 'standby' | 'down' | 'refused'

export interface NetMapOptions {
  leaflet: Leaflet
  base: BaseMap
  element: HTMLElement
  onPick: (id: string) => void
  isStill: boolean
}

interface Drawn {
  marker: Marker
  level: Level
  name: string
  word: string
  place: LatLngTuple
  /** Among those at the very same place. */
  nth: number
  /** Of it the name may stand. */
  sides: readonly Side[]
}

const markSize = 18
/** From here on names stand beside the marks. */
const namesZoom = 7
/** So many have names at every zoom, where there is a place. */
const namesMax = 12
const citySides: readonly Side[] = ['right', 'left', 'below']
const serverSides: readonly Side[] = ['left', 'right', 'below']
/** Pixels: below the buttons no city is to be looked for. */
const buttonsWidth = 56
const lineKinds: readonly LineKind[] = ['own', 'down', 'standby', 'up', 'refused']

export class NetMap {
  readonly #o: NetMapOptions
  readonly #map: LeafletMap
  readonly #lines: Readonly<Record<LineKind, Polyline>>
  readonly #grid: Polyline
  readonly #drawnById = new Map<string, Drawn>()
  /** Of the lines as they are drawn. */
  readonly #endsByKind = new Map<LineKind, string>()
  #bounds: Bounds = boundsOf([])
  #picked: string | undefined

  constructor(options: NetMapOptions) {
    const { leaflet: L, element, isStill } = options
    this.#o = options
    const still = { zoomAnimation: !isStill, fadeAnimation: !isStill, markerZoomAnimation: !isStill, inertia: !isStill }
    this.#map = L.createMap(element, {
      ...still,
      zoomControl: false,
      attributionControl: false,
      minZoom: 1,
      maxZoom: 11,
      zoomSnap: 0.1,
    })
    // Nothing can be drawn on a map that looks nowhere.
    this.fit()
    this.#addWorld()
    this.#grid = L.polyline([], { className: 'net-grid', interactive: false }).addTo(this.#map)
    this.#map.on('moveend', () => {
      this.#drawGrid()
      this.#showNames()
    })
    const lineOf = (kind: LineKind) =>
      L.polyline([], { className: `net-line ${kind}`, interactive: false }).addTo(this.#map)
    this.#lines = Object.fromEntries(lineKinds.map(kind => [kind, lineOf(kind)])) as Record<LineKind, Polyline>
    L.scale({ position: 'bottomright' }).addTo(this.#map)
  }

  /** The cities that are shown now; of all others nothing stays. The view moves only when the first of them come. */
  show(server: NetworkServer, rows: readonly Row[]): void {
    const placed = rows.flatMap(row => placeOf(server, row.city) ?? [])
    const isFirst = this.#drawnById.size === 0
    const bounds = boundsOf([...placed, ...(server.position === null ? [] : [server.position])])
    if (isFirst) this.#bounds = bounds
    const ids = new Set<string>()
    const nextBeside = besideOthers(server.position)
    for (const row of rows) {
      const position = placeOf(server, row.city)
      if (position === undefined) continue
      ids.add(row.city.id)
      this.#drawCity(row, this.#onMap(position), row.city.id === server.id ? 0 : nextBeside(position))
    }
    for (const [id, { marker }] of this.#drawnById) if (!ids.has(id) && id !== server.id) this.#remove(id, marker)
    this.#drawServer(server, ids)
    this.#drawLines(server, rows)
    if (isFirst) this.fit()
    this.#showNames()
  }

  /** All that is drawn is in sight. */
  fit(): void {
    const places = [...this.#drawnById.values()].map(({ place: [latitude, longitude] }) => ({ latitude, longitude }))
    const { south, west, north, east } = boundsOf(places)
    const corners: LatLngBoundsExpression = [
      [south, west],
      [north, east],
    ]
    this.#map.fitBounds(corners, { animate: false, paddingBottomRight: [buttonsWidth, 0] })
  }

  zoom(by: number): void {
    this.#map.setZoom(this.#map.getZoom() + by)
  }

  /** Marks it, and moves only when it is out of sight. */
  pick(id: string | undefined): void {
    const before = this.#drawnById.get(this.#picked ?? '')
    this.#picked = id
    before?.marker.getElement()?.classList.remove('picked')
    const drawn = this.#drawnById.get(id ?? '')
    if (drawn === undefined) return
    drawn.marker.getElement()?.classList.add('picked')
    this.#showNames()
    if (!this.#map.getBounds().pad(-0.1).contains(drawn.place))
      this.#map.panTo(drawn.place, { animate: !this.#o.isStill })
  }

  /** The place for it has another size. */
  resize(): void {
    this.#map.invalidateSize({ animate: false, pan: false })
    this.#showNames()
  }

  remove(): void {
    this.#map.remove()
  }

  #onMap({ latitude, longitude }: Position): LatLngTuple {
    return [latitude, longitudeFrom(this.#bounds.west, longitude)]
  }

  #addWorld(): void {
    const { leaflet: L, base } = this.#o
    // Copies on both sides, for a net across the line of dates.
    for (const turn of [-360, 0, 360]) {
      const turned = (line: readonly Place[]): Place[] =>
        line.map(([latitude, longitude]) => [latitude, longitude + turn])
      const land = base.land.map(rings => rings.map(turned))
      L.polygon(land, { className: 'net-land', interactive: false }).addTo(this.#map)
      L.polyline(base.borders.map(turned), { className: 'net-border', interactive: false }).addTo(this.#map)
    }
  }

  #drawCity({ city: { id, name }, state: { level, word } }: Row, place: LatLngTuple, nth: number): void {
    const known = this.#drawnById.get(id)
    const marker = known?.marker ?? this.#newMarker(place, () => this.#o.onPick(id))
    const now: Drawn = { marker, level, name, word, place, nth, sides: citySides }
    this.#drawnById.set(id, now)
    if (known !== undefined && (known.place[0] !== place[0] || known.place[1] !== place[1])) marker.setLatLng(place)
    const isSame = known?.name === name && known.nth === nth
    if (isSame && known.word === word) return
    if (!isSame || known.level !== level) {
      marker.setIcon(this.#iconOf(level, name, nth)).setZIndexOffset(-1000 * urgency(level))
      marker.getElement()?.classList.toggle('picked', id === this.#picked)
    }
    marker.getElement()?.setAttribute('title', `${name}: ${word}`)
  }

  /** Unless it is among the cities itself, as at an edge. */
  #drawServer({ id, name, position }: NetworkServer, cityIds: ReadonlySet<string>): void {
    if (position === null || cityIds.has(id)) return
    const place = this.#onMap(position)
    const known = this.#drawnById.get(id)
    const marker = known?.marker ?? this.#newMarker(place, () => {})
    if (known?.name !== name) {
      const html = named(name, name)
      marker.setIcon(this.#o.leaflet.divIcon({ className: 'net-server', html, iconSize: [22, 22] }))
      marker.setZIndexOffset(-10_000)
    }
    this.#drawnById.set(id, { marker, level: 'ok', name, word: '', place, nth: 0, sides: serverSides })
  }

  #newMarker(place: LatLngTuple, onClick: () => void): Marker {
    const { leaflet: L } = this.#o
    return L.marker(place, { icon: L.divIcon(), keyboard: false }).on('click', onClick).addTo(this.#map)
  }

  #remove(id: string, marker: Marker): void {
    marker.remove()
    this.#drawnById.delete(id)
  }

  #iconOf(level: Level, name: string, nth: number) {
    const html = named(name, '')
    html.prepend(markSvg(level))
    const [right, down] = asideOf(nth, markSize)
    const iconAnchor: [number, number] = [markSize / 2 - right, markSize / 2 - down]
    return this.#o.leaflet.divIcon({ className: `net-city ${level}`, html, iconSize: [markSize, markSize], iconAnchor })
  }

  #drawLines(server: NetworkServer, rows: readonly Row[]): void {
    const parts: Record<LineKind, LatLngTuple[][]> = { own: [], up: [], standby: [], down: [], refused: [] }
    for (const line of linesOf(
      server,
      rows.map(row => row.city),
    )) {
      const [from, to] = [this.#drawnById.get(line.from), this.#drawnById.get(line.to)]
      if (from !== undefined && to !== undefined) parts[kindOf(line, server.id)].push([from.place, to.place])
    }
    for (const kind of lineKinds) {
      const ends = parts[kind].flat(2).join()
      if (this.#endsByKind.get(kind) === ends) continue
      this.#endsByKind.set(kind, ends)
      this.#lines[kind].setLatLngs(parts[kind])
    }
  }

  #drawGrid(): void {
    const sight = this.#map.getBounds()
    const [south, west, north, east] = [sight.getSouth(), sight.getWest(), sight.getNorth(), sight.getEast()]
    this.#grid.setLatLngs(gridLines({ south, west, north, east }, gridStep(this.#map.getZoom())))
  }

  /** The picked one has the first choice, then the most urgent. */
  #showNames(): void {
    const areAll = this.#map.getZoom() >= namesZoom || this.#drawnById.size <= namesMax
    this.#o.element.classList.toggle('with-names', areAll)
    const shown = [...this.#drawnById]
      .filter(([id, { sides }]) => areAll || id === this.#picked || sides === serverSides)
      .map(([id, drawn]) => ({ ...drawn, rank: id === this.#picked ? -1 : urgency(drawn.level) }))
      .sort((a, b) => a.rank - b.rank)
    placeNames(
      this.#o.element,
      shown.flatMap(drawn => this.#nameOf(drawn) ?? []),
    )
  }

  #nameOf({ marker, place, nth, sides, rank }: Drawn & { rank: number }) {
    const label = marker.getElement()?.querySelector<HTMLElement>('.net-name')
    if (!label) return undefined
    const { x, y } = this.#map.latLngToContainerPoint(place)
    const [right, down] = asideOf(nth, markSize)
    return { label, x: x + right, y: y + down, width: label.offsetWidth, sides, isPicked: rank === -1 }
  }
}

function kindOf({ from, to, state, isOld }: MapLine, ownId: string): LineKind {
  if (state === 'refused' || state === 'standby') return state
  if (isOld || state !== 'connected') return 'down'
  return from === ownId || to === ownId ? 'own' : 'up'
}

function named(name: string, title: string): HTMLElement {
  const element = document.createElement('span')
  const label = Object.assign(document.createElement('span'), { className: 'net-name', textContent: name })
  element.append(label)
  element.title = title
  return element
}

function markSvg(level: Level): SVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path')
  svg.setAttribute('viewBox', '0 0 16 16')
  svg.setAttribute('class', `mark ${level}`)
  svg.setAttribute('aria-label', levelWords[level])
  path.setAttribute('d', shapes[level])
  path.setAttribute('fill-rule', 'evenodd')
  svg.append(path)
  return svg
}
