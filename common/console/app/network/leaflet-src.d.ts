// The types of those modules of Leaflet that leaflet.ts takes.

declare module 'leaflet/src/control/Control.Scale.js' {
  export const scale: typeof import('leaflet').control.scale
}
declare module 'leaflet/src/layer/marker/DivIcon.js' {
  export { divIcon } from 'leaflet'
}
declare module 'leaflet/src/layer/marker/Marker.js' {
  export { marker } from 'leaflet'
}
declare module 'leaflet/src/layer/vector/Polygon.js' {
  export { polygon } from 'leaflet'
}
declare module 'leaflet/src/layer/vector/Polyline.js' {
  export { polyline } from 'leaflet'
}
declare module 'leaflet/src/layer/vector/SVG.js' {
  export { svg } from 'leaflet'
}
declare module 'leaflet/src/map/Map.js' {
  export { Map, map as createMap } from 'leaflet'
}
