// uPlot as a script of its own: loaded where a chart is shown.
import uPlot from 'uplot'

export type UPlot = typeof uPlot

Object.assign(window, { uPlot })
