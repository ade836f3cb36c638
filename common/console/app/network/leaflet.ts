// What the map uses of Leaflet, as a script of its own: from its modules, for the whole of it is larger, though it comes minified.
/*! Leaflet, https://leafletjs.com, BSD 2-Clause, Copyright (c) 2010-2023 Volodymyr Agafonkin, (c) 2010-2011 CloudMade */
import type { SVG } from 'leaflet'
import { scale } from 'leaflet/src/control/Control.Scale.js'
import { divIcon } from 'leaflet/src/layer/marker/DivIcon.js'
import { marker } from 'leaflet/src/layer/marker/Marker.js'
import { polygon } from 'leaflet/src/layer/vector/Polygon.js'
import { polyline } from 'leaflet/src/layer/vector/Polyline.js'
import { svg } from 'leaflet/src/layer/vector/SVG.js'
import { createMap, Map as LeafletMap } from 'leaflet/src/map/Map.js'
import 'leaflet/src/map/handler/Map.DoubleClickZoom.js'
import 'leaflet/src/map/handler/Map.Drag.js'
import 'leaflet/src/map/handler/Map.Keyboard.js'
import 'leaflet/src/map/handler/Map.ScrollWheelZoom.js'
import 'leaflet/src/map/handler/Map.TouchZoom.js'

/** Lines and land are SVG. Leaflet's own module for this takes drawing on a canvas along. */
LeafletMap.include({
  getRenderer(this: LeafletMap & { svg?: SVG }) {
    this.svg ??= svg()
    return this.hasLayer(this.svg) ? this.svg : this.svg.addTo(this)
  },
})

const leaflet = { createMap, divIcon, marker, polygon, polyline, scale }

export type Leaflet = typeof leaflet

Object.assign(window, { leaflet })
