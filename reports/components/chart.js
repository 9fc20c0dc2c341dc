// What the charts share: their frame, and the ways in which a bar, a line or a band is drawn.
import { compact, missing } from './format.js';

/**
 * A tooltip's lines of plain text as elements, the first in bold. ECharts would read a text as HTML, and what a store or
 * a closure is called must never be markup: every tooltip is made here.
 */
export const tooltipContent = ([title, ...lines]) => {
	const content = document.createElement('div');
	content.append(Object.assign(document.createElement('b'), { textContent: title }));
	for (const line of lines) content.append(document.createElement('br'), line);
	return content;
};

/** Strokes that tell what is estimated from what was counted, without a colour. */
export const hatch = (colour) => ({ symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [3, 4], rotation: -Math.PI / 4, color: colour });

/**
 * ECharts' options of a chart whose x axis has a place for each row.
 *
 * c: the theme's colours; rows; x: the row's place on the axis, as text or number; label: ECharts' settings of the axis'
 * labels; tooltip: the row's lines, plain text; series: ECharts' series; hasBands: whether a series is a band; axis: more settings of the x axis.
 */
export const frame = (c, { rows, x, label, tooltip, series, hasBands = false, axis = {} }) => {
	const places = rows.map(x);
	return {
		animation: false,
		textStyle: { fontFamily: 'system-ui, sans-serif' },
		grid: { left: 4, right: 8, top: 10, bottom: axis.bottom ?? 22, containLabel: true },
		legend: { show: false },
		tooltip: {
			trigger: 'axis',
			confine: true,
			axisPointer: { type: 'shadow', shadowStyle: { color: c.band, opacity: 0.5 } },
			backgroundColor: c.paper,
			borderColor: c.edge,
			textStyle: { color: c.text, fontSize: 12 },
			extraCssText: 'max-width: min(30rem, 90vw); white-space: normal; overflow-wrap: anywhere',
			formatter: (points) => tooltipContent(tooltip(rows[points[0].dataIndex]))
		},
		xAxis: [
			{
				type: 'category',
				data: places,
				axisLine: { lineStyle: { color: c.edge } },
				axisTick: { show: false, ...axis.tick },
				splitLine: axis.splitLine,
				axisLabel: { color: c.label, fontSize: 11, hideOverlap: true, ...label }
			},
			...(hasBands ? [{ type: 'category', data: places, show: false, axisPointer: { show: false } }] : [])
		],
		yAxis: [
			{
				type: 'value',
				splitNumber: 3,
				axisLabel: { color: c.label, fontSize: 11, formatter: compact },
				splitLine: { lineStyle: { color: c.grid } }
			},
			...(hasBands ? [{ type: 'value', min: 0, max: 1, show: false }] : [])
		],
		series
	};
};

/** Bars in the main colour; `style` gives a row an item style of its own, or nothing. */
export const bars = (name, c, rows, value, style = () => undefined, stack = undefined) => ({
	name,
	type: 'bar',
	stack,
	color: c.counted,
	barCategoryGap: '18%',
	barMaxWidth: 64,
	data: rows.map((row) => ({ value: value(row) ?? null, itemStyle: style(row) }))
});

/** A bar of what is not over yet: an outline. */
export const outline = (c) => ({ color: c.paper, borderColor: c.counted, borderType: 'dashed', borderWidth: 1.5 });

/** What is estimated, on top of the bars of the same stack. */
export const estimates = (c, rows, value, stack) => ({
	name: 'estimated',
	type: 'bar',
	stack,
	color: c.estimated,
	itemStyle: { decal: hatch(c.paper) },
	data: rows.map((row) => value(row) ?? null)
});

export const line = (name, c, rows, value, more = {}) => ({
	name,
	type: 'line',
	color: c.average,
	symbol: 'none',
	lineStyle: { width: 1.8 },
	data: rows.map((row) => (missing(value(row)) ? null : value(row))),
	...more
});

/** A band as wide as the place and as high as the chart, on axes of its own. */
export const band = (name, rows, which, itemStyle) => ({
	name,
	type: 'bar',
	stack: 'bands',
	xAxisIndex: 1,
	yAxisIndex: 1,
	barWidth: '100%',
	silent: true,
	z: 0,
	itemStyle,
	data: rows.map((row) => (which(row) ? 1 : null))
});
